"""The rooms stand on floors: a room sees those below it, and never one above."""

import re
from pathlib import Path

import d2lnotes.site

SITE = Path(d2lnotes.site.__file__).parent
FLOORS = [
    {"twins"},
    {"glossary"},
    {"math", "html", "search", "explorables"},
    {"gallery"},
    {"lessons", "results"},
    {"latex", "downloads"},
    {"command"},
]
ROOM = re.compile(r"\bd2lnotes\.site\.(\w+)\.\w")


def seen_from(room):
    texts = [file.read_text("utf-8") for file in (SITE / room).rglob("*.py")]
    return {name for text in texts for name in ROOM.findall(text)} & set().union(
        *FLOORS
    )


def test_every_room_has_a_floor():
    rooms = {file.parent.name for file in SITE.glob("*/__init__.py")}

    assert rooms == set().union(*FLOORS)


def test_no_room_imports_one_on_a_higher_floor_or_beside_it():
    for place, floor in enumerate(FLOORS):
        below = set().union(*FLOORS[:place])
        assert {room: seen_from(room) - below - {room} for room in floor} == {
            room: set() for room in floor
        }
