"""The index that the search page looks words up in, in parts.

A browser that shows files of the disk may load scripts and nothing else, so every part
is a script. The search page loads the table of pages, and of the index the parts that
hold the words of a query: what a query costs hardly grows with the course.

What a page says is noted when it is written, in a file beside Sphinx's own, and the
parts are made of all notes at the end. So they come out the same whether a build wrote
all pages or one.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from docutils import nodes
from sphinx import addnodes
from sphinx.util.index_entries import split_index_msg

from d2lnotes.site.glossary.taught import Entries, places
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.search.language import (
    SIMPLIFIED,
    STOPWORDS,
    split_name,
    split_text,
    stem,
    terms_of,
)
from d2lnotes.site.search.texts import sections_of, titles_of
from d2lnotes.site.stages import Finished, Resolved, Updated
from d2lnotes.site.twins.languages import own_language
from d2lnotes.site.twins.terms import called

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata

    from d2lnotes.site.search.texts import Section
    from d2lnotes.site.twins.languages import Language

#: How many parts an index has; a prime, so that terms spread evenly.
PARTS = 251
_OFTEN = 3  # times, from where on a page is about a word rather than mentions it
_INDEX, _TEXTS, _TABLE = "_search", "_texts", "pages.js"
#: A mark of this room: when it changes, all pages are noted anew.
VERSION = hashlib.sha256(
    b"".join(file.read_bytes() for file in sorted(Path(__file__).parent.glob("*.py")))
).hexdigest()[:12]

# The line of minutes, lists of other pages, and what sphinx-gallery adds around
# a script: buttons, running times, its name.
_NOT_SEARCHED = {
    "study-time",
    "toctree-wrapper",
    "course-cards",
    "script-cards",
    "learning-path",
    "sphx-glr-footer",
    "sphx-glr-signature",
    "sphx-glr-timing",
}


class Name(NamedTuple):
    """What has a name on a page: the page, a section, an entry of the index, an object.

    Attributes
    ----------
    anchor
        Its identifier on the page, none for the page itself.
    kind
        ``title``, ``index``, ``taught``, or what an object is: "Python function".
    """

    name: str
    anchor: str
    kind: str


class Note(NamedTuple):
    """What is found on a page: by its names, by the terms that its text alone holds.

    Attributes
    ----------
    often
        The terms that come up often in its text, be they in its titles or not.
    headings
        What its sections are called, itself first.
    entries
        The glossary on it: of each term the names in the language of the site, and
        those in the other one.
    """

    title: str
    names: list[Name]
    terms: list[str]
    often: list[str]
    headings: list[str]
    entries: list[tuple[list[str], list[str]]]


# A name, and the places that bear it: a page's number, the anchor and the kind.
Named = dict[str, list[tuple[int, str, str]]]


def part_of(term: str) -> int:
    """Return which part of the index holds ``term``; the browser counts likewise."""
    number = 0
    for character in term:
        number = (31 * number + ord(character)) % PARTS
    return number


def hide_extras(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Keep what is no part of the text out of the search index."""
    for node in doctree.findall(nodes.Element):
        if _NOT_SEARCHED.intersection(node.get("classes", ())):
            node["classes"].append("no-search")


