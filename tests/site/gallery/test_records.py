"""Tests for the one schema of a record: what has another shape is no record."""

import json

import pytest

from d2lnotes.site.gallery.records import (
    Data,
    Record,
    Result,
    Run,
    load_record,
    read_record,
    read_records,
    write_record,
)

WHOLE = Record(
    script="numbers/plot_one",
    data=[Data("digits", stand_in=True)],
    files={"digits/a.gz": 13, "digits/b.gz": None},
    results={
        "one.count": Result(value=7, unit="", over="", spread=None, format="d"),
        "one.mean": Result(
            value=0.5, unit="s", over="3 次 | 3 times", spread=0.1, format=".1f"
        ),
    },
    run=Run(seconds=1.5, inputs={"Python": "3.11"}, outputs={"plot_one.rst": "ab"}),
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "numbers" / "plot_one.json"


def test_what_was_written_is_read(path):
    write_record(path, WHOLE)

    assert load_record(path) == WHOLE


def test_a_result_is_named_as_it_was_recorded(path):
    write_record(path, WHOLE)

    shown = [(r.name, r.measured()) for r in load_record(path).named_results()]

    assert shown == [("one.count", "7"), ("one.mean", "0.5 ± 0.1")]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"script": 3}',
        '{"script": "a", "data": {}}',
        '{"script": "a", "data": [{"name": "digits"}]}',
        '{"script": "a", "results": {"a.b": 3}}',
        '{"script": "a", "run": []}',
        '{"script": "a", "run": {"seconds": "3"}}',
        '{"script": "a", "run": {"inputs": {"Python": 3}}}',
        '{"script": "a", "files": {"x": "large"}}',
    ],
)
def test_what_has_another_shape_is_a_miss(path, content):
    path.parent.mkdir()
    path.write_text(content)

    assert read_record(path) is None
    assert read_records(path.parent) == []


def test_a_number_that_cannot_be_printed_is_a_miss(path):
    write_record(path, WHOLE)
    content = json.loads(path.read_text(encoding="utf-8"))
    content["results"]["one.count"]["format"] = "no format"
    path.write_text(json.dumps(content))

    assert read_record(path) is None
