"""The scripts of the gallery as cards: figure, title, and what a run takes.

They take the place of sphinx-gallery's thumbnails, which are raw HTML in one language.
The tags come from the last run, from the script itself and from its chapter, the topic;
``gallery_filter.js`` builds its filter from them.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from docutils import nodes
from docutils.nodes import make_id
from sphinx import addnodes

from d2lnotes.site.gallery.figures import gallery_figure
from d2lnotes.site.gallery.order import chapter_title
from d2lnotes.site.gallery.records import Record, read_record, record_path
from d2lnotes.site.html.pictures import IN_A_CARD
from d2lnotes.site.source_text import read_source
from d2lnotes.site.twins.languages import LanguageBlock, half
from d2lnotes.site.twins.references import title_reference

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment

_USES_GPU = re.compile(r"\bselect_device\(")
_NEEDS_GPU = re.compile(r"\bselect_device\(\s*[\"']cuda")


class Tag(NamedTuple):
    """A word on a card, in both languages; ``name`` is what the filter goes by."""

    name: str
    zh: str
    en: str


def replace_thumbnails(document: nodes.document, env: BuildEnvironment) -> None:
    """Put a list of cards where sphinx-gallery put its thumbnails."""
    for raw in list(document.findall(nodes.raw)):
        text, parent = raw.astext(), raw.parent
        if "id='sg-tag-list'" in text:
            parent.remove(raw)  # it stands there once per chapter
        elif 'class="sphx-glr-thumbnails"' in text:
            start = parent.index(raw)
            end = start + _thumbnails_length(parent.children[start:])
            scripts = [
                link["reftarget"].strip("/")
                for node in parent.children[start:end]
                for link in node.findall(addnodes.pending_xref)
            ]
            parent.children[start:end] = []
            parent.insert(start, _cards(scripts, env))


def _thumbnails_length(blocks: list[nodes.Node]) -> int:
    """Return how many blocks the thumbnails take, their closing tag included."""
    depth = 0
    for place, block in enumerate(blocks):
        if isinstance(block, nodes.raw):
            depth += len(re.findall("<div", block.astext()))
            depth -= len(re.findall("</div", block.astext()))
        if depth == 0:
            return place + 1
    return len(blocks)


def _cards(scripts: list[str], env: BuildEnvironment) -> nodes.Node:
    cards = nodes.bullet_list(classes=["script-cards"])
    for script in scripts:
        cards += _card(script, env)
    web = addnodes.only(expr="html")  # in a PDF the scripts themselves follow
    web += cards
    return web


def _card(script: str, env: BuildEnvironment) -> nodes.list_item:
    card = nodes.list_item(classes=["course-card"])
    chapter, name = PurePosixPath(script).parts[-2:]
    figure, alternative = gallery_figure(env, chapter, f"{name}_001")
    if figure:
        card += nodes.image(uri=f"/{figure}", alt=alternative, classes=[IN_A_CARD])
    else:
        card += nodes.container(classes=["card-blank"])
    refdoc = env.current_document.docname
    title = title_reference(script, refdoc=refdoc, both=True)
    card += nodes.paragraph("", "", title, classes=["card-title"])
    tags = _tags(script, env)
    for language in ("zh", "en"):
        line = nodes.paragraph(classes=["card-facts"])
        for place, tag in enumerate(tags):
            if place:
                line += nodes.Text(" ")
            word = getattr(tag, language)
            line += nodes.inline("", word, classes=["tag", f"tag-{tag.name}"])
        # Said, since a title of one English word reads like a name.
        card += LanguageBlock("", line, lang=language)
    return card


def _tags(script: str, env: BuildEnvironment) -> list[Tag]:
    source = Path(env.srcdir) / f"{script}.py"
    place = record_path(env.config, script)
    chapter = PurePosixPath(script).parts[-2]
    title = chapter_title(env, chapter)
    tags = [Tag(f"chapter-{chapter}", half(title, "zh"), half(title, "en"))]
    if record := read_record(place):
        env.note_dependency(place)
        tags += _run_tags(record)
    if source.is_file():
        env.note_dependency(source)
        tags += _gpu_tags(read_source(source))
    return tags


def _run_tags(record: Record) -> list[Tag]:
    """Return how long a script took and the data it read."""
    seconds = record.run.seconds
    tags = []
    if seconds:
        tags.append(Tag(_time_name(seconds), *_time_in_words(seconds)))
    for data in record.data:
        name = data.name
        zh, en = (
            (f"{name}（替代）", f"{name} (stand-in)") if data.stand_in else (name,) * 2
        )
        tags.append(Tag(f"data-{make_id(name)}", f"数据：{zh}", f"Data: {en}"))
    return tags


def _time_name(seconds: float) -> str:
    limits = {10: "time-seconds", 60: "time-minute"}
    return next((limits[top] for top in limits if seconds < top), "time-minutes")


def _time_in_words(seconds: float) -> tuple[str, str]:
    if seconds < 90:
        shown = max(1, round(seconds))
        return f"{shown} 秒", f"{shown} s"
    return f"{seconds / 60:.0f} 分钟", f"{seconds / 60:.0f} min"


def _gpu_tags(code: str) -> list[Tag]:
    if _NEEDS_GPU.search(code):
        return [Tag("gpu-needed", "需要 GPU", "Needs a GPU")]
    if _USES_GPU.search(code):
        return [Tag("gpu-used", "有 GPU 就用", "Uses a GPU if present")]
    return []
