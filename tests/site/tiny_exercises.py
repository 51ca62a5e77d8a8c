"""Pages with a few exercises, for tests of what is made of all of them."""

FORMATS = {"en": {"exercise": "Exercise %s"}, "zh": {"exercise": "练习 %s"}}
EXERCISE = ":::{exercise} 题 %s | Task %s\n:label: ex-%s\n\n问。\n\nAsk.\n:::\n\n"
ANSWER = ":::{solution} ex-%s\n答。\n\nReply.%s\n:::\n\n"
HINT = ":::{hint} ex-%s\n想。\n\nThink.\n:::\n\n"
CODE = "\n\n```python\n1\n```"


def chapter(*pages):
    return "# 章 | Chapter\n\n```{toctree}\n" + "\n".join(pages) + "\n```\n"


def exercises(*names, code=""):
    return "# 页 | Page\n\n" + "".join(
        EXERCISE % (name, name, name) + ANSWER % (name, code) for name in names
    )


PAGES = {
    "index.md": "# 首页 | Home\n\n```{toctree}\n:numbered:\n\nlate/index\nearly/index\n"
    "list\n```\n",
    # Read before the pages that it lists, and not in the order of their names.
    "list.md": "# 一览 | All\n\n```{exercise-list}\n```\n",
    "late/index.md": chapter("b", "a"),
    "late/a.md": exercises("one"),
    "late/b.md": exercises("two", "three", code=CODE),
    "early/index.md": chapter("c"),
    "early/c.md": exercises("four"),
}
