"""Tests for d2lnotes.data.tables, with the csv module reading the same files."""

import csv
import hashlib
import io
import math

import pytest
import torch
from sklearn.datasets import load_diabetes

from d2lnotes.data import (
    DownloadError,
    RemoteFile,
    StandInWarning,
    fetch_airfoil,
    fetch_california_housing,
    tables,
)

AIRFOIL = "800\t0\t0.3048\t71.3\t0.0026\t126.2\n1000\t1.5\t0.3048\t39.6\t0.0031\t125\n"
HOUSING = (
    "longitude,total_bedrooms,median_house_value,ocean_proximity\n"
    "-122.23,129,452600,NEAR BAY\n"
    "-122.25,,358500,INLAND\n"
)
RECORDS = {"airfoil": "AIRFOIL", "california-housing": "CALIFORNIA_HOUSING"}
FETCHERS = {"airfoil": fetch_airfoil, "california-housing": fetch_california_housing}


@pytest.fixture
def cached(home, monkeypatch):
    """Put a small file of each data set into the cache."""
    for name, file, text in (
        ("airfoil", "airfoil_self_noise.dat", AIRFOIL),
        ("california-housing", "housing.csv", HOUSING),
    ):
        content = text.encode()
        digest = hashlib.sha256(content).hexdigest()
        where = ("http://127.0.0.1:9/",)
        remote = RemoteFile(
            f"{name}/{file}", where, digest, len(content), "CC0-1.0", "here"
        )
        path = home / name / file
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        monkeypatch.setattr(tables, RECORDS[name], remote)


@pytest.fixture
def offline(home, monkeypatch, make_file):
    """An empty cache, and no address that answers."""
    file = make_file("http://127.0.0.1:9/")
    for record in RECORDS.values():
        monkeypatch.setattr(tables, record, file)


@pytest.mark.usefixtures("cached")
def test_a_table_of_numbers_is_read_row_by_row():
    data = fetch_airfoil()
    rows = [[float(cell) for cell in line.split("\t")] for line in AIRFOIL.splitlines()]
    expected = torch.tensor(rows)

    torch.testing.assert_close(data.inputs, expected[:, :-1])
    torch.testing.assert_close(data.targets, expected[:, -1])
    assert data.target_name not in data.feature_names


@pytest.mark.usefixtures("cached")
def test_a_missing_number_is_nan_and_words_stay_in_the_frame():
    data = fetch_california_housing()
    rows = list(csv.DictReader(io.StringIO(HOUSING)))

    assert data.feature_names == ("longitude", "total_bedrooms")
    assert math.isnan(data.inputs[1, 1])
    assert data.inputs.isnan().sum() == 1
    assert list(data.frame["ocean_proximity"]) == [r["ocean_proximity"] for r in rows]
    assert data.targets.tolist() == [float(r["median_house_value"]) for r in rows]


@pytest.mark.usefixtures("cached")
@pytest.mark.parametrize("name", FETCHERS)
def test_the_real_table_says_that_it_is_real(name):
    data = FETCHERS[name](stand_in=True)

    assert (data.name, data.stand_in) == (name, False)
    assert repr(data).startswith(f"TableDataset('{name}': 2 examples")


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("fetch_table", FETCHERS.values(), ids=FETCHERS)
def test_offline_another_table_stands_in_and_says_so(fetch_table):
    expected = load_diabetes(scaled=False)

    with pytest.warns(StandInWarning, match="442 diabetes patients"):
        data = fetch_table(stand_in=True)

    assert (data.name, data.stand_in) == ("diabetes", True)
    torch.testing.assert_close(data.inputs, torch.tensor(expected.data).float())
    torch.testing.assert_close(data.targets, torch.tensor(expected.target).float())


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("fetch_table", FETCHERS.values(), ids=FETCHERS)
def test_offline_without_leave_for_a_stand_in_the_fetch_fails(fetch_table):
    with pytest.raises(DownloadError):
        fetch_table()