def take_down(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Write the text of each section of a page, and the note of it."""
    if app.builder.name != "html":
        return
    macros = getattr(app.config, "d2lnotes_math_macros", {})
    sections = list(sections_of(doctree, macros))
    titles = [Name(*title, "title") for title in titles_of(doctree, macros)]
    names = titles + _index_entries(doctree)
    own = own_language(app.config)
    note = note_of(docname, sections, names, list(glossary_entries(doctree, own)))
    write_text(app.outdir, docname, sections)
    _write(_note_file(app.doctreedir, docname), json.dumps(note, ensure_ascii=False))


def note_of(
    page: str,
    sections: list[Section],
    names: list[Name],
    entries: Iterable[tuple[list[str], list[str]]] = (),
) -> Note:
    """Return what a page is found by.

    Parameters
    ----------
    page
        What it is called if it has no title.
    sections
        What stands on it.
    names
        What has a name on it, the page itself first.
    entries
        The names of the terms that it explains, in both languages.
    """
    titles = [name.name for name in names if name.kind == "title"]
    texts = [*titles, *(section.text for section in sections)]
    held = Counter(term for text in texts for term in terms_of(split_text(text)))
    in_titles = {term for title in titles for term in terms_of(split_name(title))}
    return Note(
        title=titles[0] if titles else page,
        names=names,
        terms=sorted(held.keys() - in_titles),
        often=sorted(term for term, count in held.items() if count >= _OFTEN),
        headings=[section.title for section in sections],
        entries=list(entries),
    )


def glossary_entries(
    doctree: nodes.document, own: Language
) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the names of each term of a glossary, those in the language ``own`` first.

    A term may bear one name in both, such as GPU.
    """
    for glossary in doctree.findall(addnodes.glossary):
        for term in glossary.findall(nodes.term):
            names = called(term)
            other = names["en" if own == "zh" else "zh"]
            yield names[own], [name for name in other if name not in names[own]]


def _index_entries(doctree: nodes.document) -> list[Name]:
    """Return the entries of the index on a page: terms of the glossary and others."""
    found: set[Name] = set()
    for node in doctree.findall(addnodes.index):
        for kind, value, target, _main, _key in node["entries"]:
            with suppress(ValueError):  # a wrong entry, of which Sphinx warns
                names = split_index_msg(kind, value)
                found.update(Name(name, target, "index") for name in names)
    return sorted(found)


def write_text(out: Path, page: str, sections: list[Section]) -> None:
    """Write what stands on a page, for the search page to quote from."""
    _write_script(_text_file(out, page), "searchTexts", page, sections)


def unnoted_pages(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Return the pages without a note that can be read: they are written again."""
    if app.builder.name != "html":
        return []
    return [page for page in sorted(env.found_docs) if not _is_noted(app, page)]


def _is_noted(app: Sphinx, page: str) -> bool:
    try:
        _read(_note_file(app.doctreedir, page))
    except (OSError, ValueError, TypeError):  # it was never written, or is damaged
        return False
    return _text_file(app.outdir, page).is_file()


def write_all(app: Sphinx, exception: Exception | None) -> None:
    """Write the index of all pages, and remove what pages that are gone have left."""
    if exception is None and app.builder.name == "html":
        pages = in_reading_order(app.env)
        notes = {page: _read(_note_file(app.doctreedir, page)) for page in pages}
        write_index(app.outdir, notes, _objects(app.env), _taught(app.env))
        for file_of, place in ((_note_file, app.doctreedir), (_text_file, app.outdir)):
            kept = {file_of(place, page) for page in pages}
            for file in file_of(place, "").parent.rglob("*.js*"):
                if file not in kept:
                    file.unlink()


def in_reading_order(env: BuildEnvironment) -> list[str]:
    """Return all pages as the table of contents has them, then those it leaves out.

    Of answers that are equally good the first one stands first, and that is where the
    course teaches a thing.
    """
    contents = {page: place for place, page in enumerate(env.collect_relations())}
    return sorted(
        env.found_docs, key=lambda page: (contents.get(page, len(contents)), page)
    )


def _taught(env: BuildEnvironment) -> Iterator[tuple[str, Name]]:
    """Yield the page and the section that teach each term of the glossary."""
    own = own_language(env.config)
    for entries in Entries.of(env).values():
        for term, (page, anchor) in places(env, entries).items():
            for name in entries[term].names[own]:
                yield page, Name(name, anchor, "taught")


def _objects(env: BuildEnvironment) -> Iterator[tuple[str, Name]]:
    """Yield the page and the name of everything that the reference describes."""
    for domain in env.domains.sorted():
        for name, _, kind, page, anchor, priority in sorted(domain.get_objects()):
            if priority >= 0 and page in env.found_docs:
                about = str(domain.get_type_name(domain.object_types[kind]))
                yield page, Name(name, anchor, about)


def write_index(
    out: Path,
    notes: dict[str, Note],
    objects: Iterable[tuple[str, Name]] = (),
    taught: Iterable[tuple[str, Name]] = (),
) -> None:
    """Write the table of the pages, the names, the words and the parts of the index.

    Parameters
    ----------
    out
        The folder of the site; they are written to ``_search`` in it.
    notes
        What is found on each page, in the order in which pages are numbered.
    objects
        What the reference describes, each with its page.
    taught
        The terms of the glossary, each with the page that teaches it.
    """
    objects, taught = list(objects), list(taught)
    made_of = repr((VERSION, notes, objects, taught))
    version = hashlib.sha256(made_of.encode()).hexdigest()[:12]
    if _is_written(out / _INDEX, version):
        return
    numbers = {page: number for number, page in enumerate(notes)}
    terms: list[dict[str, list[int]]] = [{} for _ in range(PARTS)]
    names: list[Named] = [{} for _ in range(PARTS)]
    described: list[Named] = [{} for _ in range(PARTS)]
    postings: dict[str, list[int]] = {}
    for page, note in notes.items():
        often = set(note.often)
        for term in note.terms:
            posting = 2 * numbers[page] + (term in often)
            postings.setdefault(term, []).append(posting)
    for term, found in postings.items():  # the part of each is counted once
        terms[part_of(term)][term] = found
    words: set[str] = set()  # of the names
    places = {(page, name.anchor) for page, name in objects}
    for page, name in (*_names(notes), *taught):
        if name.kind == "index" and (page, name.anchor) in places:
            continue  # an object, which Sphinx has put into the index of a book
        words |= _file(names, set(terms_of(split_name(name.name))), numbers[page], name)
    for page, name in objects:
        words |= _file(described, terms_of_object(name.name), numbers[page], name)
    # One word on one page, and in no name, is no word that a slip of the pen may mean.
    common = words | {term for term, found in postings.items() if len(found) > 1}
    words |= postings.keys()
    pages = [(page, note.title) for page, note in notes.items()]
    table = {
        "pages": pages,
        "version": version,
        "stopwords": sorted(STOPWORDS),
        "simplified": "".join(f"{a}{b}" for a, b in SIMPLIFIED.items() if b in words),
    }
    written = " ".join(sorted(word for word in common if word < "\u2e80"))
    _write_script(out / _INDEX / "words.js", "searchIndex", "words", written)
    _write_script(out / _INDEX / "names.js", "searchIndex", "names", _called(notes))
    for part in range(PARTS):
        held = {
            "terms": terms[part],
            "names": names[part],
            "objects": described[part],
        }
        _write_script(out / _INDEX / f"{part}.js", "searchIndex", str(part), held)
    _write_script(out / _INDEX / _TABLE, "searchIndex", "table", table)  # at last


def _is_written(folder: Path, version: str) -> bool:
    """Return whether the index of that version is there, whole."""
    table = folder / _TABLE
    is_named = table.is_file() and version in table.read_text(encoding="utf-8")
    return is_named and len(list(folder.iterdir())) == PARTS + 3


def _called(notes: dict[str, Note]) -> dict[str, object]:
    """Return what a reader may mean: the terms of the glossary, and all headings."""
    terms = [entry for note in notes.values() for entry in note.entries]
    headings = {heading for note in notes.values() for heading in note.headings}
    known = {name for own, _ in terms for name in own}
    return {"terms": terms, "headings": sorted(x for x in headings - known if x[1:])}


def _names(notes: dict[str, Note]) -> Iterator[tuple[str, Name]]:
    for page, note in notes.items():
        for name in note.names:
            yield page, name


def _file(parts: list[Named], found_by: set[str], page: int, name: Name) -> set[str]:
    """File ``name`` in every part that one of its terms is looked up in."""
    for part in sorted({part_of(term) for term in found_by}):
        parts[part].setdefault(name.name, []).append((page, name.anchor, name.kind))
    return found_by


def terms_of_object(name: str) -> set[str]:
    """Return what an object is found by: its name without its modules, and in words."""
    parts = name.lower().split(".")
    ends = {".".join(parts[start:]) for start in range(len(parts))}
    return ends.union(map(stem, ends), terms_of(split_name(parts[-1])))


def _note_file(doctrees: Path, page: str) -> Path:
    return Path(doctrees, "search", f"{page}.json")


def _text_file(out: Path, page: str) -> Path:
    return Path(out, _TEXTS, f"{page}.js")


def _read(file: Path) -> Note:
    title, names, *terms = json.loads(file.read_text(encoding="utf-8"))
    return Note(title, [Name(*name) for name in names], *terms)


def _write_script(file: Path, table: str, key: str, value: object) -> None:
    """Write a script that puts ``value`` into a table of the window."""
    name, data = (
        json.dumps(part, ensure_ascii=False, separators=(",", ":"))
        for part in (key, value)
    )
    _write(file, f"(window.{table} ??= {{}})[{name}]={data};\n")


def _write(file: Path, text: str) -> None:
    """Write ``text`` to ``file`` unless it stands there already."""
    if not (file.is_file() and file.read_text(encoding="utf-8") == text):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Note a page once what is not searched has been marked (800)."""
    app.connect("env-get-updated", unnoted_pages, priority=Updated.SHOWN_ELSEWHERE)
    app.connect("doctree-resolved", hide_extras, priority=Resolved.NOT_SEARCHED_MARKED)
    app.connect("doctree-resolved", take_down, priority=Resolved.TAKEN_OVER)
    app.connect("build-finished", write_all, priority=Finished.LEFTOVERS_REMOVED)
    return METADATA
