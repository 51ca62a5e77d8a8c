"""Tables: rows are examples, named columns are features and the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from d2lnotes.data._cache import fetch
from d2lnotes.data._registry import find_data_set
from d2lnotes.data.stand_in import with_stand_in

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TableDataset", "fetch_airfoil", "fetch_california_housing"]

_AIRFOIL_COLUMNS = (
    "frequency (Hz)",
    "angle of attack (°)",
    "chord length (m)",
    "free-stream velocity (m/s)",
    "displacement thickness (m)",
    "sound pressure level (dB)",
)


@dataclass(frozen=True, eq=False, repr=False)
class TableDataset:
    """A table with one column to predict.

    Parameters
    ----------
    name
        What the table really is: ``"diabetes"`` when that one stands in.
    stand_in
        ``True`` if these are not the data that were asked for.
    frame
        The table as it was published, one row per example: missing values are missing,
        categories are words.
    target_name
        The column to predict, which holds numbers.
    """

    name: str
    stand_in: bool
    frame: pd.DataFrame
    target_name: str

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The columns of ``inputs``: all that hold numbers, the target aside."""
        numbers = self.frame.drop(columns=self.target_name).select_dtypes("number")
        return tuple(numbers.columns)

    @property
    def inputs(self) -> Tensor:
        """The features that are numbers, (num_examples, num_features) float32.

        A missing value is NaN. Columns of words are in ``frame`` only.
        """
        return _as_tensor(self.frame[list(self.feature_names)])

    @property
    def targets(self) -> Tensor:
        """The numbers to predict, (num_examples,) float32."""
        return _as_tensor(self.frame[self.target_name])

    def __repr__(self) -> str:
        """Return one line; the table itself would fill pages."""
        rows, columns = self.frame.shape
        return (
            f"TableDataset({self.name!r}: {rows:,} examples, {columns - 1} features, "
            f"target {self.target_name!r})"
        )


def fetch_airfoil(*, stand_in: bool = False) -> TableDataset:
    """Return NASA's airfoil self-noise: how loud a wing is in a wind tunnel.

    1,503 rows with five features, all of them numbers, and none missing. The target
    is the scaled sound pressure level in decibels. The rows are series of measurements
    in which one quantity changes at a time: shuffle them before you split. The first
    call downloads 60 kB.

    Parameters
    ----------
    stand_in
        What to do when the file cannot be had. ``False``: raise. ``True``: warn, and
        return the table of 442 diabetes patients that scikit-learn ships, with
        ``name="diabetes"`` and ``stand_in=True``.

    Raises
    ------
    DownloadError
        If no address serves the file and ``stand_in`` is ``False``.
    CacheError
        If the cache folder cannot be written and ``stand_in`` is ``False``.

    Warns
    -----
    StandInWarning
        If the other table is returned; the message says why.

    References
    ----------
    Brooks, Pope and Marcolini (1989), "Airfoil Self-Noise and Prediction"; the table
    is that of the UCI Machine Learning Repository.
    """
    return with_stand_in(
        _airfoil,
        _diabetes_as_stand_in,
        allowed=stand_in,
        asked_for="The table of airfoil noise",
        instead="the 442 diabetes patients that come with scikit-learn",
    )


def fetch_california_housing(*, stand_in: bool = False) -> TableDataset:
    """Return house prices of 20,640 districts of California in the census of 1990.

    Eight features are numbers, of which ``total_bedrooms`` is missing in 207 rows; one,
    ``ocean_proximity``, is a word. The target is the median value of a house in US
    dollars; values above 500,000 were cut to 500,001. Incomes are in units of ten
    thousand dollars. The first call downloads 1.4 MB.

    Parameters
    ----------
    stand_in
        What to do when the file cannot be had. ``False``: raise. ``True``: warn, and
        return the table of 442 diabetes patients that scikit-learn ships, with
        ``name="diabetes"`` and ``stand_in=True``.

    Raises
    ------
    DownloadError
        If no address serves the file and ``stand_in`` is ``False``.
    CacheError
        If the cache folder cannot be written and ``stand_in`` is ``False``.

    Warns
    -----
    StandInWarning
        If the other table is returned; the message says why.

    References
    ----------
    Pace and Barry (1997), "Sparse Spatial Autoregressions"; the table with the distance
    to the ocean in words is Aurélien Géron's.
    """
    return with_stand_in(
        _california_housing,
        _diabetes_as_stand_in,
        allowed=stand_in,
        asked_for="The table of house prices in California",
        instead="the 442 diabetes patients that come with scikit-learn",
    )


def _airfoil() -> TableDataset:
    """Return the airfoil table from its file, which has no line of names."""
    import pandas as pd

    (file,) = find_data_set("airfoil")
    frame = pd.read_csv(fetch(file), sep="\t", names=list(_AIRFOIL_COLUMNS))
    return TableDataset("airfoil", False, frame, _AIRFOIL_COLUMNS[-1])


def _california_housing() -> TableDataset:
    """Return the table of house prices from its file."""
    import pandas as pd

    (file,) = find_data_set("california-housing")
    frame = pd.read_csv(fetch(file))
    return TableDataset("california-housing", False, frame, "median_house_value")


def _diabetes_as_stand_in() -> TableDataset:
    """Return the diabetes table of scikit-learn in its own units."""
    from sklearn.datasets import load_diabetes

    frame = load_diabetes(as_frame=True, scaled=False).frame
    return TableDataset("diabetes", True, frame, "target")


def _as_tensor(columns: pd.DataFrame | pd.Series) -> Tensor:
    """Return columns of numbers as float32; what is missing becomes NaN."""
    return torch.tensor(columns.to_numpy(dtype="float32", na_value=float("nan")))
