"""The last step of a build: archives of the downloads, and the page that offers them.

The package is a wheel. A chapter's notebooks and scripts in one language make an
archive, with the wheel, which they install; the whole site in both languages makes
another, which opens from its index.html. Only what changed is packed again, and equal
contents give equal files. The page lists what there is, with sizes; the copy of it
inside the archive of the site offers the wheel, which lies there too, and not what lies
outside.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterable
from html import escape
from pathlib import Path
from urllib.parse import quote

from d2lnotes.site.command.course import LANGUAGES, Course
from d2lnotes.site.command.packing import Packer
from d2lnotes.site.command.sphinx_run import Outcome
from d2lnotes.site.contents import listed_chapters
from d2lnotes.site.downloads.files import BOTH, FOLDER, LIST_BEGINS, LIST_ENDS
from d2lnotes.site.downloads.wheel import WHEEL, wheel_files
from d2lnotes.site.source_text import read_source
from d2lnotes.site.twins.languages import Language, half

_PAGE = "reference/downloads.html"
_SITE = "d2lnotes-site.zip"
_TITLE = re.compile(r"(?m)^# (.+)$")
_LIST = re.compile(f"{LIST_BEGINS}.*?{LIST_ENDS}", re.DOTALL)
_WORDS = {
    "zh": {
        "site": "整个网站（中英文），解压后打开 index.html",
        "wheel": "笔记本和脚本要用的 Python 包，用 pip 安装",
        "zh": "PDF，中文，全书",
        "en": "PDF，英文，全书",
        "chapters": "各章的笔记本和脚本",
        "offline": "这是离线的副本：整站、各章的压缩包和 PDF 在线上的网站下载。",
        "nothing": "还没有可以下载的压缩包。",
        "kinds": ("章", "中文", "中英双语"),
    },
    "en": {
        "site": "The whole site in both languages; unpack it and open index.html",
        "wheel": "The Python package that notebooks and scripts need, for pip",
        "zh": "PDF in Chinese, all volumes",
        "en": "PDF in English, all volumes",
        "chapters": "Notebooks and scripts by chapter",
        "offline": "This is an offline copy: the archives and PDFs are on the site online.",
        "nothing": "There is no archive to download yet.",
        "kinds": ("Chapter", "English", "Both languages"),
    },
}


def make_archives(course: Course) -> Outcome | None:
    """Pack what changed and list it; ``None`` for a course that offers no archives."""
    started = time.perf_counter()
    if not any(_pages(course)):
        return None
    folder = course.build / "html" / FOLDER
    wheel, packer = folder / WHEEL, Packer(course.build / "archives.json")
    packer.pack(wheel, wheel_files())
    for language in (*LANGUAGES, BOTH):
        for chapter in listed_chapters(course.docs):
            found = sorted((folder / language / chapter).glob("*.*"))
            if found:
                files = {path.name: path for path in (*found, wheel)}
                packer.pack(folder / f"d2lnotes-{chapter}-{language}.zip", files)
    for language in LANGUAGES:
        for pdf in course.pdfs(language):
            _copy(pdf, folder / pdf.name, packer)
    _remove_leftovers(course, folder)
    fill_pages(course)
    if all((course.html(language) / "index.html").exists() for language in LANGUAGES):
        packer.pack(folder / _SITE, _site_files(course), top="d2lnotes")
    packer.save()
    fill_pages(course)  # now that the size of the whole is known
    return Outcome("archives", time.perf_counter() - started)


def fill_pages(course: Course) -> None:
    """Write into the page of each language what there is to download."""
    for language, page in _pages(course):
        text = page.read_text(encoding="utf-8")
        filled = _filled(text, _offer(course, language))
        if filled != text:
            page.write_text(filled, encoding="utf-8")


def _pages(course: Course) -> list[tuple[Language, Path]]:
    own: tuple[Language, ...] = ("zh", "en")
    pages = [(language, course.html(language) / _PAGE) for language in own]
    return [(language, page) for language, page in pages if page.exists()]


def _filled(text: str, content: str) -> str:
    return _LIST.sub(lambda _: f"{LIST_BEGINS}{content}{LIST_ENDS}", text)


def _offer(course: Course, language: Language) -> str:
    """Return the list of what there is, as HTML."""
    words = _WORDS[language]
    folder = course.build / "html" / FOLDER
    wholes = [
        (str(words["site"]), folder / _SITE),
        (str(words["wheel"]), folder / WHEEL),
        *((str(words[x]), folder / course.pdf(x).name) for x in LANGUAGES),
    ]
    volumes = (
        (title, folder / f"{name}.pdf")
        for name, title in course.volumes(language).items()
    )
    items = [
        f"<li>{_link(path, escape(text))}</li>\n"
        for text, path in (*wholes, *volumes)
        if path.exists()
    ]
    rows = [
        _row(course, language, chapter)
        for chapter in listed_chapters(course.docs)
        if (folder / f"d2lnotes-{chapter}-{language}.zip").exists()
    ]
    if not items and not rows:
        return f"<p>{words['nothing']}</p>\n"
    heads = "".join(f'<th scope="col">{word}</th>' for word in words["kinds"])
    table = (
        f"<p>{words['chapters']}</p>\n"
        '<div class="pst-scrollable-table-container"><table class="table">\n'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{''.join(rows)}</tbody>\n"
        "</table></div>\n"
    )
    whole = f'<ul class="simple">\n{"".join(items)}</ul>\n' if items else ""
    return whole + (table if rows else "")


def _row(course: Course, language: Language, chapter: str) -> str:
    folder = course.build / "html" / FOLDER
    source = course.docs / chapter / "index.md"
    found = _TITLE.search(read_source(source))
    title = half(found[1], language) if found else chapter
    cells = "".join(
        f"<td>{_link(path, 'zip')}</td>" if path.exists() else "<td></td>"
        for path in (folder / f"d2lnotes-{chapter}-{x}.zip" for x in (language, BOTH))
    )
    return f'<tr><th scope="row">{escape(title)}</th>{cells}</tr>\n'


def _link(path: Path, text: str) -> str:
    up = "../" * (_PAGE.count("/") + 1)
    return (
        f'<a href="{up}{FOLDER}/{quote(path.name)}" download>{text}</a> ({_size(path)})'
    )


def _size(path: Path) -> str:
    size = path.stat().st_size
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3))} kB"


def _site_files(course: Course) -> dict[str, Path | bytes]:
    """Return what the archive of the site holds, by name."""
    top = course.build / "html"
    found: dict[str, Path | bytes] = {}
    for path in top.rglob("*"):
        name = path.relative_to(top).as_posix()
        archive = path.parent == top / FOLDER and path.name != WHEEL
        if path.is_file() and not archive and path.name != ".buildinfo":
            found[name] = path
    for language, page in _pages(course):
        words = _WORDS[language]
        wheel = _link(top / FOLDER / WHEEL, escape(str(words["wheel"])))
        note = f"<p>{wheel}</p>\n<p>{words['offline']}</p>\n"
        text = _filled(page.read_text(encoding="utf-8"), note)
        found[page.relative_to(top).as_posix()] = text.encode()
    return found


def _copy(source: Path, target: Path, packer: Packer) -> None:
    if not target.exists() or packer.digest(target) != packer.digest(source):
        shutil.copyfile(source, target)


def _remove_leftovers(course: Course, folder: Path) -> None:
    """Remove archives of chapters that are gone, and PDFs that are no more."""
    kept: Iterable[str] = {
        _SITE,
        WHEEL,
        *(pdf.name for language in LANGUAGES for pdf in course.pdfs(language)),
        *(
            f"d2lnotes-{chapter}-{language}.zip"
            for language in (*LANGUAGES, BOTH)
            for chapter in listed_chapters(course.docs)
        ),
    }
    for path in folder.glob("*.*"):
        if path.name not in kept:
            path.unlink()
