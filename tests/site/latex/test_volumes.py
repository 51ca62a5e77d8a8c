"""PDF in volumes: what each holds, how it refers to the others, and what is typeset."""

import base64
import json
import re

import pikepdf
import pytest
from tiny_course import make_course, write
from tiny_site import build_tiny_site

from d2lnotes.site.command import pdf_step
from d2lnotes.site.command.course import Course
from d2lnotes.site.command.pdf_binding import bind
from d2lnotes.site.command.processes import Children

EXTENSIONS = ["tiny_gallery", "d2lnotes.site.twins", "d2lnotes.site.latex"]
PARTS = [("一 | One", ["first"]), ("二 | Two", ["unwritten"]), ("三 | Three", ["last"])]
SCRIPT = """# 脚本 {n} | Script {n}

说明。

Explanation {n}.

```{{code-block}} Python
code_{n} = 1
```

```{{code-block}} none
printed {n}
```
"""
CONTENTS = "# {title}\n\n```{{toctree}}\n{pages}\n```\n"
PAGES = {
    "index.md": "# 书 | Book\n\n```{toctree}\n:numbered:\n\nfirst/index\nmiddle\n```\n\n"
    "```{toctree}\ngallery/index\nlast/index\n```\n",
    "first/index.md": CONTENTS.format(title="甲 | First", pages="page"),
    "first/page.md": "# 页 | Page\n\n见{doc}`/last/other`和{term}`偏置 <bias>`。\n\n"
    "See {doc}`/last/other` and {term}`bias`.\n",
    "middle.md": "# 乙 | Middle\n\n无。\n\nNothing.\n",
    "last/index.md": CONTENTS.format(title="丙 | Last", pages="glossary\nother"),
    "last/other.md": "# 别页 | Other\n\n见{numref}`sec-first`。\n\nSee {numref}`sec-first`.\n",
    "last/glossary.md": "# 术语 | Glossary\n\n```{glossary}\n偏置 | bias\n"
    "  不是{term}`权重 <weight>`。\n\n  No {term}`weight`.\n\n权重 | weight\n  数。\n\n"
    "  A number.\n\n无用 | unused\n  空。\n\n  Empty.\n```\n",
    "gallery/index.md": CONTENTS.format(
        title="试 | Try", pages="first/index\nlast/index"
    ),
    "gallery/first/index.md": CONTENTS.format(title="甲 | First", pages="plot_a"),
    "gallery/first/plot_a.md": SCRIPT.format(n="a"),
    "gallery/last/index.md": CONTENTS.format(title="丙 | Last", pages="plot_b"),
    "gallery/last/plot_b.md": SCRIPT.format(n="b"),
}
PAGES["first/page.md"] = "(sec-first)=\n" + PAGES["first/page.md"]
PAGES["index.md"] = PAGES["index.md"].replace("\nmiddle", "")
del PAGES["middle.md"]


PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTjpkgAAAABJ"
    "RU5ErkJggg=="
)


def volumes(folder, pages=PAGES, parts=PARTS, language="en", **config):
    """Return the LaTeX of each volume, by what its name ends in."""
    out = build_tiny_site(
        folder,
        pages,
        extensions=EXTENSIONS,
        language=language,
        builder="latex",
        numfig=True,
        numfig_format={"section": "Section %s"},
        d2lnotes_volumes=parts,
        latex_engine="xelatex",
        latex_documents=[
            ("index", "book.tex", "书 | Book", "谁 | Who", "manual", True)
        ],
        **config,
    )
    listed = json.loads((out / "volumes.json").read_text("utf-8"))
    return {
        entry["name"].rpartition("-")[2]: (out / f"{entry['name']}.tex").read_text(
            "utf-8"
        )
        for entry in listed
    }


@pytest.fixture(scope="module")
def english(tmp_path_factory):
    return volumes(tmp_path_factory.mktemp("volumes"))


def test_each_part_that_is_written_makes_a_volume_and_keeps_its_number(english):
    assert list(english) == ["front", "1", "3", "code"]


def test_chapter_in_no_volume_is_named_with_what_to_do(tmp_path):
    with pytest.raises(
        AssertionError, match=r"last/index is in no volume.*name 'last'"
    ):
        volumes(tmp_path, parts=PARTS[:2])


def test_reference_into_another_volume_names_it_and_leads_there(english):
    label = r"\detokenize{last/other::doc}"
    link = rf"\courseelsewhere{{book-en-3.pdf}}{{{label}}}"
    assert re.search(re.escape(link) + r"\{.*Other.*?\} \(volume 3\)", english["1"])


def test_number_of_a_section_in_another_volume_is_printed(english):
    assert "{Section 1.1} (volume 1)" in english["3"]


