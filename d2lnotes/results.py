"""Numbers that the course quotes, recorded by the script that measured them.

The site build runs every script with the environment variable ``D2LNOTES_RUN`` set
to a file; there the script leaves its results, and a page quotes one of them by
name. Without the variable, as in a downloaded script, the functions here check
their arguments and write nothing.
"""

from __future__ import annotations

import builtins
import json
import math
import numbers
import os
import re
import statistics
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, SupportsFloat

__all__ = ["note_data", "record", "record_all"]

_RUN_VARIABLE = "D2LNOTES_RUN"
_NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z0-9_]+")


def record(
    name: str,
    value: SupportsFloat,
    *,
    unit: str = "",
    over: str = "",
    spread: SupportsFloat | None = None,
    format: str = ".3f",  # noqa: A002 - the word for a format specification
) -> None:
    """Record a measured number under a name that pages can quote.

    Parameters
    ----------
    name
        ``"group.number"`` in lower case, such as ``"lenet.test_accuracy"``; unique
        in the whole course.
    value
        One finite number: a Python number, a NumPy scalar or a tensor of one element.
    unit
        What the number is measured in, such as ``"s"`` or ``"nats"``; ``"fraction"``
        for a number in [0, 1]; empty for a count or another dimensionless number.
    over
        What the number is a mean over, such as ``"3 seeds"``; in both languages if
        it needs words: ``"3 个随机种子 | 3 random seeds"``.
    spread
        Standard deviation over the same, in the same unit; shown after ±.
    format
        How pages print the number, as in ``f"{value:.3f}"``.

    Raises
    ------
    ValueError
        If the name, the number, the spread, the format or a text is not as described,
        or if this script has already recorded the name.
    """
    entry = _entry(name, value, unit=unit, over=over, spread=spread, format=format)
    _update(lambda run: _add_result(run, name, entry))


def record_all(
    prefix: str,
    values: Mapping[str, Any],
    *,
    unit: str = "",
    over: str = "",
    format: str = ".3f",  # noqa: A002 - the word for a format specification
) -> None:
    """Record several numbers of one group; all of them, or none if one is wrong.

    Parameters
    ----------
    prefix
        The group, such as ``"lenet"``; the name is ``"lenet.test_accuracy"`` then.
    values
        By the rest of its name, each number as :func:`record` takes it. Several
        numbers in an array or a tensor, shape ``(n,)``, one for each seed or draw,
        are recorded as their mean and their standard deviation (over n - 1). A pair
        ``(number, format)`` is printed in a format of its own.
    unit, over, format
        As of :func:`record`, for every number.

    Raises
    ------
    ValueError
        As :func:`record`, or if ``values`` is empty.
    """
    if not values:
        raise ValueError(
            f"there is nothing to record in the group {prefix!r}; pass a dictionary "
            "such as {'test_accuracy': 0.883}"
        )
    entries = {}
    for key, given in values.items():
        name = f"{prefix}.{key}"
        number, its_format = given if isinstance(given, tuple) else (given, format)
        value, spread = _mean_and_spread(number)
        entries[name] = _entry(
            name, value, unit=unit, over=over, spread=spread, format=its_format
        )

    def add_results(run: dict[str, Any]) -> None:
        for name, entry in entries.items():
            _add_result(run, name, entry)

    _update(add_results)


def note_data(name: str, *, stand_in: bool) -> None:
    """Note that this script uses a data set; the ``fetch_*`` functions call this.

    Parameters
    ----------
    name
        The data that are really used: the stand-in's own name when one is used.
    stand_in
        ``True`` if these are not the data that were asked for. The page then says so.
    """
    if not name.strip():
        raise ValueError(
            f"a data set has a name, such as 'fashion-mnist'; got {name!r}"
        )
    _update(lambda run: _add_data(run, {"name": name, "stand_in": bool(stand_in)}))


def note_file(name: str, size: int | None) -> None:
    """Note what the data cache holds of a file that this script asked for.

    Parameters
    ----------
    name
        Where it lies in the cache, ``<data set>/<file>``.
    size
        Its size in bytes, ``None`` if it is not there. A run holds only while this is
        so: a script that had to do without a file runs again when it has arrived.
    """
    _update(lambda run: run.setdefault("files", {}).update({name: size}))


def _mean_and_spread(value: Any) -> tuple[Any, float | None]:  # noqa: ANN401
    """Return the mean and standard deviation of several numbers, or the one number."""
    if getattr(value, "ndim", 0) != 1 or len(value) == 1:
        return value, None
    numbers = [float(number) for number in value]
    return statistics.fmean(numbers), statistics.stdev(numbers)


