"""What can be downloaded of a page: notebooks, and the script as a Python file.

Each page that Sphinx writes is written once more as files beside the languages, in
``downloads/zh``, ``downloads/en`` and ``downloads/bilingual``. A lesson becomes a
notebook for students, without the answers, and one with them; a script a notebook and
a Python file. The top of the page offers those in its own language first, then those
in both. A hosted copy with its sources on GitHub opens the notebook in Colab and in
Kaggle, too.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlsplit

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from d2lnotes.site.downloads.installing import install_cell
from d2lnotes.site.downloads.markdown import Edition, cells
from d2lnotes.site.downloads.markdown_inline import Place
from d2lnotes.site.downloads.mentioned import mentioned
from d2lnotes.site.downloads.notebooks import language_cells, notebook, script
from d2lnotes.site.downloads.wheel import WHEEL
from d2lnotes.site.lessons.front_matter import is_lesson
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Resolved
from d2lnotes.site.twins.languages import Language, own_language

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata

FOLDER = "downloads"
BOTH = "bilingual"
# A page's list of archives lies between these; `d2lnotes build` fills it.
LIST_BEGINS, LIST_ENDS = "<!-- archives -->", "<!-- end of archives -->"

_WORDS = {
    "zh": {
        "offer": "下载本页",
        "own": "中文",
        "both": "中英双语",
        "student": "笔记本（答案留空）",
        "answers": "笔记本（带答案）",
        "notebook": "笔记本",
        "script": "Python 脚本",
        "colab": "在 Colab 中打开",
        "kaggle": "在 Kaggle 中打开",
        "waiting": "这张表由 `d2lnotes build` 的最后一步填写。",
    },
    "en": {
        "offer": "Download this page",
        "own": "In English",
        "both": "In both languages",
        "student": "notebook without answers",
        "answers": "notebook with answers",
        "notebook": "notebook",
        "script": "Python script",
        "colab": "Open in Colab",
        "kaggle": "Open in Kaggle",
        "waiting": "The last step of `d2lnotes build` fills this list.",
    },
}


class File(NamedTuple):
    """A file to download: its place below ``downloads``, its kind, what it holds."""

    path: str
    kind: str
    edition: Edition


class ArchiveList(nodes.General, nodes.Element):
    """Where the archives and the PDFs are offered, with their sizes."""


class ArchivesDirective(SphinxDirective):
    """``archives``: takes nothing, and leaves a place for the list."""

    def run(self) -> list[nodes.Node]:
        """Return the place."""
        return [ArchiveList()]


def editions(own: Language) -> dict[str, tuple[Language, ...]]:
    """Return the folders of a build's downloads and the languages of their text."""
    return {own: (own,), BOTH: ("zh", "en")}


def files_of(page: str, own: Language, gallery: str) -> list[File]:
    """Return the files that ``page`` is offered as; none if it is no lesson or script.

    Parameters
    ----------
    page
        The page's name.
    own
        The language of the build.
    gallery
        The folder of the pages that were made from scripts.
    """
    name = PurePosixPath(page)
    found = []
    for folder, languages in editions(own).items():
        student, answered = Edition(languages, False), Edition(languages, True)
        if is_lesson(page):
            place = f"{folder}/{page}"
            found.append(File(f"{place}.ipynb", "student", student))
            found.append(File(f"{place}-answers.ipynb", "answers", answered))
        elif name.parts[0] == gallery and name.name.startswith("plot_"):
            place = f"{folder}/{name.relative_to(gallery)}"
            found.append(File(f"{place}.ipynb", "notebook", answered))
            found.append(File(f"{place}.py", "script", answered))
    return found


