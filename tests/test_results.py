"""Tests for d2lnotes.results: what a script may record, and what is written."""

import json
import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from d2lnotes.results import note_data, record, record_all


@pytest.fixture
def run_file(tmp_path, monkeypatch):
    """Where a run of the site build has its results written."""
    path = tmp_path / "convolutional-networks" / "plot_lenet.json"
    monkeypatch.setenv("D2LNOTES_RUN", str(path))
    return path


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_number_is_stored_with_all_that_was_said_about_it(run_file):
    record("lenet.test_accuracy", 0.883, unit="fraction", over="3 seeds", spread=0.004)

    assert read(run_file) == {
        "script": "convolutional-networks/plot_lenet",
        "data": [],
        "results": {
            "lenet.test_accuracy": {
                "value": 0.883,
                "unit": "fraction",
                "over": "3 seeds",
                "spread": 0.004,
                "format": ".3f",
            }
        },
    }


def test_what_was_stored_before_stays(run_file):
    record("lenet.first", 1)
    note_data("fashion-mnist", stand_in=False)
    record("lenet.second", 2)

    assert list(read(run_file)["results"]) == ["lenet.first", "lenet.second"]
    assert read(run_file)["data"] == [{"name": "fashion-mnist", "stand_in": False}]


def test_data_fetched_twice_are_noted_once(run_file):
    note_data("digits", stand_in=True)
    note_data("digits", stand_in=True)

    assert read(run_file)["data"] == [{"name": "digits", "stand_in": True}]


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (torch.tensor(0.25), 0.25),
        (torch.tensor([[7]]), 7.0),
        (np.float32(0.5), 0.5),
        (np.int64(42), 42),
        (3, 3),
    ],
)
def test_numbers_of_any_library_are_taken(run_file, value, stored):
    record("group.number", value)

    assert read(run_file)["results"]["group.number"]["value"] == stored


def test_nothing_is_written_outside_a_run(tmp_path, monkeypatch):
    monkeypatch.delenv("D2LNOTES_RUN", raising=False)
    monkeypatch.chdir(tmp_path)

    record("group.number", 1)
    note_data("digits", stand_in=True)

    assert list(tmp_path.iterdir()) == []


def test_a_name_recorded_twice_is_refused_and_the_first_number_stays(run_file):
    record("group.number", 1)

    with pytest.raises(ValueError, match=r"already recorded 'group.number' as 1"):
        record("group.number", 2)

    assert read(run_file)["results"]["group.number"]["value"] == 1


@pytest.mark.parametrize(
    "name", ["accuracy", "LeNet.accuracy", "lenet.", ".x", "a.b.c", "a b.c", "1a.b"]
)
def test_a_name_is_group_and_number(name):
    with pytest.raises(ValueError, match=r"group\.number in lower case"):
        record(name, 1)


@pytest.mark.parametrize("value", [math.nan, math.inf, torch.tensor(-math.inf)])
def test_only_finite_numbers_can_be_quoted(value):
    with pytest.raises(ValueError, match="where the computation left the finite"):
        record("group.number", value)


@pytest.mark.parametrize("value", [torch.ones(2), "0.5", True, None, [1], 1j])
def test_only_one_real_number_is_taken(value):
    with pytest.raises(ValueError, match=r"value of 'group\.number' must be one real"):
        record("group.number", value)


@pytest.mark.parametrize(
    ("value", "format_spec"), [(0.5, "d"), (0.5, "three"), (0.5, "%.3f")]
)
def test_a_format_must_fit_the_number(value, format_spec):
    with pytest.raises(ValueError, match="cannot be printed with the format"):
        record("group.number", value, format=format_spec)


@pytest.mark.parametrize("spread", [-0.1, math.nan])
def test_a_spread_is_a_standard_deviation(spread):
    with pytest.raises(ValueError, match=r"spread of 'group\.number'"):
        record("group.number", 1, spread=spread)


def test_data_have_a_name():
    with pytest.raises(ValueError, match="a data set has a name"):
        note_data(" ", stand_in=False)


def test_writers_at_the_same_time_lose_nothing_of_each_other(run_file):
    names = [f"group.number{number}" for number in range(8)]

    with ThreadPoolExecutor(len(names)) as writers:
        list(writers.map(lambda name: record(name, 1), names))

    assert sorted(read(run_file)["results"]) == names


def test_several_numbers_are_stored_as_if_one_by_one(run_file):
    record_all("lenet", {"first": 1, "second": 2.5}, unit="s", over="3 seeds")
    together = read(run_file)["results"]
    run_file.unlink()
    record("lenet.first", 1, unit="s", over="3 seeds")
    record("lenet.second", 2.5, unit="s", over="3 seeds")

    assert together == read(run_file)["results"]


@pytest.mark.parametrize("kind", [torch.tensor, np.array])
def test_one_number_for_each_seed_is_stored_as_mean_and_spread(run_file, kind):
    record_all("lenet", {"accuracy": kind([0.25, 0.5, 1.5])})

    result = read(run_file)["results"]["lenet.accuracy"]
    assert result["value"] == pytest.approx(np.mean([0.25, 0.5, 1.5]))
    assert result["spread"] == pytest.approx(np.std([0.25, 0.5, 1.5], ddof=1))


def test_a_number_of_several_may_have_its_own_format(run_file):
    record_all("lenet", {"accuracy": (0.5, ".1%"), "loss": 0.25}, format=".2f")

    results = read(run_file)["results"]
    assert [entry["format"] for entry in results.values()] == [".1%", ".2f"]


def test_of_several_numbers_none_is_stored_if_one_is_wrong(run_file):
    with pytest.raises(ValueError, match=r"of 'lenet\.second'"):
        record_all("lenet", {"first": 1, "second": math.nan})

    assert not run_file.exists()


def test_recording_nothing_is_refused():
    with pytest.raises(ValueError, match="nothing to record in the group 'lenet'"):
        record_all("lenet", {})


@pytest.mark.parametrize("value", [np.True_, torch.tensor(True)])
def test_a_truth_value_of_any_library_is_no_number(value):
    with pytest.raises(ValueError, match="pass a number, not"):
        record("group.number", value)


def test_a_number_beyond_the_floating_point_numbers_is_refused():
    with pytest.raises(ValueError, match="too large for a floating-point number"):
        record("group.number", 10**400)


@pytest.mark.parametrize("text", ["unit", "over", "format"])
def test_what_is_no_text_is_refused(text):
    with pytest.raises(ValueError, match=f"the {text} of a result is text, got 5"):
        record("group.number", 1, **{text: 5})


@pytest.mark.parametrize("text", ["unit", "over"])
def test_half_a_character_is_refused(text):
    with pytest.raises(ValueError, match="holds half of a character"):
        record("group.number", 1, **{text: "\ud800"})
