"""A build after a change: byte for byte as a cold one, and no page too many."""

import shutil
from copy import deepcopy

import counting
import pytest
from tiny_site import build_tiny_site

EXTENSIONS = [
    "sphinx.ext.autodoc",
    "sphinxcontrib.bibtex",
    "d2lnotes.site.sources",
    "d2lnotes.site.twins",
    "d2lnotes.site.lessons",
    "d2lnotes.site.math",
    "d2lnotes.site.html",
    "d2lnotes.site.downloads",
    "counting",
]
FORMATS = {
    "zh": {"figure": "图 %s", "section": "%s 节", "exercise": "练习 %s"},
    "en": {"figure": "Figure %s", "section": "Section %s", "exercise": "Exercise %s"},
}
OPTIONS = {
    "extensions": EXTENSIONS,
    "language": "en",
    "html_theme": "pydata_sphinx_theme",
    "html_static_path": ["style"],
    "html_css_files": ["own.css"],
    "html_js_files": ["own.js"],
    "bibtex_bibfiles": ["works.bib"],
    "bibtex_tooltips": False,
    "html_copy_source": False,
    "numfig": True,
    "numfig_secnum_depth": 2,
    "math_numfig": True,
    "d2lnotes_numfig_format": FORMATS,
    "numfig_format": FORMATS["en"],
    "d2lnotes_description": "课程 | A course",
    "copyright": "作者 | Authors",
    "html_theme_options": {"secondary_sidebar_items": ["page-toc"]},
}
FRONT = "---\nminutes: 10\nneeds: []\n---\n"


def contents(*pages, options=""):
    return "\n```{toctree}\n" + options + "\n" + "\n".join(pages) + "\n```\n"


def twin(zh, en):
    return f"{zh}。\n\n{en}.\n\n"


def exercise(name, zh, en):
    return (
        f":::{{exercise}} {zh} | {en}\n:label: ex-{name}\n\n问。\n\nAsk.\n:::\n\n"
        f":::{{solution}} ex-{name}\n答。\n\nReply.\n:::\n\n"
    )


PAGES = {
    "index.md": "# 首页 | Home\n\n```{progress}\n```\n"
    + contents(
        "one/index", "two/index", "reference/index", options=":hidden:\n:numbered:\n"
    ),
    "one/index.md": "# 第一章 | First\n" + contents("a", "b"),
    "one/a.md": FRONT
    + "# 甲 | Alpha\n\n(part)=\n## 节 | Part\n\n"
    + twin("见 {term}`张量` 和 {cite:t}`ada`", "See a {term}`tensor` and {cite:t}`ada`")
    + "$$x = y$$ (eq-first)\n\n"
    + exercise("a", "题", "Task"),
    "one/b.md": FRONT
    + "# 乙 | Beta\n\n"
    + twin("见 {eq}`eq-first`", "See {eq}`eq-first`")
    + "$$z = 1$$ (eq-second)\n",
    "two/index.md": "# 第二章 | Second\n" + contents("c", "d"),
    "two/c.md": FRONT
    + "# 丙 | Gamma\n\n"
    + twin("见 {ref}`part`、{numref}`ex-a`", "See {ref}`part`, {numref}`ex-a`"),
    "two/d.md": FRONT.replace("[]", "[a]") + "# 丁 | Delta\n\n" + twin("文字", "Text"),
    "reference/index.md": "# 查阅 | Look up\n" + contents("all", "terms", "works"),
    "reference/all.md": "# 一览 | All\n\n```{exercise-list}\n```\n",
    "reference/terms.md": "# 术语 | Terms\n\n```{glossary}\n张量 | tensor\n"
    "  数的表。\n\n  A table of numbers.\n\n层 | layer\n  一层。\n\n  One layer.\n```\n",
    "reference/works.md": "# 文献 | Works\n\n```{bibliography}\n```\n",
}
WORKS = (
    "@misc{ada, author={Ada, A.}, title={The First}, year={1843}}\n"
    "@misc{bob, author={Bob, B.}, title={The Second}, year={1950}}\n"
)
FILES = {"../works.bib": WORKS, "../style/own.css": ".own{color:red}\n"} | {
    "../style/own.js": "let own = 1;\n"
}
# What another branch of work looks after: the search index is written while pages are.
NOT_COMPARED = {"searchindex.js", ".buildinfo"}


