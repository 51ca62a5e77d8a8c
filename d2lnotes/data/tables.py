"""Tables: rows are examples, named columns are features and the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from d2lnotes.data._cache import fetch
from d2lnotes.data._remote_file import RemoteFile
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

#: The table of airfoil noise.
AIRFOIL = RemoteFile(
    name="airfoil/airfoil_self_noise.dat",
    urls=(
        "https://raw.githubusercontent.com/d2l-ai/d2l-zh/"
        "13177e16f335fef0b47317f98e2705c2f69a3440/data/"
        "airfoil_self_noise.dat",
        "https://d2l-data.s3-accelerate.amazonaws.com/airfoil_self_noise.dat",
    ),
    sha256="74c75fd71783f1e6b71f8a622b993dc592897a97cd689c5090a07147a1b097b3",
    bytes=59_984,
    licence="CC-BY-4.0",
    source="https://archive.ics.uci.edu/dataset/291/airfoil+self+noise",
)

#: The table of districts of California.
CALIFORNIA_HOUSING = RemoteFile(
    name="california-housing/housing.csv",
    urls=(
        "https://raw.githubusercontent.com/ageron/handson-ml/"
        "b7051594afbb1d835f5e031af8664c4363878050/datasets/housing/"
        "housing.csv",
        "https://cdn.jsdelivr.net/gh/ageron/handson-ml@"
        "b7051594afbb1d835f5e031af8664c4363878050/datasets/housing/"
        "housing.csv",
    ),
    sha256="8a3727f4cf54ac1a327f69b1d5b4db54c5834ea81c6e4efc0d163300022a685e",
    bytes=1_423_529,
    licence="none stated; derived from the US census of 1990",
    source="https://github.com/ageron/handson-ml/tree/"
    "b7051594afbb1d835f5e031af8664c4363878050/datasets/housing",
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

    frame = pd.read_csv(fetch(AIRFOIL), sep="\t", names=list(_AIRFOIL_COLUMNS))
    return TableDataset("airfoil", False, frame, _AIRFOIL_COLUMNS[-1])


def _california_housing() -> TableDataset:
    """Return the table of house prices from its file."""
    import pandas as pd

    frame = pd.read_csv(fetch(CALIFORNIA_HOUSING))
    return TableDataset("california-housing", False, frame, "median_house_value")


def _diabetes_as_stand_in() -> TableDataset:
    """Return the diabetes table of scikit-learn in its own units."""
    from sklearn.datasets import load_diabetes

    frame = load_diabetes(as_frame=True, scaled=False).frame
    return TableDataset("diabetes", True, frame, "target")


def _as_tensor(columns: pd.DataFrame | pd.Series) -> Tensor:
    """Return columns of numbers as float32; what is missing becomes NaN."""
    return torch.tensor(columns.to_numpy(dtype="float32", na_value=float("nan")))