def test_volume_has_a_glossary_of_the_terms_it_leads_to_and_of_those_they_need(english):
    entries = re.findall(r"\\sphinxlineitem\{(\w+)", english["1"])

    assert entries == ["bias", "weight"]
    assert "all of them are in volume 3" in english["1"]


def test_volume_with_the_glossary_itself_has_it_whole_and_once(english):
    assert len(re.findall(r"\\sphinxlineitem\{unused", english["3"])) == 1


def test_script_shows_text_and_output_in_its_volume_and_code_in_the_code_volume(
    english,
):
    assert "Explanation a" in english["1"]
    assert "printed a" in english["1"]
    assert r"code\PYGZus{}a" not in english["1"]
    assert r"code\PYGZus{}a" in english["code"]
    assert "Explanation" not in english["code"]
    assert "printed" not in english["code"]


def test_text_and_code_of_a_script_lead_to_each_other(english):
    label = r"{\detokenize{gallery/first/plot_a::doc}}"

    assert rf"\courseelsewhere{{book-en-code.pdf}}{label}" in english["1"]
    assert rf"\courseelsewhere{{book-en-1.pdf}}{label}" in english["code"]


def test_scripts_of_a_part_are_in_its_volume_only(english):
    assert "Explanation b" not in english["1"]
    assert "Explanation a" not in english["3"]


def test_words_of_volumes_are_in_the_language_of_the_book(tmp_path):
    chinese = volumes(tmp_path, language="zh_CN")

    assert "第三卷　三" in chinese["3"]
    assert "（第三卷）" in chinese["1"]


def test_course_without_parts_is_one_volume_with_its_code(tmp_path):
    whole = volumes(tmp_path, parts=[])

    assert list(whole) == ["book"]
    assert r"code\PYGZus{}a" in whole["book"]


class Counting(Children):
    """Runs nothing but notes what would run, and leaves what XeLaTeX leaves."""

    def __init__(self, *, exit_code=0, notes=("1",)):
        super().__init__()
        self.ran, self.exit_code, self.notes = [], exit_code, list(notes)

    def run(self, command, *, folder, env=None, log=None):
        self.ran.append((command[0], command[-1]))
        name = command[-1].rpartition(".")[0]
        if command[0] == "xelatex":
            note = self.notes.pop(0) if len(self.notes) > 1 else self.notes[0]
            write(folder / f"{name}.aux", note)
            write(folder / f"{name}.log", "")
        else:
            write(folder / f"{name}.pdf", "%PDF")
        return self.exit_code


@pytest.fixture
def volume(tmp_path):
    course = Course(make_course(tmp_path / "course"))
    folder = course.latex("en")
    folder.mkdir(parents=True)
    (course.build / "log").mkdir()
    write(folder / "book.tex", r"\date{Monday}\sphinxincludegraphics{{dot}.png}")
    write(folder / "own.sty", "")
    write(folder / "dot.png", "a dot")
    return course, pdf_step.Volume(folder, "book", "Book")


def typeset(volume, children=None):
    children = children or Counting()
    pdf_step._typeset(*volume, children)
    return [name for name, _ in children.ran]


def test_nothing_is_typeset_when_nothing_changed(volume):
    typeset(volume)

    assert typeset(volume) == []


def test_new_day_alone_changes_nothing(volume):
    typeset(volume)
    tex = volume[1].file("tex")
    write(tex, tex.read_text().replace("\\date{Monday}", "\\date{Tuesday}"))

    assert typeset(volume) == []


@pytest.mark.parametrize("changed", ["book.tex", "own.sty", "dot.png"])
def test_changed_text_style_or_figure_is_typeset(volume, changed):
    typeset(volume)
    write(volume[1].folder / changed, "changed")

    assert typeset(volume)


def test_passes_end_when_one_leaves_what_it_found(volume):
    children = Counting(notes=["1", "2", "2"])

    assert typeset(volume, children) == ["xelatex"] * 3 + ["xdvipdfmx"]


def test_after_a_change_that_moves_nothing_one_pass_is_enough(volume):
    typeset(volume)
    write(volume[1].folder / "dot.png", "another dot")

    assert typeset(volume) == ["xelatex", "xdvipdfmx"]


def test_what_a_stopped_run_left_behind_is_not_used(volume):
    write(volume[1].file("aux"), "1")
    write(volume[1].file("pdf"), "%PDF")

    assert typeset(volume) == ["xelatex", "xelatex", "xdvipdfmx"]


def test_failed_volume_is_typeset_again(volume):
    typeset(volume)
    write(volume[1].file("tex"), "changed")
    typeset(volume, Counting(exit_code=1))

    assert typeset(volume) == ["xelatex", "xelatex", "xdvipdfmx"]


