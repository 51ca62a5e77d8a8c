"""Tests for d2lnotes.keeping: what a run keeps for an explorable, and where."""

import base64
import json

import pytest
import torch

from d2lnotes.keeping import KEPT, keep_data


@pytest.fixture
def run_file(tmp_path, monkeypatch):
    """Where a run of the site build has its results written."""
    path = tmp_path / "numbers" / "plot_one.json"
    path.parent.mkdir()
    monkeypatch.setenv("D2LNOTES_RUN", str(path))
    return path


def kept(run_file):
    return json.loads(run_file.with_suffix(KEPT).read_text("utf-8"))


def test_bytes_are_kept_as_base64_and_other_tensors_as_lists(run_file):
    whole = torch.tensor([[-128, 0], [1, 127]], dtype=torch.int8)
    keep_data(
        {
            "names": ("甲 | A", "乙 | B"),
            "layers": [{"integers": whole, "scales": torch.tensor([0.5, 2.0])}],
            "pictures": torch.tensor([0, 255], dtype=torch.uint8),
        }
    )

    found = kept(run_file)
    assert found["names"] == ["甲 | A", "乙 | B"]
    assert found["layers"][0]["scales"] == [0.5, 2.0]
    integers = bytearray(base64.b64decode(found["layers"][0]["integers"]))
    assert torch.equal(torch.frombuffer(integers, dtype=torch.int8), whole.flatten())
    assert base64.b64decode(found["pictures"]) == b"\x00\xff"


def test_what_is_kept_later_takes_the_place_of_what_was_kept_before(run_file):
    keep_data({"number": 1})
    keep_data({"other": 2})

    assert kept(run_file) == {"other": 2}


def test_a_number_that_no_json_holds_is_refused(run_file):
    with pytest.raises(ValueError, match="JSON"):
        keep_data({"number": torch.tensor([float("nan")])})


def test_a_downloaded_script_keeps_nothing(tmp_path, monkeypatch):
    monkeypatch.delenv("D2LNOTES_RUN", raising=False)
    monkeypatch.chdir(tmp_path)

    keep_data({"number": 1})

    assert list(tmp_path.iterdir()) == []
