"""What takes the place of a data set that cannot be had."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Protocol, TypeVar

from d2lnotes.data._cache import CacheError, DownloadError

__all__ = ["StandInWarning", "with_stand_in"]


class StandInWarning(UserWarning):
    """Other data were returned than those that were asked for."""


class _DataSet(Protocol):
    """What every data set says of itself."""

    @property
    def name(self) -> str: ...

    @property
    def stand_in(self) -> bool: ...


D = TypeVar("D", bound=_DataSet)


def with_stand_in(
    fetch_data: Callable[[], D],
    make_stand_in: Callable[[], D],
    *,
    allowed: bool,
    asked_for: str,
    instead: str,
) -> D:
    """Return a data set or, if it cannot be had, its stand-in; never silently.

    Which of the two it is, the run of a script notes, so that its page can say so.
    For use by the ``fetch_*`` functions.

    Parameters
    ----------
    fetch_data, make_stand_in
        Return the data that were asked for, and those that take their place.
    allowed
        Whether the stand-in will do; otherwise the error passes through.
    asked_for, instead
        What the two are called in the warning: "Fashion-MNIST", "the handwritten
        digits that come with scikit-learn".

    Raises
    ------
    DownloadError, CacheError
        From ``fetch_data``, if the stand-in is not allowed.

    Warns
    -----
    StandInWarning
        If the stand-in is returned; the message says why.
    """
    from d2lnotes.results import note_data

    try:
        data = fetch_data()
    except (DownloadError, CacheError) as error:
        if not allowed:
            raise
        data = make_stand_in()
        warnings.warn(
            f"{asked_for} could not be had, so {instead} stand in for it; expect other "
            f"numbers. To get the real data, remove the cause: {error}",
            StandInWarning,
            stacklevel=3,  # where the fetch_* function was called
        )
    note_data(data.name, stand_in=data.stand_in)
    return data
