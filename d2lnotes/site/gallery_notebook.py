"""Notebooks that read well: the roles of a script's text become Markdown.

sphinx-gallery translates headings, mathematics and code blocks, but leaves roles
such as ``:doc:`` and ``:term:`` as they stand. Whatever reST is left after both have
done their work is an error that names it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2lnotes.site.languages import (
    BROKEN_LINE,
    HAN,
    Language,
    half,
    text_language,
)

if TYPE_CHECKING:
    from d2lnotes.site.gallery_reuse import Script

# Gives the title of a page, named as in a ``:doc:`` role, in a language.
PageTitle = Callable[[str, Language], str]

_ROLE = re.compile(
    r"(?P<kept>:math:`[^`]+`|``.+?``)"
    r"|:(?P<role>[\w:+-]+):`(?P<body>[^`]+)`"
    r"|(?P<escape>\\ )",
    re.DOTALL,
)
_CODE_ROLES = {"attr", "class", "data", "exc", "func", "meth", "mod", "obj"}
_QUOTES = {"zh": "《{}》", "en": "“{}”"}
# reST wants a space there, Chinese does not.
_SPACED_TITLE = re.compile(f"(?<=[{HAN}]) (?=《)|(?<=》) (?=[{HAN}])")
_LEFT_OVER = re.compile(r"(?m)^\s*\.\. \S+|:[\w+-]+(?::[\w+-]+)*:`[^`]*`")
_TITLE = re.compile(r"(?m)^# (.+)$")


def write_downloads(script: Script, gallery_conf: dict[str, Any]) -> None:
    """Write the notebook of ``script`` anew, and the archive of both downloads."""
    from sphinx_gallery.notebook import jupyter_notebook, save_notebook
    from sphinx_gallery.py_source_parser import (
        remove_config_comments,
        remove_ignore_blocks,
        split_code_and_text_blocks,
    )
    from sphinx_gallery.utils import zip_files

    docs = Path(gallery_conf["src_dir"])
    examples = docs / gallery_conf["examples_dirs"]

    def title(page: str, language: Language) -> str:
        return page_title(page, language, docs=docs, examples=examples)

    blocks = []
    for block in split_code_and_text_blocks(script.source)[1]:
        content = remove_config_comments(remove_ignore_blocks(block.content))
        if block.type == "text":
            content = without_roles(content, title)
        if content.strip():
            blocks.append(block._replace(content=content))
    folder = script.target.parent
    notebook = jupyter_notebook(blocks, gallery_conf, folder)
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and (left := _LEFT_OVER.search(text)):
            raise ValueError(
                f"{script.name}: {left[0].strip()!r} would stand in the notebook as it "
                "is; use only :math:, :doc:, :term:, code and the directive math"
            )
    save_notebook(notebook, script.notebook)
    both = [str(script.target), str(script.notebook)]
    zip_files(both, script.target.with_suffix(".zip"), folder)


def without_roles(text: str, page_title: PageTitle) -> str:
    """Return reST text with its roles written out, mathematics and code untouched."""
    paragraphs = re.split(r"(\n\s*\n)", text)
    return "".join(
        BROKEN_LINE.sub("", _write_out_roles(paragraph, page_title))
        if not paragraph.lstrip().startswith(".. ")
        else paragraph
        for paragraph in paragraphs
    )


def _write_out_roles(paragraph: str, page_title: PageTitle) -> str:
    spoken = _ROLE.sub(" ", paragraph)
    language: Language = "zh" if text_language(spoken) == "zh" else "en"

    def write_out(found: re.Match[str]) -> str:
        if found["kept"] or found["escape"]:
            return found["kept"] or ""
        role, body = found["role"].rpartition(":")[2], " ".join(found["body"].split())
        explicit = re.fullmatch(r"(.+?)\s*<.+>", body)
        if explicit:
            return explicit[1]
        if role == "doc":
            return _QUOTES[language].format(page_title(body, language))
        if role in _CODE_ROLES:
            name = body.lstrip("!")
            return f"``{name[1:].rpartition('.')[2] if name[0] == '~' else name}``"
        return body

    return _SPACED_TITLE.sub("", _ROLE.sub(write_out, paragraph))


def page_title(page: str, language: Language, *, docs: Path, examples: Path) -> str:
    """Return one half of the title of ``page``, named as in a ``:doc:`` role.

    ``docs`` and ``examples`` are the folders of the pages and of the scripts. A page
    that cannot be found gives its own name: Sphinx reports it.
    """
    path = page.strip("/")
    folder, _, name = path.partition("/")
    if folder == "gallery":
        source = examples / f"{name}.py"
        title = script_title(source) if source.is_file() else ""
    else:
        source = docs / f"{path}.md"
        text = source.read_text(encoding="utf-8") if source.is_file() else ""
        title = found[1] if (found := _TITLE.search(text)) else ""
    return half(title or path.rpartition("/")[2], language)


def script_title(source: Path) -> str:
    """Return the title of a script: the first line of its docstring."""
    return next(iter(_docstring(source).strip().splitlines()), "")


def _docstring(source: Path) -> str:
    try:
        tree = ast.parse(source.read_text(encoding="utf-8"))
    except SyntaxError:
        return ""
    return ast.get_docstring(tree) or ""
