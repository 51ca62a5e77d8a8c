"""What LaTeX's log tells about wrong pages, with the course page and PDF page of each."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

# A line this much too wide is seen at once; less hides in the ragged margin.
POINTS_TOO_WIDE = 10.0

_FAULT = re.compile(
    r"^(?:! .*|Missing character: .*|LaTeX Warning: (?:Reference|Citation|Hyper "
    r"reference) .* undefined.*|Overfull \\hbox \((?P<width>[\d.]+)pt too wide\)"
    r".*? lines? (?P<line>\d+).*)$",
    re.MULTILINE,
)
_SHIPPED = re.compile(r"\[(\d+)\s*(?=[\]<{(\n])")
# Sphinx begins each page of the course with a label, answers with a comment.
_PAGE = re.compile(r"\\label\{\\detokenize\{([\w./-]+)::doc\}\}|^%% from ([\w./-]+)$")
# Where an error or a warning stands in what was typeset.
_LINE = re.compile(r"on input line (\d+)|^l\.(\d+) ", re.MULTILINE)
_CHARACTERS_TO_LINE = 400
_FONT = re.compile(r"\\\w+(?:/[\w.+()-]+){3,}\s?|\[\]")


class _Place(NamedTuple):
    line: int
    page: str


def find_problems(log: str, tex: str = "", *, name: str = "the PDF") -> list[str]:
    """Return what in a LaTeX log means a wrong page.

    These are errors, characters that no font has, references that lead nowhere and
    lines that stand out by more than ten points. ``tex`` is what was typeset, as the
    PDF ``name``.
    """
    places = _course_pages(tex)
    shipped = [(match.start(), match[1]) for match in _SHIPPED.finditer(log)]
    found = []
    for match in _FAULT.finditer(log):
        message = match[0]
        if match["width"]:
            if float(match["width"]) <= POINTS_TOO_WIDE:
                continue
            text = _FONT.sub("", log[match.end() :].lstrip("\n").split("\n", 1)[0])
            message = (
                f"{float(match['width']):.0f} points too wide: {text.strip()[:80]}"
            )
        page = next((page for start, page in shipped if start > match.start()), "?")
        where = [f"page {page} of {name}"] if shipped else []
        line = match["line"] or _line_after(log, match)
        if line and (source := _page_at(places, int(line))):
            where.insert(0, f"{source}, line {line} of its LaTeX")
        found.append(f"{message} ({'; '.join(where)})" if where else message)
    return list(dict.fromkeys(found))


def _line_after(log: str, message: re.Match[str]) -> str:
    """Return the line that LaTeX gives with or below a message, if it gives one."""
    if message[0].startswith("Missing character"):
        return ""
    below = _FAULT.search(log, message.end())
    end = min(below.start() if below else len(log), message.end() + _CHARACTERS_TO_LINE)
    found = _LINE.search(log, message.start(), end)
    return (found[1] or found[2]) if found else ""


def _course_pages(tex: str) -> list[_Place]:
    """Return where in ``tex`` the pages of the course begin."""
    return [
        _Place(number, match[1] or match[2])
        for number, line in enumerate(tex.splitlines(), start=1)
        for match in _PAGE.finditer(line)
    ]


def _page_at(places: list[_Place], line: int) -> str:
    after = bisect_right(places, (line, "\uffff"))
    if not after:
        return ""
    page = places[after - 1].page
    return f"{page}.py" if page.startswith("gallery/") else f"docs/{page}"
