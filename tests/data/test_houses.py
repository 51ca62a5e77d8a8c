"""Tests for d2lnotes.data.houses, with the csv module reading the same files."""

import csv
import hashlib
import io

import pandas as pd
import pytest

from d2lnotes.data import (
    DownloadError,
    RemoteFile,
    StandInWarning,
    fetch_house_prices,
    houses,
)

TRAIN = "Id,Alley,MasVnrType,LotFrontage,SalePrice\n1,NA,None,65,208500\n2,Pave,NA,NA,90000\n"
TEST = "Id,Alley,MasVnrType,LotFrontage\n3,Grvl,Stone,70\n"


@pytest.fixture
def cached(home, monkeypatch):
    """Put two small tables into the cache."""
    files = []
    for part, text in (("train", TRAIN), ("test", TEST)):
        content = text.encode()
        digest = hashlib.sha256(content).hexdigest()
        where = ("http://127.0.0.1:9/",)
        name = f"house-prices/{part}.csv"
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        files.append(RemoteFile(name, where, digest, len(content), "CC0-1.0", "here"))
    monkeypatch.setattr(houses, "HOUSE_PRICES", tuple(files))


@pytest.fixture
def offline(home, monkeypatch, make_file):
    """An empty cache, and no address that answers."""
    files = (make_file("http://127.0.0.1:9/"),) * 2
    monkeypatch.setattr(houses, "HOUSE_PRICES", files)


@pytest.fixture
def made_up(offline):
    """The houses that stand in."""
    with pytest.warns(StandInWarning, match="a generator makes up"):
        return fetch_house_prices(stand_in=True)


@pytest.mark.usefixtures("cached")
def test_the_two_tables_are_read_row_by_row():
    houses = fetch_house_prices()

    for frame, text in ((houses.train, TRAIN), (houses.test, TEST)):
        rows = list(csv.DictReader(io.StringIO(text)))
        assert list(frame) == list(rows[0])
        assert list(frame["Id"]) == [int(row["Id"]) for row in rows]
    assert list(houses.train[houses.target_name]) == [208500, 90000]


@pytest.mark.usefixtures("cached")
def test_na_is_missing_and_none_is_a_word():
    train = fetch_house_prices().train

    assert train["MasVnrType"].tolist()[0] == "None"
    assert train[["Alley", "MasVnrType", "LotFrontage"]].isna().to_numpy().tolist() == [
        [True, False, False],
        [False, True, True],
    ]


@pytest.mark.usefixtures("cached")
def test_the_real_tables_say_that_they_are_real():
    houses = fetch_house_prices(stand_in=True)

    assert (houses.name, houses.stand_in) == ("house-prices", False)
    assert "2 houses with a price, 1 without, 4 columns" in repr(houses)


def test_offline_made_up_houses_stand_in_and_say_so(made_up):
    assert (made_up.name, made_up.stand_in) == ("made-up-houses", True)
    assert set(made_up.train) - set(made_up.test) == {made_up.target_name}
    assert not set(made_up.train["Id"]) & set(made_up.test["Id"])


def test_made_up_houses_have_what_has_to_be_prepared(made_up):
    train = made_up.train

    assert train["LotFrontage"].isna().any()  # a number is missing
    assert (train["GarageCars"][train["GarageType"].isna()] == 0).all()  # no garage
    assert "None" in set(train["MasVnrType"])
    positive = ["LotFrontage", "LotArea", "1stFlrSF", "GrLivArea", made_up.target_name]
    assert (train[positive].min() > 0).all()  # they have a logarithm


def test_the_stand_in_is_the_same_each_time(made_up):
    with pytest.warns(StandInWarning):
        again = fetch_house_prices(stand_in=True)

    pd.testing.assert_frame_equal(made_up.train, again.train)
    pd.testing.assert_frame_equal(made_up.test, again.test)


@pytest.mark.usefixtures("offline")
def test_offline_without_leave_for_a_stand_in_the_fetch_fails():
    with pytest.raises(DownloadError):
        fetch_house_prices()
