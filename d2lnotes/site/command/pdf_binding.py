"""The book whole, bound from its volumes: their pages, bookmarks and numbers of pages.

What leads from one volume's file to another's leads to the place itself here. Nothing
is typeset again: a page keeps the number that it has in its volume.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, OutlineItem, Pdf


@dataclass(frozen=True)
class _Place:
    """A page of the book, counted from 0, and what of it to show."""

    page: int
    view: list[Any]

    def destination(self, book: Pdf) -> Array:
        return Array([book.pages[self.page].obj, *self.view])


@dataclass(frozen=True)
class _Volume:
    title: str
    start: int
    places: dict[str, _Place]
    headings: list[_Heading]
    labels: list[tuple[int, dict[str, Any]]]


@dataclass(frozen=True)
class _Heading:
    title: str
    place: _Place | None
    below: list[_Heading]


def bind(volumes: Sequence[tuple[str, Path]], book: Path) -> list[str]:
    """Write the PDFs of ``volumes``, each with its title, one after the other.

    Returns what is wrong: links into another volume that lead nowhere.
    """
    read: dict[str, _Volume] = {}
    with pikepdf.new() as bound:
        for title, path in volumes:
            with pikepdf.open(path) as pdf:
                read[path.name] = _read(pdf, title, start=len(bound.pages))
                _describe(bound, pdf)
                for page in pdf.pages:
                    bound.pages.append(page)
        problems = list(dict.fromkeys(_lead_inside(bound, read)))
        with bound.open_outline() as outline:
            for volume in read.values():
                top = _Heading(volume.title, _Place(volume.start, [Name.Fit]), [])
                item = _bookmark(bound, top)
                item.children.extend(_bookmarks(bound, volume.headings))
                item.is_closed = True
                outline.root.append(item)
        numbers = [part for volume in read.values() for part in volume.labels]
        flat = [value for n, label in numbers for value in (n, Dictionary(label))]
        bound.Root.PageLabels = Dictionary(Nums=Array(flat))
        partial = book.with_suffix(".partial")
        bound.save(partial, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    partial.replace(book)
    return problems


def _describe(book: Pdf, pdf: Pdf) -> None:
    """Give ``book`` the title, author and language of its first volume, the front."""
    for name in ("/Title", "/Author"):
        if name in pdf.docinfo and name not in book.docinfo:
            book.docinfo[name] = str(pdf.docinfo[name])
    if "/Lang" in pdf.Root and "/Lang" not in book.Root:
        book.Root.Lang = str(pdf.Root.Lang)
    book.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)


def _read(pdf: Pdf, title: str, *, start: int) -> _Volume:
    """Return what is to be known of a volume whose pages begin at ``start``."""
    pages = {page.obj.objgen: start + n for n, page in enumerate(pdf.pages)}

    def place(target: Any) -> _Place:  # noqa: ANN401 - any object of a PDF
        page, *view = list(target.D if isinstance(target, Dictionary) else target)
        return _Place(pages[page.objgen], [_plain(value) for value in view])

    names = pikepdf.NameTree(pdf.Root.Names.Dests) if "/Names" in pdf.Root else {}
    places = {str(name): place(target) for name, target in names.items()}
    with pdf.open_outline() as outline:
        headings = list(_headings(outline.root, places))
    return _Volume(title, start, places, headings, _labels(pdf, start))


def _labels(pdf: Pdf, start: int) -> list[tuple[int, dict[str, Any]]]:
    """Return from which page of the book on pages are numbered how."""
    plain = Dictionary(Nums=[0, Dictionary(S=Name.D)])
    numbers = list(pdf.Root.get("/PageLabels", plain).Nums)
    return [
        (start + int(n), {key: _plain(value) for key, value in label.items()})
        for n, label in zip(numbers[::2], numbers[1::2], strict=True)
    ]


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Return ``value`` free of the file that it was read from."""
    if isinstance(value, pikepdf.Name):
        return Name(str(value))
    if isinstance(value, pikepdf.String):
        return str(value)
    return value


def _headings(
    items: Iterable[OutlineItem], places: dict[str, _Place]
) -> Iterator[_Heading]:
    for item in items:
        target = item.destination or (item.action and item.action.get("/D"))
        below = list(_headings(item.children, places))
        yield _Heading(item.title, places.get(str(target)), below)


def _bookmarks(book: Pdf, headings: Iterable[_Heading]) -> Iterator[OutlineItem]:
    for heading in headings:
        item = _bookmark(book, heading)
        item.children.extend(_bookmarks(book, heading.below))
        item.is_closed = True
        yield item


def _bookmark(book: Pdf, heading: _Heading) -> OutlineItem:
    place = heading.place
    return OutlineItem(heading.title, place.destination(book) if place else None)


def _lead_inside(book: Pdf, volumes: dict[str, _Volume]) -> Iterator[str]:
    """Let links lead to places of the book; yield what those that cannot say."""
    starts = {volume.start: volume for volume in volumes.values()}
    own = starts[0]
    for number, page in enumerate(book.pages):
        own = starts.get(number, own)
        for link in page.obj.get("/Annots", []):  # type: ignore[union-attr]
            action = link.get("/A", Dictionary())
            kind = str(action.get("/S"))
            if kind not in ("/GoTo", "/GoToR"):
                continue
            volume = volumes.get(str(action.F)) if kind == "/GoToR" else own
            place = volume.places.get(str(action.D)) if volume else None
            if place:
                link.A = Dictionary(S=Name.GoTo, D=place.destination(book))
            elif kind == "/GoToR":
                yield f"“{own.title}” leads to {action.D} in {action.F}, which is not there"
