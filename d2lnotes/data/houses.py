"""House prices of a town: a table to learn from, and one whose prices are kept back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from d2lnotes.data._cache import fetch
from d2lnotes.data._remote_file import RemoteFile
from d2lnotes.data.stand_in import with_stand_in

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["HousePrices", "fetch_house_prices"]

_TARGET = "SalePrice"
_MADE_UP_ROWS = 600  # in each of the two tables


def _remote_file(part: str, *, sha256: str, size: int) -> RemoteFile:
    """Return the record of one of the two tables of house prices."""
    name = f"kaggle_house_pred_{part}.csv"
    commit = "13177e16f335fef0b47317f98e2705c2f69a3440"
    return RemoteFile(
        name=f"house-prices/{name}",
        urls=(
            f"https://raw.githubusercontent.com/d2l-ai/d2l-zh/{commit}/data/{name}",
            f"https://cdn.jsdelivr.net/gh/d2l-ai/d2l-zh@{commit}/data/{name}",
            f"https://d2l-data.s3-accelerate.amazonaws.com/{name}",
        ),
        sha256=sha256,
        bytes=size,
        licence="none stated; shared under the rules of a Kaggle competition",
        source="https://www.kaggle.com/c/house-prices-advanced-regression-techniques",
    )


#: The table with prices and the one without.
HOUSE_PRICES = (
    _remote_file(
        "train",
        sha256="1e18addf81e5e4d347cc17ee6075bbe4a42b7fa26b9e5b063e8f692a5f929d41",
        size=460_676,
    ),
    _remote_file(
        "test",
        sha256="8fdd3d829d4d986b58f845c9553b225e67dd8383624d90fb6ca1d4bed5798c1e",
        size=451_405,
    ),
)


@dataclass(frozen=True, eq=False, repr=False)
class HousePrices:
    """Houses that were sold, and houses whose price is to be predicted.

    Parameters
    ----------
    name
        What the tables really are: ``"made-up-houses"`` when those stand in.
    stand_in
        ``True`` if these are not the data that were asked for.
    train
        One row for each house, with its price in the column ``target_name``.
    test
        The same columns without the price, for other houses.
    target_name
        The column to predict, in US dollars.
    """

    name: str
    stand_in: bool
    train: pd.DataFrame
    test: pd.DataFrame
    target_name: str = _TARGET

    def __repr__(self) -> str:
        """Return one line; the tables themselves would fill pages."""
        return (
            f"HousePrices({self.name!r}: {len(self.train):,} houses with a price, "
            f"{len(self.test):,} without, {self.test.shape[1]} columns)"
        )


def fetch_house_prices(*, stand_in: bool = False) -> HousePrices:
    """Return the house sales of Ames, Iowa, from 2006 to 2010, as Kaggle split them.

    1,460 houses with a price and 1,459 without, described by ``Id`` and 79 features.
    ``NA`` is read as a missing value; in 14 columns, such as ``PoolQC``, the authors
    write it for a house that has no such thing. ``None`` in ``MasVnrType`` is a word
    and stays one. ``MSSubClass`` is a number that stands for a kind of house. The
    first call downloads 0.9 MB.

    Parameters
    ----------
    stand_in
        What to do when a file cannot be had. ``False``: raise. ``True``: warn, and
        return houses that a seeded generator makes up, with some of the columns,
        ``name="made-up-houses"`` and ``stand_in=True``.

    Raises
    ------
    DownloadError
        If no address serves a file and ``stand_in`` is ``False``.
    CacheError
        If the cache folder cannot be written and ``stand_in`` is ``False``.

    Warns
    -----
    StandInWarning
        If made-up houses are returned; the message says why.

    References
    ----------
    De Cock (2011), "Ames, Iowa: Alternative to the Boston Housing Data as an End of
    Semester Regression Project".
    """
    return with_stand_in(
        _ames,
        _made_up_houses,
        allowed=stand_in,
        asked_for="The house prices of Ames",
        instead="houses that a generator makes up",
    )


def _ames() -> HousePrices:
    """Return the two tables from their files."""
    import pandas as pd

    # Of pandas' own list of spellings, "None" is a word in these tables.
    train, test = (
        pd.read_csv(fetch(file), keep_default_na=False, na_values=["NA", ""])
        for file in HOUSE_PRICES
    )
    return HousePrices("house-prices", False, train, test)


def _made_up_houses() -> HousePrices:
    """Return houses whose columns and gaps are like those of Ames; always the same."""
    import numpy as np

    houses = _draw_houses(np.random.default_rng(0), 2 * _MADE_UP_ROWS)
    train, test = houses.iloc[:_MADE_UP_ROWS], houses.iloc[_MADE_UP_ROWS:]
    test = test.drop(columns=_TARGET).reset_index(drop=True)
    return HousePrices("made-up-houses", True, train, test)


def _draw_houses(draws: np.random.Generator, rows: int) -> pd.DataFrame:
    """Draw houses: ten numbers and quality make the price, the rest goes with them."""
    import numpy as np
    import pandas as pd

    quality = np.clip(draws.normal(6, 1.4, rows).round(), 1, 10)
    built = np.clip(draws.normal(1960 + 5 * quality, 18), 1875, 2009).astype(int)
    sold = draws.integers(2006, 2011, rows)
    area = np.exp(draws.normal(7.2 + 0.05 * (quality - 6), 0.28)).round()
    basement = np.where(draws.random(rows) < 0.04, 0, 0.7 * area).round()
    cars = np.clip((quality / 3 + draws.normal(0, 0.6, rows)).round(), 0, 4)
    fireplaces = draws.poisson(0.6, rows)
    zone = draws.integers(0, 12, rows)  # of the neighborhood
    grade = np.array(["Fa", "TA", "Gd", "Ex"])[
        np.clip((quality - 2) // 2, 0, 3).astype(int)
    ]
    condition = draws.choice(
        ["Normal", "Partial", "Abnorml"], rows, p=[0.84, 0.09, 0.07]
    )
    log_price = (
        12.0
        + 0.6 * (np.log(area) - 7.2)
        + 0.11 * (quality - 6)
        + 0.002 * (built - 1975)
        + 0.00008 * basement
        + 0.05 * cars
        + 0.04 * fireplaces
        + 0.02 * (zone - 6)
        - 0.12 * (condition == "Abnorml")
        + draws.normal(0, 0.11, rows)
    )
    return pd.DataFrame(
        {
            "Id": np.arange(1, rows + 1),
            "MSSubClass": draws.choice([20, 30, 50, 60, 120], rows),
            "MSZoning": draws.choice(["RL", "RM", "FV"], rows, p=[0.8, 0.16, 0.04]),
            "LotFrontage": _with_gaps(
                np.exp(draws.normal(4.2, 0.3, rows)).round(), 0.18, draws
            ),
            "LotArea": np.exp(draws.normal(9.1, 0.4, rows)).round(),
            "Neighborhood": np.char.add("Zone", zone.astype(str)),
            "OverallQual": quality.astype(int),
            "OverallCond": np.clip(draws.normal(5.5, 1, rows).round(), 1, 9).astype(
                int
            ),
            "YearBuilt": built,
            "YearRemodAdd": np.minimum(built + draws.poisson(10, rows), 2010),
            "MasVnrType": draws.choice(["None", "BrkFace", "Stone"], rows),
            "BsmtQual": pd.Series(grade).where(basement > 0),
            "TotalBsmtSF": basement,
            "1stFlrSF": (0.7 * area).round(),
            "2ndFlrSF": area - (0.7 * area).round(),
            "GrLivArea": area,
            "FullBath": np.clip((area / 900).round(), 1, 3).astype(int),
            "KitchenQual": grade,
            "Fireplaces": fireplaces,
            "FireplaceQu": pd.Series(grade).where(fireplaces > 0),
            "GarageType": pd.Series(draws.choice(["Attchd", "Detchd"], rows)).where(
                cars > 0
            ),
            "GarageYrBlt": pd.Series(built.astype(float)).where(cars > 0),
            "GarageCars": cars,
            "GarageArea": 250 * cars,
            "MoSold": draws.integers(1, 13, rows),
            "YrSold": sold,
            "SaleCondition": condition,
            _TARGET: np.exp(log_price).round(-2),
        }
    )


def _with_gaps(
    values: np.ndarray, fraction: float, draws: np.random.Generator
) -> np.ndarray:
    """Return the values with about that fraction of them missing, at random."""
    import numpy as np

    return np.where(draws.random(len(values)) < fraction, np.nan, values)
