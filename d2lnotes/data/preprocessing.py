"""From a table with gaps and words to numbers, by what the training rows decide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import torch
from torch import Tensor

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["TablePreprocessor"]

_GAP = "missing"  # the word for a category that is not there


class TablePreprocessor:
    """Turns rows of a table into numbers, as the rows that were fitted decide.

    Columns of numbers get their median where they are missing and are standardized;
    columns of words become one-hot, with a gap as one more word. All of this is
    decided by :meth:`fit`; :meth:`transform` learns nothing from the rows it is given.

    Parameters
    ----------
    categorical
        Columns of numbers that stand for kinds, to be treated as words.
    drop
        Columns to leave out, such as a number that tells the rows apart.
    indicators
        Whether each column of numbers that has gaps in the fitted rows gets a second
        one, 1 where the value is missing and 0 elsewhere.

    Raises
    ------
    ValueError
        From :meth:`fit`, if a named column is not there, if no column is left, or if a
        column of numbers has no value at all. From :meth:`transform`, if it is called
        before ``fit`` or a column is missing.
    """

    def __init__(
        self,
        *,
        categorical: Sequence[str] = (),
        drop: Sequence[str] = (),
        indicators: bool = False,
    ) -> None:
        self.categorical = tuple(categorical)
        self.drop = tuple(drop)
        self.indicators = indicators

    def fit(self, frame: pd.DataFrame) -> Self:
        """Note medians, means, standard deviations and categories of these rows."""
        _check_columns(frame, (*self.categorical, *self.drop))
        features = frame.drop(columns=list(self.drop))
        numbers = features.select_dtypes("number").columns
        self._numeric = [name for name in numbers if name not in self.categorical]
        self._words = [name for name in features if name not in self._numeric]
        if not self._numeric and not self._words:
            raise ValueError("there is no column left to prepare")
        values = _as_floats(features[self._numeric])
        empty = [name for name in self._numeric if features[name].isna().all()]
        if empty:
            raise ValueError(f"columns without any value have no median: {empty}")
        self._median = values.median()
        filled = values.fillna(self._median)
        self._mean = filled.mean()
        deviation = filled.std(ddof=0)
        # A constant column becomes 0, not 0 / 0. Rounding may leave a deviation of
        # about 1e-13 in place of 0, so each value is compared with the first.
        constant = (filled == filled.iloc[0]).all()
        self._deviation = deviation.where(~constant, 1.0)
        self._gaps = [
            name
            for name in self._numeric
            if self.indicators and values[name].isna().any()
        ]
        self._kinds = {
            name: sorted(_as_words(features[name]).unique()) for name in self._words
        }
        self.names: tuple[str, ...] = (
            *self._numeric,
            *(f"{name} is missing" for name in self._gaps),
            *(f"{name}={kind}" for name in self._words for kind in self._kinds[name]),
        )
        return self

    def transform(self, frame: pd.DataFrame) -> Tensor:
        """Return the rows as numbers, (num_rows, len(names)) float32.

        The columns are those of ``names``: numbers, indicators, then words. A word
        that the fitted rows do not have is 0 in all columns of its feature.
        """
        import numpy as np

        if not hasattr(self, "names"):
            raise ValueError("call fit on the training rows before transform")
        _check_columns(frame, (*self._numeric, *self._words))
        values = _as_floats(frame[self._numeric])
        scaled = (values.fillna(self._median) - self._mean) / self._deviation
        parts: list[np.ndarray] = [scaled, values[self._gaps].isna()]
        for name in self._words:
            words = _as_words(frame[name]).to_numpy()
            parts.append(words[:, None] == np.array(self._kinds[name], dtype=object))
        parts = [np.asarray(part, dtype="float32") for part in parts]
        return torch.from_numpy(np.concatenate(parts, axis=1))

    def fit_transform(self, frame: pd.DataFrame) -> Tensor:
        """Return ``fit(frame).transform(frame)``, for the training rows."""
        return self.fit(frame).transform(frame)


def _as_floats(columns: pd.DataFrame) -> pd.DataFrame:
    """Return columns of numbers as float64; what is missing is NaN."""
    return columns.astype("float64")


def _as_words(column: pd.Series) -> pd.Series:
    """Return a column as text, a gap as a word of its own."""
    return column.astype(object).where(column.notna(), _GAP).astype(str).astype(object)


def _check_columns(frame: pd.DataFrame, names: Sequence[str]) -> None:
    """Raise ``ValueError`` unless the table has all of these columns."""
    absent = [name for name in names if name not in frame]
    if absent:
        raise ValueError(f"the table lacks these columns: {absent}")
