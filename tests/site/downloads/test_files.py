"""Notebooks and scripts that are made from pages: what they hold, and that they run."""

import base64
import json
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from tiny_site import build_tiny_site

from d2lnotes.site.downloads.installing import install_cell
from d2lnotes.site.downloads.markdown import Cell
from d2lnotes.site.downloads.markdown_inline import expanded
from d2lnotes.site.downloads.notebooks import script
from d2lnotes.site.downloads.wheel import WHEEL, wheel_files

EXTENSIONS = [
    "d2lnotes.site.twins",
    "d2lnotes.site.explorables",
    "d2lnotes.site.downloads",
]
FORMATS = {
    language: {kind: word for kind in ("exercise", "table", "figure")}
    for language, word in (("zh", "第 %s 题"), ("en", "Number %s"))
}
LESSON = r"""
# 学习率 | The learning rate

见{doc}`/chapter/other`，**要紧**，$x^2$，见 {eq}`eq-a`。

See {doc}`/chapter/other`, **important**, $x^2$, see {eq}`eq-a`.

$$a \in \RR$$ (eq-a)

:::{note}
当心。

Careful.
:::

- 甲

* first

| 名 |
|----|
| 数 $\|x\|$ |

| name |
|------|
| number $\|x\|$ |

```python
x = 6
```

```python
>>> x * 7
42
>>> y = 1
>>> print(y)
1
```

% skip: next

```python
this would not run
```

```bash
ls
```

:::{exercise} 想 | Think
:label: ex-think

多少？

How much?
:::

:::{hint} ex-think
想一想。

Think again.
:::

:::{solution} ex-think
这么多。

So much.

```python
answer = x + 1
print(answer)
```
:::
"""
PAGES = {
    "index.md": "# 首页 | Home\n\n```{toctree}\n:numbered:\n\nchapter/page\n"
    "chapter/other\n```\n",
    "chapter/page.md": LESSON,
    "chapter/other.md": "# 别页 | Other page\n\n```python\n1\n```\n",
}
HAN = re.compile("[\u4e00-\u9fff]")


def build(folder, language="zh", page=LESSON, **config):
    """Build the pages and return the folder of the downloads."""
    out = build_tiny_site(
        folder,
        {**PAGES, "chapter/page.md": page},
        extensions=EXTENSIONS,
        language={"zh": "zh_CN", "en": "en"}[language],
        html_theme="basic",
        numfig=True,
        math_numfig=True,
        d2lnotes_numfig_format=FORMATS,
        **config,
    )
    return out.parent / "downloads"


def cells(file):
    """Return the cells of a notebook as pairs of kind and text."""
    content = json.loads(file.read_text(encoding="utf-8"))
    return [(cell["cell_type"], "".join(cell["source"])) for cell in content["cells"]]


def text(file):
    return "\n\n".join(source for kind, source in cells(file) if kind == "markdown")


def code(file):
    """Return the code of a notebook after the cell that installs the package."""
    return [source for kind, source in cells(file) if kind == "code"][1:]


def first_cell(file):
    return cells(file)[0][1]


@pytest.fixture(scope="module")
def zh(tmp_path_factory):
    return build(tmp_path_factory.mktemp("zh"))


@pytest.fixture(scope="module")
def en(tmp_path_factory):
    return build(tmp_path_factory.mktemp("en"), "en")


def test_the_student_edition_asks_and_hints_but_does_not_answer(zh):
    found = text(zh / "zh/chapter/page.ipynb")

    assert "多少？" in found
    assert "想一想。" in found
    assert "这么多。" not in found
    assert "answer" not in "".join(code(zh / "zh/chapter/page.ipynb"))


def test_the_student_edition_has_a_cell_to_fill_in_after_question_and_hint(zh):
    (_, last_text), last_code = cells(zh / "zh/chapter/page.ipynb")[-3:-1]

    assert last_text.endswith("</details>")
    assert last_code == ("code", "# 在这里作答")


def test_the_other_edition_answers_with_code(zh):
    file = zh / "zh/chapter/page-answers.ipynb"

    assert "### 答案" in text(file) or "## 答案" in text(file)
    assert "这么多。" in text(file)
    assert code(file)[-1] == "answer = x + 1\nprint(answer)"
    assert "# 在这里作答" not in code(file)