def write_files(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Write the files of one page, those that differ from what is there."""
    if app.builder.name != "html":
        return
    macros = getattr(app.config, "d2lnotes_math_macros", {})
    place = Place(page, app.config.d2lnotes_url, macros)
    source = _package_source(app)
    for file in _files(app, page):
        languages, is_script = file.edition.languages, file.kind == "script"
        first = install_cell(source, languages, script=is_script)
        found = cells(doctree, file.edition, env=app.env, place=place)
        language = language_cells(found, languages)
        last = mentioned(doctree, languages, env=app.env, place=place)
        write = script if is_script else notebook
        text = write([first, *language, *found, *last])
        path = _folder(app) / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")


def _folder(app: Sphinx) -> Path:
    return Path(app.outdir).parent / FOLDER


def _files(app: Sphinx, page: str) -> list[File]:
    gallery = getattr(app.config, "sphinx_gallery_conf", {}).get("gallery_dirs", "")
    return files_of(page, own_language(app.config), gallery)


def _package_source(app: Sphinx) -> str:
    """Return where pip finds the package of this course; empty for an offline copy."""
    if app.config.d2lnotes_url:
        return f"{app.config.d2lnotes_url}/{FOLDER}/{WHEEL}"
    repository = app.config.d2lnotes_repository
    return f"git+{repository}" if repository else ""


def links_to_run(app: Sphinx, path: str) -> dict[str, str]:
    """Return where the notebook ``path`` opens ready to run, by the place's name.

    Both places fetch it from a published copy on GitHub.
    """
    url, repository = app.config.d2lnotes_url, app.config.d2lnotes_repository
    host, name = urlsplit(repository)[1:3]
    if not url or host != "github.com":
        return {}
    file = quote(f"{name.strip('/')}/blob/gh-pages/{FOLDER}/{path}")
    return {
        "colab": f"https://colab.research.google.com/github/{file}",
        "kaggle": f"https://kaggle.com/kernels/welcome?src=https://github.com/{file}",
    }


def offer_files(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Give the template the links at the top of a page: own language, then both."""
    files = _files(app, pagename) if doctree is not None else []
    if not files:
        return
    own = own_language(app.config)
    words = _WORDS[own]
    up = "../" * (pagename.count("/") + 1)
    groups = []
    for folder, title in ((own, words["own"]), (BOTH, words["both"])):
        links = [
            (words[file.kind], f"{up}{FOLDER}/{quote(file.path)}", True)
            for file in files
            if file.path.startswith(f"{folder}/")
        ]
        groups.append((title, links))
    for name, link in links_to_run(app, files[0].path).items():
        groups[0][1].append((words[name], link, False))
    context["downloads"], context["downloads_label"] = groups, words["offer"]


def write_again(app: Sphinx, env: BuildEnvironment) -> Iterable[str]:
    """Name the pages of which a file is missing, though Sphinx has written them."""
    if app.builder.name != "html":
        return []
    return [
        page
        for page in sorted(env.found_docs)
        if not all((_folder(app) / file.path).exists() for file in _files(app, page))
    ]


def remove_leftovers(app: Sphinx, exception: Exception | None) -> None:
    """Remove the files of pages that are gone."""
    if exception is not None or app.builder.name != "html":
        return
    kept = {file.path for page in app.env.found_docs for file in _files(app, page)}
    for folder in editions(own_language(app.config)):
        for path in sorted(_folder(app).joinpath(folder).rglob("*.*")):
            if path.relative_to(_folder(app)).as_posix() not in kept:
                path.unlink(missing_ok=True)
                with suppress(OSError):  # it holds other files
                    path.parent.rmdir()


def _visit_html(translator: Any, node: nodes.Element) -> None:  # noqa: ANN401
    words = _WORDS[own_language(translator.config)]["waiting"]
    translator.body.append(f"{LIST_BEGINS}<p>{words}</p>{LIST_ENDS}\n")
    raise nodes.SkipNode


def _skip(translator: Any, node: nodes.Element) -> None:  # noqa: ANN401
    raise nodes.SkipNode


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive and write files as pages are written."""
    app.setup_extension("d2lnotes.site.lessons.predict")
    app.setup_extension("d2lnotes.site.html.publishing")
    app.add_node(
        ArchiveList, html=(_visit_html, None), latex=(_skip, None), text=(_skip, None)
    )
    app.add_directive("archives", ArchivesDirective)
    app.add_css_file("downloads.css")
    # After all references are resolved.
    app.connect("doctree-resolved", write_files, priority=Resolved.TAKEN_OVER)
    app.connect("html-page-context", offer_files)
    app.connect("env-get-updated", write_again)
    app.connect("build-finished", remove_leftovers)
    return METADATA