def make_pdf(path, links=(), names=()):
    """Write a PDF of a page for each name, with links on the first page."""
    with pikepdf.new() as pdf:
        for _ in range(max(1, len(names))):
            pdf.add_blank_page()
        pairs = [
            value
            for name, page in zip(sorted(names), pdf.pages, strict=False)
            for value in (name, pikepdf.Array([page.obj, pikepdf.Name.Fit]))
        ]
        pdf.Root.Names = pikepdf.Dictionary(Dests=pikepdf.Dictionary(Names=pairs))
        pdf.pages[0].obj.Annots = pikepdf.Array(
            pikepdf.Dictionary(
                Subtype=pikepdf.Name.Link,
                A=pikepdf.Dictionary(S=pikepdf.Name.GoToR, F=file, D=name),
            )
            for file, name in links
        )
        pdf.save(path)
    return path


def test_link_into_another_volume_leads_to_its_page_in_the_book(tmp_path):
    one = make_pdf(tmp_path / "one.pdf", links=[("two.pdf", "here")])
    two = make_pdf(tmp_path / "two.pdf", names=["before", "here"])

    problems = bind([("One", one), ("Two", two)], tmp_path / "book.pdf")

    with pikepdf.open(tmp_path / "book.pdf") as book:
        action = book.pages[0].obj.Annots[0].A
        assert pikepdf.Name.GoTo == action.S
        assert action.D[0].objgen == book.pages[2].obj.objgen
        assert [item.title for item in book.open_outline().root] == ["One", "Two"]
    assert problems == []


def test_link_that_leads_nowhere_is_named(tmp_path):
    one = make_pdf(tmp_path / "one.pdf", links=[("two.pdf", "gone")])
    two = make_pdf(tmp_path / "two.pdf", names=["here"])

    (problem,) = bind([("One", one), ("Two", two)], tmp_path / "book.pdf")

    assert "“One” leads to gone in two.pdf" in problem


def test_pages_of_the_book_keep_the_numbers_of_their_volumes(tmp_path):
    one = make_pdf(tmp_path / "one.pdf", names=["a", "b"])
    two = make_pdf(tmp_path / "two.pdf")
    with pikepdf.open(two, allow_overwriting_input=True) as pdf:
        label = pikepdf.Dictionary(P="2-", S=pikepdf.Name.D)
        pdf.Root.PageLabels = pikepdf.Dictionary(Nums=[0, label])
        pdf.save(two)

    bind([("One", one), ("Two", two)], tmp_path / "book.pdf")

    with pikepdf.open(tmp_path / "book.pdf") as book:
        assert [page.label for page in book.pages] == ["1", "2", "2-1"]


def test_book_has_the_title_author_and_language_of_its_front(tmp_path):
    one, two = (make_pdf(tmp_path / f"{name}.pdf") for name in ("one", "two"))
    for path, title in ((one, "All volumes"), (two, "Volume 1")):
        with pikepdf.open(path, allow_overwriting_input=True) as pdf:
            pdf.docinfo["/Title"], pdf.docinfo["/Author"] = title, "Someone"
            pdf.Root.Lang = "en"
            pdf.save(path)

    bind([("All", one), ("Two", two)], tmp_path / "book.pdf")

    with pikepdf.open(tmp_path / "book.pdf") as book:
        assert str(book.docinfo["/Title"]) == "All volumes"
        assert str(book.docinfo["/Author"]) == "Someone"
        assert str(book.Root.Lang) == "en"
        assert book.Root.ViewerPreferences.DisplayDocTitle


def test_title_page_shows_the_figure_of_the_first_chapter_with_one(tmp_path):
    # As sphinx-gallery leaves it.
    name = "gallery/last/images/sphx_glr_plot_b_001.png"
    for ending in ("", ".en"):
        figure = tmp_path / "docs" / name.replace(".png", f"{ending}.png")
        figure.parent.mkdir(parents=True, exist_ok=True)
        figure.write_bytes(PIXEL)
    page = tmp_path / "docs" / "gallery/last/plot_b.rst"
    page.write_text(f".. image-sg:: /{name}\n   :alt: 图 | A\n", encoding="utf-8")

    written = volumes(tmp_path, exclude_patterns=["gallery/last/plot_b.rst"])

    shown = r"{{sphx_glr_plot_b_001.en}.png}"
    cover = next(row for row in written["3"].splitlines() if "coursecover" in row)
    assert shown in cover
    assert shown in written["front"]
    assert r"\coursecover{}" in written["1"]
    assert list((tmp_path / "out").rglob("sphx_glr_plot_b_001.en.png"))
