"""Tests of the pages' code: all of it runs, none slips through unexecuted."""

import doctest
import importlib.util
import re
import subprocess
import sys

import page_sources
import pytest
from page_sources import DOCS, PAGES, fences, page_name

RUNS = {"python", "{code-block} python"}
# Languages that are shown and never run. One that is missing here is one word away.
SHOWN = {
    "bash",
    "bibtex",
    "css",
    "csv",
    "html",
    "ini",
    "json",
    "md",
    "text",
    "toml",
    "yaml",
}
SHOWS = SHOWN | {f"{{code-block}} {language}" for language in SHOWN}
CODE_DIRECTIVES = {"code", "code-block", "code-cell", "doctest", "sourcecode"}
REST_CODE = re.compile(r"^\s*(>>> |\.\. (code|doctest|sourcecode|testcode))", re.M)

each_page = pytest.mark.parametrize("page", PAGES, ids=page_name)


def load_runner():
    """Return docs/conftest.py, which collects the blocks, as a module."""
    spec = importlib.util.spec_from_file_location("runner", DOCS / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RUNNER = load_runner()


def python_blocks(text):
    """Return the blocks that a reader sees as Python we promise to run."""
    return [fence for fence in fences(text) if fence.info in RUNS]


def examples(page):
    """Return what Sybil collects: the code blocks, and the skip comments."""
    collected = list(RUNNER.pages.parse(page).examples())
    skips = [e for e in collected if isinstance(e.parsed, tuple)]
    return [e for e in collected if e not in skips], skips


def code_problems(text):
    """Return what is wrong with the fences of a page, as ``line: problem``."""
    return [
        f"line {fence.line}: {problem}"
        for fence in fences(text)
        if (problem := _problem(fence))
    ]


def _problem(fence):
    if fence.mark == " ":
        return "an indented block does not run; fence it and name its language"
    if fence.directive == "eval-rst":
        inside = REST_CODE.search(fence.content)
        return "code inside eval-rst does not run" if inside else None
    if fence.directive and fence.directive not in CODE_DIRECTIVES:
        return None
    if fence.mark != ":" and fence.info in RUNS | SHOWS:
        return None
    return (
        f"“{fence.mark * 3}{fence.info}” does not run; write ```python (lower case, "
        f"nothing after it), or one of {', '.join(sorted(SHOWN))} for what only shows"
    )


def session_problems(text):
    """Return the text that a ``>>>`` session would skip without a word."""
    found = []
    for block in python_blocks(text):
        if not block.content.startswith(">>>"):
            continue
        pieces = doctest.DocTestParser().parse(block.content)
        loose = [p.strip() for p in pieces if isinstance(p, str) and p.strip()]
        skipped = "doctest: +SKIP" in block.content
        if loose or skipped:
            found.append(f"line {block.line}: {loose or 'doctest: +SKIP'}")
    return found


@each_page
def test_fences_name_a_language_that_runs_or_one_that_is_only_shown(page):
    assert code_problems(page.read_text(encoding="utf-8")) == []


@each_page
def test_sybil_collects_every_python_block_and_no_other(page):
    text = page.read_text(encoding="utf-8")
    shown = [block.line for block in python_blocks(text)]
    hidden = [
        number
        for number, line in enumerate(text.splitlines(), start=1)
        if line == "<!--- invisible-code-block: python"
    ]
    collected, _ = examples(page)
    assert [example.line for example in collected] == sorted(shown + hidden)


@each_page
def test_sessions_hold_prompts_and_outputs_only(page):
    assert session_problems(page.read_text(encoding="utf-8")) == []


@each_page
def test_skip_comments_are_the_plain_kind_right_above_a_block(page):
    collected, skips = examples(page)
    lines = {example.line for example in collected}
    wrong = [s.line for s in skips if s.parsed[0] != "next" or s.line + 1 not in lines]
    assert wrong == []


def undefined_names(page):
    """Return the names that the page's code lacks once its answers are left out."""
    text = page.read_text(encoding="utf-8")
    folded = {"solution", "answer"}
    answers = {f.line for f in python_blocks(text) if folded & {*f.path}}
    collected, skips = examples(page)
    skipped = {skip.line + 1 for skip in skips}
    code = [
        doctest.script_from_examples(e.parsed)
        if e.parsed.startswith(">>>")
        else e.parsed
        for e in collected
        if e.line not in answers | skipped
    ]
    options = ["--isolated", "--select", "F821", "--output-format", "concise"]
    found = subprocess.run(
        [sys.executable, "-m", "ruff", "check", *options, "-"],
        input="\n".join(code),
        capture_output=True,
        text=True,
    )
    names = [line for line in found.stdout.splitlines() if "F821" in line]
    # 0: nothing found, 1: something found, 2: ruff itself failed.
    assert found.returncode == bool(names), found.stdout + found.stderr
    return names


@each_page
def test_the_code_of_a_page_needs_nothing_from_its_answers(page):
    # The notebook for students leaves the answers out.
    assert undefined_names(page) == []


@pytest.mark.parametrize(
    ("block", "missing"),
    [
        (":::{solution} ex-a\n```python\nx = 1\n```\n:::", 1),
        (":::{predict} a\nb\n\n---\n\n```python\nx = 1\n```\n:::", 1),
        (":::{predict} a\n```python\nx = 1\n```\n\n---\n\nb\n:::", 0),
        (":::{deeper} a\n:minutes: 5\n\n```python\nx = 1\n```\n:::", 0),
    ],
    ids=["answer", "predicted answer", "question", "deeper"],
)
def test_a_name_that_only_an_answer_defines_is_reported(block, missing, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"{block}\n\n```python\n>>> x\n1\n```\n", encoding="utf-8")

    assert len(undefined_names(page)) == missing


PYTHON_THAT_WOULD_NOT_RUN = {
    "short name": "```py\nx\n```",
    "capital": "```Python\nx\n```",
    "version": "```python3\nx\n```",
    "trailing space": "```python \nx\n```",
    "option after the name": "```python title=x\nx\n```",
    "attribute": "```{.python}\nx\n```",
    "IPython": "```ipython\nx\n```",
    "session": "```pycon\n>>> x\n```",
    "no language": "```\n>>> x\n```",
    "tildes": "~~~py\nx\n~~~",
    "indented": "text\n\n    >>> x\n",
    "code-block in colons": ":::{code-block} python\nx\n:::",
    "code-block in capitals": "```{code-block} Python\nx\n```",
    "code": "```{code} python\nx\n```",
    "code-cell": "```{code-cell} python\nx\n```",
    "reST": "```{eval-rst}\n.. code-block:: python\n\n   x\n```",
    "in an answer": ":::{solution} ex-a\n```py\nx\n```\n:::",
    "in an answer in a list": "- a\n\n  ::::{solution} ex-a\n  ```py\n  x\n  ```\n  ::::",
}


@pytest.mark.parametrize(
    "text", PYTHON_THAT_WOULD_NOT_RUN.values(), ids=PYTHON_THAT_WOULD_NOT_RUN
)
def test_a_fence_that_sybil_would_pass_over_is_reported(text):
    assert len(code_problems(text)) == 1


FENCES_IN_ORDER = {
    "python": "```python\nx\n```",
    "tildes": "~~~python\nx\n~~~",
    "code-block": "```{code-block} python\n:caption: x\nx\n```",
    "shell": "```bash\nls\n```",
    "answer": ":::{solution} ex-a\n```python\nx\n```\n:::",
    "figure": "```{figure} x.png\n:name: fig-x\ncaption\n```",
}


@pytest.mark.parametrize("text", FENCES_IN_ORDER.values(), ids=FENCES_IN_ORDER)
def test_a_fence_in_order_is_not_reported(text):
    assert code_problems(text) == []


NESTED = {
    "answer": (":::{solution} ex-a\n```python\nx\n```\n:::\n", [2]),
    "four colons": ("::::{exercise} a\n:::{note}\n```python\nx\n```\n:::\n::::\n", [3]),
    "backticks": ("````{note}\n```python\nx\n```\n````\n", [2]),
    "deeper": (":::{deeper} a | b\n:minutes: 5\n\n```python\nx\n```\n:::\n", [4]),
    "predict": (
        ":::{predict} a | b\n```python\nx\n```\n\n---\n\n```python\nx\n```\n:::\n",
        [2, 8],
    ),
    "list": ("- a\n\n  ```python\n  x\n  ```\n", [3]),
    "quote": ("> ```python\n> x\n> ```\n", [1]),
    "code-block": ("```{code-block} python\nx\n```\n", [1]),
    "session": ("```python\n>>> 1\n1\n\n>>> 2\n2\n```\n", [1]),
}


@pytest.mark.parametrize(("text", "lines"), NESTED.values(), ids=NESTED)
def test_a_block_is_collected_wherever_a_page_may_hold_it(text, lines, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")

    collected, _ = examples(page)

    assert [example.line for example in collected] == lines
    assert [block.line for block in python_blocks(text)] == lines


@pytest.mark.parametrize(
    "text",
    ["<!--\n```python\nx\n```\n-->\n", "````md\n```python\nx\n```\n````\n"],
    ids=["comment", "quoted source"],
)
def test_code_that_readers_do_not_see_as_code_of_the_page_shows(text, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")

    collected, _ = examples(page)

    assert collected
    assert python_blocks(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "```python\n>>> x = 1\n\nassert x == 2\n```\n",
        "```python\n>>> x = 1  # doctest: +SKIP\n```\n",
    ],
    ids=["statement after a blank line", "skip"],
)
def test_what_a_session_would_not_run_is_reported(text):
    assert len(session_problems(text)) == 1


def test_the_gallery_is_left_to_sphinx_gallery():
    assert not RUNNER.pages.should_parse(DOCS / "gallery" / "chapter" / "page.md")
    assert all(RUNNER.pages.should_parse(page) for page in PAGES)
    assert page_sources.DOCS == DOCS