@pytest.mark.parametrize("edition", ["page", "page-answers"])
def test_an_english_notebook_is_english(en, edition):
    assert HAN.search(text(en / f"en/chapter/{edition}.ipynb")) is None


@pytest.mark.parametrize("edition", ["page", "page-answers"])
def test_a_chinese_notebook_is_chinese(zh, edition):
    found = text(zh / f"zh/chapter/{edition}.ipynb")

    for word in ("rate", "important", "Careful", "first", "name", "How", "Think"):
        assert word not in found


def test_with_both_languages_the_chinese_stands_before_the_english(zh):
    found = text(zh / "bilingual/chapter/page-answers.ipynb")

    assert "# 学习率 | The learning rate" in found
    for first, second in (("多少", "How"), ("当心", "Careful"), ("- 甲", "* first")):
        assert -1 < found.index(first) < found.index(second)


def test_both_builds_write_the_same_bilingual_notebook(zh, en):
    place = "bilingual/chapter/page-answers.ipynb"

    assert (zh / place).read_bytes() == (en / place).read_bytes()


def test_text_is_markdown_without_directives_and_roles(en):
    found = text(en / "en/chapter/page-answers.ipynb")

    assert re.search(r":::|\{\w+\}`|:\w+:`", found) is None
    assert "**important**, $x^2$" in found
    assert "$$\na \\in \\RR \\tag{1.1}\n$$" in found
    assert "> **Note**\n>\n> Careful." in found
    assert "## Number 1.1: Think" in found
    assert "| number $\\vert x\\vert $ |" in found


def test_without_a_hosted_copy_the_end_says_where_the_named_pages_lie(en, zh):
    for folder, language, named, title in (
        (en, "en", "See “Other page”", "Other page: "),
        (zh, "zh", "见《别页》，", "别页："),
    ):
        file = folder / language / "chapter/page.ipynb"

        assert named in text(file)
        assert cells(file)[-1][1].splitlines()[-1] == (
            f"- {title}`{language}/chapter/other.html`"
        )


def test_references_lead_to_the_hosted_copy(tmp_path):
    folder = build(tmp_path, "en", d2lnotes_url="https://example.org/course")

    found = text(folder / "en/chapter/page.ipynb")

    assert "[Other page](https://example.org/course/en/chapter/other.html)" in found
    assert "`en/chapter/other.html`" not in found


PICTURE = """
```{figure} ab.svg
:alt: 图 [一] | Figure [one]

甲 | A
```
"""
DRAWINGS = {
    name: f'<svg xmlns="http://www.w3.org/2000/svg"><text>{words}</text></svg>'
    for name, words in (("ab.svg", "甲"), ("ab.en.svg", "A"))
}


@pytest.fixture(scope="module", params=["zh", "en"])
def drawn(request, tmp_path_factory):
    """A build of a page with a drawing in two languages, and the build's language."""
    folder = tmp_path_factory.mktemp("drawn")
    for name, drawing in DRAWINGS.items():
        file = folder / "docs" / "chapter" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(drawing, encoding="utf-8")
    return request.param, build(folder, request.param, LESSON + PICTURE)


@pytest.mark.parametrize("edition", ["own", "bilingual"])
def test_a_notebook_holds_its_figures_in_its_first_language(drawn, edition):
    language, folder = drawn
    first = language if edition == "own" else "zh"
    place = language if edition == "own" else edition
    found = text(folder / place / "chapter/page.ipynb")

    inside = re.search(r"\]\(data:image/svg\+xml;base64,(.*?)\)", found)[1]

    name = {"zh": "ab.svg", "en": "ab.en.svg"}[first]
    assert base64.b64decode(inside).decode() == DRAWINGS[name]


def test_a_figure_keeps_its_alternative_text(drawn):
    language, folder = drawn

    own = {"zh": r"![图 \[一\]](", "en": r"![Figure \[one\]]("}[language]
    assert own in text(folder / f"{language}/chapter/page.ipynb")
    both = r"![图 \[一\] | Figure \[one\]]("
    assert both in text(folder / "bilingual/chapter/page.ipynb")