def build(folder, files):
    """Build in ``folder``; return the files that were made, by name."""
    for name in ("style", "docs"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    counting.forget()
    out = build_tiny_site(folder, files, **deepcopy(OPTIONS))  # themes add to theirs
    assert (out.parent / "downloads").is_dir()
    return made(out.parent)


def made(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in NOT_COMPARED
    }


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course that was built once; each test changes it where it stands."""
    folder = tmp_path_factory.mktemp("incremental") / "course"
    build(folder, PAGES | FILES)
    shutil.copytree(folder, folder.with_name("as it was"))
    return folder


@pytest.fixture
def rebuilt(course):
    """Change the course, build it again; what was read and written, and that it is right."""
    shutil.rmtree(course)
    shutil.copytree(course.with_name("as it was"), course)

    def run(files):
        for name in (name for name, text in files.items() if text is None):
            (course / "docs" / name).unlink()
        files = {name: text for name, text in files.items() if text is not None}
        again = build(course, files)
        counted = set(counting.READ), set(counting.WRITTEN)
        for part in ("out", "doctrees"):
            shutil.rmtree(course / part)
        cold = build(course, files)
        assert sorted(name for name in cold if again.get(name) != cold[name]) == []
        assert again.keys() == cold.keys()
        return counted

    return run


def changed(name, *change):
    """Return the file ``name`` with one text in place of another."""
    before = (PAGES | FILES)[name]
    after = before.replace(*change, 1)
    assert after != before
    return {name: after}


CHAPTER_ONE = {"one/index", "one/a", "one/b"}
EVERY_PAGE = {name.removesuffix(".md") for name in PAGES}


@pytest.mark.parametrize(
    ("change", "read", "written"),
    [
        # A word.
        (("two/d.md", "Text", "A text"), {"two/d"}, {"two/d"}),
        # A title: the menus of its chapter, what refers to it, the list of exercises,
        # and home, which names the page to go on with.
        (
            ("one/a.md", "Alpha", "Aleph"),
            {"one/a"},
            {*CHAPTER_ONE, "two/c", "two/d", "two/index", "reference/all", "index"},
        ),
        # One that nothing refers to.
        (
            ("two/c.md", "Gamma", "Gimel"),
            {"two/c"},
            {"two/index", "two/c", "two/d", "index"},
        ),
        # A chapter's title: every page has it in its header.
        (("one/index.md", "First", "1st"), {"one/index"}, EVERY_PAGE),
        # A section: what refers to it, and the contents that its chapter shows.
        (("one/a.md", "Part", "Piece"), {"one/a"}, {"one/a", "one/index", "two/c"}),
        # A new label that nothing refers to, on a new section.
        (
            ("two/d.md", "文字", "(new)=\n## 节 | Part\n\n文字"),
            {"two/d"},
            {"two/d", "two/index"},
        ),
        # A new section: the contents that its chapter shows.
        (
            ("one/a.md", "见 {term}", "文。\n\nWords.\n\n## 今 | Now\n\n见 {term}"),
            {"one/a"},
            {"one/a", "one/index"},
        ),
        # An equation before others: those that name one after it.
        (
            ("one/a.md", "$$x", "$$w$$ (eq-new)\n\n$$x"),
            {"one/a"},
            {"one/a", "one/b"},
        ),
        # An exercise: the list of all, home, where progress is counted, and references.
        (
            ("one/a.md", ":::{exercise}", exercise("n", "新", "New") + ":::{exercise}"),
            {"one/a"},
            {"one/a", "reference/all", "index", "two/c"},
        ),
        # A definition: its glossary, and the page that links the term.
        (
            ("reference/terms.md", "A table", "An array"),
            {"reference/terms"},
            {"reference/terms", "one/a"},
        ),
        # A definition of a term that no page links.
        (
            ("reference/terms.md", "One layer", "A layer"),
            {"reference/terms"},
            {"reference/terms"},
        ),
        # Minutes: the learning path of the chapter as well.
        (
            ("two/d.md", "minutes: 10", "minutes: 20"),
            {"two/d", "two/index"},
            {"two/d", "two/index"},
        ),
        # A work: the page that cites it, and the list of works.
        (
            ("../works.bib", "The First", "The Very First"),
            {"reference/works"},
            {"reference/works", "one/a"},
        ),
        (("../works.bib", "Bob", "Bobby"), {"reference/works"}, {"reference/works"}),
        (("../style/own.css", "red", "blue"), set(), set()),
        (("../style/own.js", "1", "2"), set(), set()),
    ],
    ids=lambda value: value[0] + ": " + value[1] if isinstance(value, tuple) else "",
)
def test_a_change_makes_what_a_cold_build_would_and_touches_few_pages(
    rebuilt, change, read, written
):
    assert rebuilt(changed(*change)) == (read, written)


ALPHA = changed("one/a.md", "(part)=\n## 节 | Part\n\n", "")["one/a.md"]


@pytest.mark.parametrize(
    "files",
    [
        # A page between others, which are counted on.
        {
            **changed("one/index.md", "a\nb", "a\nnew\nb"),
            "one/new.md": f"{FRONT}# 新 | New\n\n$$n$$ (eq-new)\n\n"
            + exercise("n", "新", "N"),
        },
        # A page that is gone.
        {
            **changed("two/index.md", "c\nd", "d"),
            "two/c.md": None,
        },
        # Pages and chapters in another order.
        changed("one/index.md", "a\nb", "b\na"),
        changed("index.md", "one/index\ntwo/index", "two/index\none/index"),
        # A section that moves to another page with its label.
        {
            "one/a.md": ALPHA,
            **changed("one/b.md", "$$z", "(part)=\n## 节 | Part\n\n$$z"),
        },
        # A work that is cited before the others, and one that no longer is.
        changed("one/b.md", "见 {eq}`eq-first`", "见 {eq}`eq-first`、{cite:t}`bob`"),
        changed("one/a.md", " 和 {cite:t}`ada`", ""),
        # A term that is called otherwise where it is explained and where it is used.
        {
            **changed("reference/terms.md", "张量 | tensor", "张量 | array"),
            **changed("one/a.md", "{term}`tensor`", "{term}`array`"),
        },
    ],
    ids=["new", "gone", "order", "chapters", "moved", "cited", "uncited", "renamed"],
)
def test_another_course_is_built_as_if_it_had_never_been_this_one(rebuilt, files):
    rebuilt(files)


def test_a_build_with_nothing_to_do_reads_and_writes_no_page(course):
    shutil.rmtree(course)
    shutil.copytree(course.with_name("as it was"), course)
    before = made(course / "out")

    build(course, {})

    assert (counting.READ, counting.WRITTEN) == ([], [])
    assert made(course / "out") == before
