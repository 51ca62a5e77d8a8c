"""The parts of the index, and what an object is found by."""

import json

from d2lnotes.site.search import index
from d2lnotes.site.search.index import (
    PARTS,
    Name,
    Note,
    part_of,
    terms_of_object,
    write_index,
)


def read(file):
    return json.loads(file.read_text(encoding="utf-8").partition("]=")[2][:-2])


def test_terms_spread_over_all_parts():
    pairs = [
        chr(a) + chr(b) for a in range(0x4E00, 0x4E40) for b in range(0x4E00, 0x4E40)
    ]
    sizes = [0] * PARTS
    for pair in pairs:
        sizes[part_of(pair)] += 1

    assert max(sizes) < 3 * len(pairs) / PARTS


def test_an_object_is_found_by_its_name_without_its_modules():
    found_by = terms_of_object("d2lnotes.data.TensorLoader")

    assert {"tensorload", "data.tensorloader", "d2lnotes.data.tensorloader"} <= found_by
    assert "d2lnotes" not in found_by


def test_a_name_stands_in_the_part_of_each_of_its_words(tmp_path):
    note = Note("Home", [Name("Batch size", "batch", "title")], [], [], [], [])

    write_index(tmp_path, {"index": note})

    for term in ("batch", "size"):
        part = read(tmp_path / "_search" / f"{part_of(term)}.js")
        assert part["names"] == {"Batch size": [[0, "batch", "title"]]}


def test_an_index_that_is_the_same_is_not_made_again(tmp_path):
    notes = {"index": Note("Home", [], ["word"], [], [], [])}
    write_index(tmp_path, notes)
    part = tmp_path / "_search" / f"{part_of('word')}.js"
    part.write_text("as it was", encoding="utf-8")

    write_index(tmp_path, notes)

    assert part.read_text(encoding="utf-8") == "as it was"


def test_an_index_that_lost_a_part_is_made_again(tmp_path):
    notes = {"index": Note("Home", [], ["word"], [], [], [])}
    write_index(tmp_path, notes)
    part = tmp_path / "_search" / f"{part_of('word')}.js"
    part.unlink()

    write_index(tmp_path, notes)

    assert read(part)["terms"] == {"word": [0]}


def test_the_part_of_a_term_is_counted_once_however_many_pages_hold_it(
    tmp_path, monkeypatch
):
    counted = []
    monkeypatch.setattr(index, "part_of", lambda term: counted.append(term) or 0)
    note = Note("", [], ["word"], [], [], [])

    write_index(tmp_path, {f"page{number}": note for number in range(7)})

    assert counted == ["word"]