@pytest.mark.parametrize("url", ["https://example.org", ""])
def test_a_notebook_links_to_the_hosted_explorable(tmp_path, url):
    page = f"{LESSON}\n::::{{explorable}} convolution\n{PICTURE.strip()}\n::::\n"
    picture = tmp_path / "docs" / "chapter" / "ab.svg"
    picture.parent.mkdir(parents=True)
    picture.write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')

    folder = build(tmp_path, "en", page, d2lnotes_url=url)

    found = text(folder / "en/chapter/page.ipynb")
    address = f"{url}/en/chapter/page.html#explorable=convolution"
    assert (f"[Operate this figure on the web]({address})" in found) == bool(url)


def test_a_figure_has_a_cell_of_its_own_with_its_caption(drawn):
    _, folder = drawn

    found = [source for _, source in cells(folder / "bilingual/chapter/page.ipynb")]

    (figure,) = [source for source in found if "data:image" in source]
    assert figure.startswith("![")
    assert figure.endswith("*第 1.1 题：甲 | Number 1.1: A*")


def test_notebooks_are_valid(drawn):
    _, folder = drawn
    notebooks = list(folder.rglob("*.ipynb"))

    assert notebooks
    for file in notebooks:
        nbformat.validate(nbformat.read(file, as_version=nbformat.NO_CONVERT))


BLOCKS = """
:::{predict} 几个 | How many
几个？

How many?

```python
1 + 1
```

---

两个。

Two.

```python
answer = 2
```
:::

::::{deeper} 为什么 | Why
:minutes: 5

很深。

Deep.

```python
deep = 1
```
::::

% after the blocks

```python
>>> [1, 2][5]
Traceback (most recent call last):
    ...
IndexError: list index out of range
```

:::{note}
其中

Here it is

$$
a
= b
$$ (eq-b)
:::
"""


@pytest.fixture(scope="module")
def blocks(tmp_path_factory):
    page = LESSON.replace(":label:", ":level: core\n:label:") + BLOCKS
    return build(tmp_path_factory.mktemp("blocks"), "en", page)


def test_a_deeper_block_is_a_heading_with_its_text_and_code(blocks):
    file = blocks / "en/chapter/page.ipynb"

    assert "## Going deeper · 5 minutes: Why\n\nDeep." in text(file)
    assert "deep = 1" in code(file)
    assert "为什么 | Going deeper" in text(blocks / "bilingual/chapter/page.ipynb")


def test_the_student_edition_asks_for_a_prediction_and_does_not_answer(blocks):
    file = blocks / "en/chapter/page.ipynb"

    assert "**Predict first: How many**\n\nHow many?" in text(file)
    assert "Two." not in text(file)
    asked = code(file).index("1 + 1")
    assert code(file)[asked + 1] == "# Your prediction"
    assert "answer = 2" not in code(file)


def test_the_other_edition_answers_what_was_to_be_predicted(blocks):
    file = blocks / "en/chapter/page-answers.ipynb"

    assert "**Answer**\n\nTwo." in text(file)
    assert "answer = 2" in code(file)
    assert "# Your prediction" not in code(file)


def test_the_level_of_an_exercise_stands_after_its_title(blocks):
    assert "## Number 1.1: Think (core)\n" in text(blocks / "en/chapter/page.ipynb")


def test_a_cell_that_shows_a_traceback_lets_the_rest_run(blocks):
    content = json.loads((blocks / "en/chapter/page.ipynb").read_text(encoding="utf-8"))

    tagged = [cell for cell in content["cells"] if cell["metadata"]]

    assert [cell["source"] for cell in tagged] == [["[1, 2][5]"]]
    assert tagged[0]["metadata"] == {"tags": ["raises-exception"]}


def test_a_formula_in_a_quotation_stands_on_one_line(blocks):
    found = text(blocks / "en/chapter/page.ipynb")

    assert "\n> $$a = b \\tag{1.2}$$" in found


@pytest.mark.parametrize(
    ("source", "bold"),
    [
        ("接着**（一）**说", "接着<strong>（一）</strong>说"),
        ("**“引号”**开头", "<strong>“引号”</strong>开头"),
        ("中**粗**中", "中**粗**中"),
        ("见 **“引号”**，说", "见 **“引号”**，说"),
        ("中*“斜”*中", "中<em>“斜”</em>中"),
    ],
)
def test_bold_text_in_chinese_is_bold_in_the_notebook(tmp_path, source, bold):
    title = "别页 | Other page"
    pages = {
        **PAGES,
        "chapter/page.md": LESSON,
        "chapter/other.rst": f"{title}\n{'=' * 30}\n\n{source}\n\nEnglish.\n",
    }
    del pages["chapter/other.md"]

    out = build_tiny_site(
        tmp_path, pages, extensions=EXTENSIONS, d2lnotes_numfig_format=FORMATS,
        html_theme="basic", numfig=True,
    )  # fmt: skip

    found = text(out.parent / "downloads/zh/chapter/other.ipynb")
    assert bold in found
    assert MarkdownIt().render(found).count("*") == 0


