"""The archives of the downloads, and the page that offers them."""

import json
import os
import re
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

import d2lnotes
from d2lnotes.site.command.archives import fill_pages, make_archives
from d2lnotes.site.command.course import Course
from d2lnotes.site.downloads.files import LIST_BEGINS, LIST_ENDS
from d2lnotes.site.downloads.wheel import WHEEL

PAGE = f"<h1>x</h1>{LIST_BEGINS}nothing{LIST_ENDS}<p>y</p>"
CHAPTER = "# 章 <一> | Chapter <one>\n"


@pytest.fixture
def course(tmp_path):
    """A course of one chapter as Sphinx leaves it."""
    files = {
        "docs/index.md": "```{toctree}\nfirst/index\n```\n",
        "docs/first/index.md": CHAPTER,
        "build/html/index.html": "front",
    }
    for language in ("zh", "en"):
        files[f"build/html/{language}/index.html"] = "home"
        files[f"build/html/{language}/reference/downloads.html"] = PAGE
    for language in ("zh", "en", "bilingual"):
        files[f"build/html/downloads/{language}/first/page.ipynb"] = language
        files[f"build/html/downloads/{language}/first/plot_x.py"] = "x"
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Course(tmp_path)


def downloads(course):
    return course.build / "html" / "downloads"


def page(course, language="en"):
    file = course.html(language) / "reference" / "downloads.html"
    return file.read_text(encoding="utf-8")


def names(archive):
    with zipfile.ZipFile(archive) as packed:
        return packed.namelist()


def test_the_wheel_installs_without_a_network_and_holds_the_whole_package(
    course, tmp_path
):
    make_archives(course)
    wheel = downloads(course) / WHEEL
    into = tmp_path / "into"
    options = ["--no-index", "--no-deps", "--no-compile", "--quiet", "--target"]

    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, into, wheel], check=True
    )

    package = Path(d2lnotes.__file__).parent
    assert files_below(into / "d2lnotes") == files_below(package)
    installed = metadata.Distribution.at(next(into.glob("*.dist-info")))
    assert installed.version == d2lnotes.__version__
    assert any("torch" in need for need in installed.requires)
    assert [entry.name for entry in installed.entry_points] == ["d2lnotes"]


