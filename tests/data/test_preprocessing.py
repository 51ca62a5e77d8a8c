"""Tests for d2lnotes.data.preprocessing, with scikit-learn as the reference."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.compose import ColumnTransformer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from d2lnotes.data import TablePreprocessor

TRAIN = pd.DataFrame(
    {
        "Id": [1, 2, 3, 4, 5],
        "area": [50.0, np.nan, 80.0, 65.0, 200.0],
        "code": [20, 60, 20, 190, 60],
        "rooms": [2, 3, 4, 3, 7],
        "kind": ["city", None, "farm", "city", "farm"],
    }
)
NEW = pd.DataFrame(
    {
        "Id": [6, 7, 8],
        "area": [np.nan, 1000.0, 10.0],
        "code": [20, 30, 190],
        "rooms": [3, 1, 9],
        "kind": ["boat", "farm", None],
    }
)
NUMBERS, WORDS = ["area", "rooms"], ["code", "kind"]


def make(**changes):
    """Return the preprocessor that the tests are about."""
    return TablePreprocessor(categorical=["code"], drop=["Id"], **changes)


@pytest.mark.parametrize("indicators", [False, True])
@pytest.mark.parametrize("rows", [TRAIN, NEW], ids=["fitted", "new"])
def test_it_gives_what_scikit_learn_gives(indicators, rows):
    steps = [
        (
            "numbers",
            make_pipeline(SimpleImputer(strategy="median"), StandardScaler()),
            NUMBERS,
        )
    ]
    if indicators:
        steps.append(("gaps", MissingIndicator(), NUMBERS))
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    steps.append(("words", encoder, WORDS))

    def words(frame):
        return frame.assign(
            kind=frame["kind"].fillna("missing"), code=frame["code"].astype(str)
        )

    reference = ColumnTransformer(steps).fit(words(TRAIN)).transform(words(rows))

    prepared = make(indicators=indicators).fit(TRAIN).transform(rows)

    torch.testing.assert_close(prepared, torch.tensor(reference).float())


def test_each_column_has_a_name():
    table = make(indicators=True).fit(TRAIN)

    assert table.names == (
        "area",
        "rooms",
        "area is missing",
        "code=190",
        "code=20",
        "code=60",
        "kind=city",
        "kind=farm",
        "kind=missing",
    )
    assert table.transform(NEW).shape == (3, 9)


def test_the_new_rows_change_nothing_of_what_was_fitted():
    table = make().fit(TRAIN)
    alone = table.transform(NEW[:1])

    torch.testing.assert_close(table.transform(NEW)[:1], alone)


def test_a_word_that_was_not_fitted_is_all_zeros():
    prepared = make().fit(TRAIN).transform(NEW)

    assert prepared[0, -3:].tolist() == [0, 0, 0]  # a boat


@pytest.mark.parametrize("value", [3.0, 0.1])
def test_a_constant_column_becomes_zero(value):
    frame = pd.DataFrame({"same": [value] * 7})

    prepared = TablePreprocessor().fit_transform(frame)

    torch.testing.assert_close(prepared, torch.zeros(7, 1))


def test_columns_of_words_alone_are_enough():
    prepared = TablePreprocessor().fit_transform(TRAIN[["kind"]])

    assert prepared.sum(dim=1).tolist() == [1] * 5


def test_the_order_of_the_columns_of_new_rows_does_not_matter():
    table = make().fit(TRAIN)

    torch.testing.assert_close(
        table.transform(NEW[NEW.columns[::-1]]), table.transform(NEW)
    )


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: make().transform(TRAIN), "call fit"),
        (lambda: TablePreprocessor(drop=["price"]).fit(TRAIN), r"\['price'\]"),
        (lambda: make().fit(TRAIN).transform(NEW[["area"]]), "lacks these columns"),
        (lambda: TablePreprocessor(drop=["Id"]).fit(TRAIN[["Id"]]), "no column left"),
        (
            lambda: TablePreprocessor().fit(TRAIN[["area"]] * np.nan),
            "without any value",
        ),
    ],
    ids=["not fitted", "unknown", "absent", "nothing left", "empty column"],
)
def test_what_cannot_be_prepared_is_refused(act, message):
    with pytest.raises(ValueError, match=message):
        act()