def test_a_session_is_cut_where_a_cell_shows_its_output(zh):
    found = code(zh / "zh/chapter/page.ipynb")

    assert found[:3] == ["x = 6", "x * 7", "y = 1\nprint(y)"]


def test_code_that_is_shown_from_a_file_stays_text(tmp_path):
    page = LESSON + "\n```{literalinclude} shown.py\n:language: python\n```\n"
    file = tmp_path / "docs" / "chapter" / "shown.py"
    file.parent.mkdir(parents=True)
    file.write_text("elsewhere()\n")

    notebook = build(tmp_path, page=page) / "zh/chapter/page.ipynb"

    assert "```python\nelsewhere()\n```" in text(notebook)
    assert "elsewhere()" not in code(notebook)


def test_code_that_only_shows_stays_text(zh):
    found = text(zh / "zh/chapter/page.ipynb")

    assert "```python\nthis would not run\n```" in found
    assert "```bash\nls\n```" in found


@pytest.mark.parametrize(
    ("tex", "plain"),
    [
        (r"\RR^n \RRx", r"\mathbb{R}^n \RRx"),
        (r"\bm{w_{1}} + \bm {b}", r"\boldsymbol{w_{1}} + \boldsymbol{b}"),
    ],
)
def test_the_macros_of_the_course_are_written_out(tex, plain):
    macros = {"RR": r"\mathbb{R}", "bm": [r"\boldsymbol{#1}", 1]}

    assert expanded(tex, macros) == plain


def test_what_a_notebook_cannot_hold_is_reported(tmp_path):
    page = LESSON + "\n```{eval-rst}\n.. productionlist:: x\n   a: `b`\n```\n"

    with pytest.raises(AssertionError, match="chapter/page cannot hold a production"):
        build(tmp_path, page=page)


def test_a_file_that_is_gone_is_written_again(tmp_path):
    folder = build(tmp_path)
    file = folder / "zh/chapter/page.ipynb"
    before = file.read_bytes()
    file.unlink()

    build(tmp_path)

    assert file.read_bytes() == before


def test_the_files_of_a_page_that_is_gone_go_as_well(tmp_path):
    folder = build(tmp_path)
    left = folder / "bilingual/old/page.ipynb"
    left.parent.mkdir()
    left.write_text("{}")

    build(tmp_path, page=LESSON + "\n")

    assert not left.parent.exists()


@pytest.mark.parametrize("edition", ["page", "page-answers"])
def test_a_notebook_runs_from_top_to_bottom_in_an_empty_folder(zh, edition, tmp_path):
    notebook = zh / f"bilingual/chapter/{edition}.ipynb"
    output = ["--output-dir", str(tmp_path), "--output", "done"]
    command = [sys.executable, "-m", "nbconvert", "--execute", "--to", "notebook"]

    subprocess.run(
        [*command, *output, notebook], cwd=tmp_path, capture_output=True, check=True
    )

    done = json.loads((tmp_path / "done.ipynb").read_text(encoding="utf-8"))
    outputs = [cell.get("outputs") for cell in done["cells"]]
    assert any(out and out[0].get("data") == {"text/plain": ["42"]} for out in outputs)


GITHUB = {
    "d2lnotes_url": "https://example.org",
    "d2lnotes_repository": "https://github.com/owner/course",
}


NOTEBOOK = "github.com/owner/course/blob/gh-pages/downloads/zh/chapter/page.ipynb"