def files_below(folder):
    return {
        path.relative_to(folder)
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_is_offered_online_and_in_the_copy_of_the_site(course):
    make_archives(course)
    link = f'<a href="../../downloads/{WHEEL}" download>'
    place = "d2lnotes/en/reference/downloads.html"

    with zipfile.ZipFile(downloads(course) / "d2lnotes-site.zip") as packed:
        copy = packed.read(place).decode()

    assert link in page(course)
    assert link in copy
    assert f"d2lnotes/downloads/{WHEEL}" in names(
        downloads(course) / "d2lnotes-site.zip"
    )


@pytest.mark.parametrize("language", ["zh", "en", "bilingual"])
def test_a_chapter_is_packed_in_each_language_with_what_it_installs(course, language):
    make_archives(course)

    archive = downloads(course) / f"d2lnotes-first-{language}.zip"

    assert names(archive) == [WHEEL, "page.ipynb", "plot_x.py"]
    with zipfile.ZipFile(archive) as packed:
        assert packed.read("page.ipynb").decode() == language


def test_the_site_is_packed_whole_but_for_the_archives(course):
    make_archives(course)

    found = names(downloads(course) / "d2lnotes-site.zip")

    assert "d2lnotes/index.html" in found
    assert "d2lnotes/en/index.html" in found
    assert "d2lnotes/downloads/zh/first/page.ipynb" in found
    assert [name for name in found if name.endswith(".zip")] == []


def test_the_page_inside_the_archive_offers_nothing_that_lies_outside(course):
    make_archives(course)

    with zipfile.ZipFile(downloads(course) / "d2lnotes-site.zip") as packed:
        inside = packed.read("d2lnotes/en/reference/downloads.html").decode()

    assert "offline copy" in inside
    outside = inside.replace(f'<a href="../../downloads/{WHEEL}"', "")
    assert "href" not in outside


def test_equal_contents_make_equal_files(course):
    make_archives(course)
    before = {path: path.read_bytes() for path in downloads(course).glob("*.zip")}
    for path in (course.build / "html").rglob("*.*"):
        os.utime(path, (0, 0))
    for path in before:
        path.unlink()

    make_archives(course)

    assert before
    assert {path: path.read_bytes() for path in before} == before


def test_what_did_not_change_is_not_packed_again(course):
    make_archives(course)
    before = {p: p.stat().st_mtime_ns for p in downloads(course).glob("*.zip")}

    make_archives(course)

    assert {p: p.stat().st_mtime_ns for p in before} == before


def test_what_changed_is_packed_again(course):
    make_archives(course)
    (downloads(course) / "en" / "first" / "page.ipynb").write_text("new")

    make_archives(course)

    for archive, name in (
        ("d2lnotes-first-en.zip", "page.ipynb"),
        ("d2lnotes-site.zip", "d2lnotes/downloads/en/first/page.ipynb"),
    ):
        with zipfile.ZipFile(downloads(course) / archive) as packed:
            assert packed.read(name) == b"new"


@pytest.mark.parametrize(
    ("language", "own", "title"),
    [("zh", "first-zh", "章 &lt;一&gt;"), ("en", "first-en", "Chapter &lt;one&gt;")],
)
def test_the_page_offers_its_own_language_first_with_sizes(
    course, language, own, title
):
    make_archives(course)

    text = page(course, language)

    places = [text.index(name) for name in ("site.zip", title, own, "bilingual.zip")]
    assert places == sorted(places)
    assert text.count(" kB)") == 4  # site, wheel and two archives of the chapter
    assert text.startswith("<h1>x</h1>")
    assert text.endswith("<p>y</p>")


def test_a_pdf_is_offered_once_it_is_built(course):
    make_archives(course)
    without = page(course)
    course.pdf("zh").parent.mkdir()
    course.pdf("zh").write_bytes(b"%PDF")

    make_archives(course)

    assert ".pdf" not in without
    assert "d2lnotes-zh.pdf" in page(course)
    assert "d2lnotes-en.pdf" not in page(course)
    assert (downloads(course) / "d2lnotes-zh.pdf").read_bytes() == b"%PDF"


def test_volumes_are_offered_by_their_titles(course):
    course.latex("zh").mkdir(parents=True)
    listed = [{"name": "d2lnotes-zh-1", "title": "第一卷"}]
    (course.latex("zh") / "volumes.json").write_text(json.dumps(listed), "utf-8")
    for name in ("d2lnotes-zh", "d2lnotes-zh-1"):
        course.pdf("zh").parent.mkdir(exist_ok=True)
        (course.pdf("zh").parent / f"{name}.pdf").write_bytes(b"%PDF")

    make_archives(course)

    assert re.search(r'd2lnotes-zh-1\.pdf"[^>]*>第一卷</a>', page(course, "zh"))
    assert (downloads(course) / "d2lnotes-zh-1.pdf").exists()


def test_the_archives_of_a_chapter_that_is_gone_go_as_well(course):
    left = downloads(course) / "d2lnotes-old-zh.zip"
    left.write_text("")

    make_archives(course)

    assert not left.exists()


def test_one_language_alone_is_no_whole_site(course):
    (course.html("en") / "index.html").unlink()

    make_archives(course)

    assert not (downloads(course) / "d2lnotes-site.zip").exists()
    assert "site.zip" not in page(course, "zh")


def test_a_page_that_sphinx_wrote_again_is_filled_again(course):
    make_archives(course)
    filled = page(course)
    file = course.html("en") / "reference" / "downloads.html"
    file.write_text(PAGE, encoding="utf-8")

    fill_pages(course)

    assert page(course) == filled


def test_only_files_that_changed_are_read(course, monkeypatch):
    make_archives(course)
    make_archives(course)  # the first has filled the pages of downloads at its end
    page = course.html("en") / "index.html"
    page.write_text("another home")
    read, found = Path.read_bytes, []
    monkeypatch.setattr(
        Path, "read_bytes", lambda path: found.append(path) or read(path)
    )

    make_archives(course)

    site = course.build / "html"
    assert {path for path in found if path.is_relative_to(site)} == {page}


def test_only_files_that_changed_are_compressed(course, monkeypatch):
    make_archives(course)
    make_archives(course)
    (course.html("en") / "index.html").write_text("another home")
    write, found = zipfile.ZipFile.writestr, []
    monkeypatch.setattr(
        zipfile.ZipFile,
        "writestr",
        lambda packed, facts, content: (
            found.append(facts.filename) or write(packed, facts, content)
        ),
    )

    make_archives(course)

    assert found == ["d2lnotes/en/index.html"]


def test_an_archive_that_is_packed_again_is_like_a_new_one(course):
    make_archives(course)
    (course.html("en") / "a page.html").write_text("before all others")
    (course.html("zh") / "新.html").write_text("text " * 1000)
    (course.html("en") / "index.html").write_text("another home")
    make_archives(course)
    archives = {path: path.read_bytes() for path in downloads(course).glob("*.zip")}
    with zipfile.ZipFile(downloads(course) / "d2lnotes-site.zip") as packed:
        assert packed.testzip() is None
    for path in (*archives, course.build / "archives.json"):
        path.unlink()

    make_archives(course)

    assert {path: path.read_bytes() for path in archives} == archives


def test_a_damaged_memory_or_archive_is_made_anew(course):
    make_archives(course)
    archive = downloads(course) / "d2lnotes-site.zip"
    before = archive.read_bytes()
    archive.write_bytes(before[: len(before) // 2])
    (course.build / "archives.json").write_text("[")

    make_archives(course)

    assert archive.read_bytes() == before