def _entry(
    name: str,
    value: SupportsFloat,
    *,
    unit: str,
    over: str,
    spread: SupportsFloat | None,
    format: str,  # noqa: A002
) -> dict[str, Any]:
    """Return what is stored of a number, all of it checked."""
    for what, text in {
        "name": name,
        "unit": unit,
        "over": over,
        "format": format,
    }.items():
        _check_text(what, text)
    if not _NAME.fullmatch(name):
        raise ValueError(
            "a result's name is group.number in lower case, such as "
            f"'lenet.test_accuracy'; got {name!r}"
        )
    entry: dict[str, Any] = {
        "value": _finite_number(name, "value", value),
        "unit": unit,
        "over": over,
        "spread": None if spread is None else _finite_number(name, "spread", spread),
        "format": format,
    }
    if entry["spread"] is not None and entry["spread"] < 0:
        raise ValueError(
            f"the spread of {name!r} is a standard deviation, which is at least 0; "
            f"got {entry['spread']}"
        )
    _check_format(name, entry)
    return entry


def _check_text(what: str, text: object) -> None:
    """Raise ``ValueError`` unless ``text`` is a string that a file can hold."""
    if not isinstance(text, str):
        raise ValueError(
            f"the {what} of a result is text, got {text!r}; write it in quotation "
            f"marks, {str(text)!r}"
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"the {what} of a result, {text!r}, holds half of a character "
            f"({error.reason}), which no page can show; was it read with "
            "errors='surrogateescape'?"
        ) from error


def _finite_number(name: str, what: str, value: Any) -> float:  # noqa: ANN401
    """Return ``value`` as an int or a float that JSON can hold."""
    problem = f"the {what} of {name!r} must be one real number, got {value!r}"
    is_truth = isinstance(value, bool) or "bool" in str(getattr(value, "dtype", ""))
    if is_truth or isinstance(value, (str, bytes)):
        raise ValueError(f"{problem}; pass a number, not {type(value).__name__}")
    try:
        number = int(value) if isinstance(value, numbers.Integral) else float(value)
        is_finite = math.isfinite(number)
    except OverflowError as error:
        raise ValueError(
            f"the {what} of {name!r} is too large for a floating-point number, whose "
            "largest is 1.8e308; record its logarithm, or its ratio to another"
        ) from error
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{problem}; reduce it to one number first") from error
    if not is_finite:
        raise ValueError(
            f"the {what} of {name!r} is {number}, which no page can quote; find out "
            "where the computation left the finite numbers"
        )
    return number


def _check_format(name: str, entry: dict[str, Any]) -> None:
    for what in ("value", "spread"):
        try:
            if entry[what] is not None:
                builtins.format(entry[what], entry["format"])
        except (ValueError, TypeError) as error:
            raise ValueError(
                f"the {what} {entry[what]!r} of {name!r} cannot be printed with the "
                f"format {entry['format']!r} ({error}); '.3f' gives three decimals, "
                "'.1%' a percentage, 'd' a whole number"
            ) from error


def _add_result(run: dict[str, Any], name: str, entry: dict[str, Any]) -> None:
    if name in run["results"]:
        raise ValueError(
            f"this script has already recorded {name!r} as "
            f"{run['results'][name]['value']}; give {entry['value']} another name"
        )
    run["results"][name] = entry


def _add_data(run: dict[str, Any], entry: dict[str, Any]) -> None:
    if entry not in run["data"]:
        run["data"].append(entry)


def _update(change: Callable[[dict[str, Any]], None]) -> None:
    """Read the run's file, change it and write it back, one process at a time."""
    if not os.environ.get(_RUN_VARIABLE):
        return
    from filelock import FileLock

    path = Path(os.environ[_RUN_VARIABLE])
    path.parent.mkdir(parents=True, exist_ok=True)
    # Where others may write, filelock first tries the folder out, and the gallery lets a
    # script write to its own record only.
    with FileLock(path.with_suffix(".lock"), mode=0o644):
        run = {"script": f"{path.parent.name}/{path.stem}", "data": [], "results": {}}
        if path.exists():
            run |= json.loads(path.read_text(encoding="utf-8"))
        change(run)
        write_json(path, run)


def write_json(path: Path, content: Any) -> None:  # noqa: ANN401 - any JSON
    """Write ``content`` to ``path`` so that no reader ever sees half of it."""
    partial = path.with_suffix(".partial")
    text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
    partial.write_text(text + "\n", encoding="utf-8")
    partial.replace(path)