@pytest.mark.parametrize(
    ("config", "links"),
    [
        (
            GITHUB,
            [
                "https://colab.research.google.com/"
                + NOTEBOOK.replace("github.com", "github"),
                f"https://kaggle.com/kernels/welcome?src=https://{NOTEBOOK}",
            ],
        ),
        (GITHUB | {"d2lnotes_url": ""}, []),
        (GITHUB | {"d2lnotes_repository": "https://gitee.com/owner/course"}, []),
        (GITHUB | {"d2lnotes_repository": ""}, []),
    ],
    ids=["GitHub", "not hosted", "Gitee", "no repository"],
)
def test_colab_and_kaggle_are_offered_where_they_can_fetch_the_notebook(
    tmp_path, config, links
):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "layout.html").write_text(
        '{% extends "!layout.html" %}{% block footer %}'
        "{% for _, links in downloads %}{% for text, address, _ in links %}"
        '<a class="file" href="{{ address }}">{{ text }}</a>{% endfor %}{% endfor %}'
        "{% endblock %}"
    )
    folder = build(tmp_path, **config, templates_path=["templates"])
    page = folder.parent / "zh_CN" / "chapter" / "page.html"
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")

    offered = [link["href"] for link in soup.select("a.file")]

    assert [link for link in offered if "://" in link] == links
    files = [link for link in offered if "://" not in link]
    assert files
    assert all((page.parent / file).resolve().is_file() for file in files)


@pytest.mark.parametrize(
    ("config", "source"),
    [
        (GITHUB, f"https://example.org/downloads/{WHEEL}"),
        (GITHUB | {"d2lnotes_url": ""}, "git+https://github.com/owner/course"),
    ],
    ids=["hosted", "repository"],
)
def test_a_notebook_begins_by_installing_what_is_missing(tmp_path, config, source):
    folder = build(tmp_path, **config)

    first = first_cell(folder / "zh/chapter/page.ipynb")

    assert 'if find_spec("d2lnotes") is None' in first
    assert f'subprocess.run([*pip, "{source}"]' in first


@pytest.fixture
def bare_python(tmp_path):
    """A Python with pip and nothing else."""
    folder = tmp_path / "venv"
    venv.create(folder)
    scheme = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", "venv", vars=scheme))
    pip = Path(find_spec("pip").origin).parent
    (packages / "pip").symlink_to(pip, target_is_directory=True)
    return Path(sysconfig.get_path("scripts", "venv", vars=scheme)) / "python"


def run_bare(bare_python, file):
    """Run ``file`` as a reader without the course would, offline and without torch."""
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    return subprocess.run(
        [bare_python, file],
        capture_output=True,
        check=False,
        cwd=file.parent,
        encoding="utf-8",
        env=env | {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PYTHONUTF8": "1"},
    )


@pytest.mark.parametrize(
    ("language", "says"), [("zh", "没有 d2lnotes"), ("en", "is missing")]
)
def test_an_offline_copy_says_which_file_is_missing(
    bare_python, tmp_path, language, says
):
    file = tmp_path / "page.py"
    file.write_text(install_cell("", (language,), script=True).text, encoding="utf-8")

    done = run_bare(bare_python, file)

    assert says in done.stderr.splitlines()[-1]
    assert f"{WHEEL} " in done.stderr.splitlines()[-1]
    assert str(tmp_path) in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("place", "script"),
    [("downloads", True), ("downloads/zh/chapter", False)],
    ids=["script beside the wheel", "notebook in the site's folder"],
)
def test_an_offline_copy_installs_the_wheel_that_lies_there(
    bare_python, tmp_path, place, script
):
    file = tmp_path / place / "page.py"
    file.parent.mkdir(parents=True)
    first = install_cell("", ("zh", "en"), script=script).text
    file.write_text(f"{first}\nimport d2lnotes\nprint(d2lnotes.__file__)\n", "utf-8")
    with zipfile.ZipFile(tmp_path / "downloads" / WHEEL, "w") as wheel:
        for name, content in wheel_files().items():
            data = content if isinstance(content, bytes) else content.read_bytes()
            wheel.writestr(name, data)

    done = run_bare(bare_python, file)

    assert done.stderr == ""
    installed = Path(done.stdout.strip())
    assert installed.is_relative_to(bare_python.parents[1])


def test_a_script_keeps_within_the_screen_and_runs():
    words = "这一段话很长，$a + b$ 之后还有许多汉字，" * 9
    english = "- A long paragraph with `code like this` and $x + y$ in it. " * 9
    text = script([Cell(f"# 题\n\n{words}\n\n{english}"), Cell("print(1)", code=True)])

    lines = text.splitlines()

    assert max(map(width, lines)) <= 79
    assert [line for line in lines if line.startswith("# ，")] == []
    exec(compile(text, "script", "exec"), {"print": lambda number: None})


def width(line):
    return sum(2 if HAN.match(character) else 1 for character in line)
