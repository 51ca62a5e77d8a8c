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
from collections.abc import Callable
from pathlib import Path
from typing import Any, SupportsFloat

__all__ = ["note_data", "record"]

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
        If the name, the number, the spread or the format is not as described, or if
        this script has already recorded the name.
    """
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
    _update(lambda run: _add_result(run, name, entry))


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


def _finite_number(name: str, what: str, value: Any) -> float:  # noqa: ANN401
    """Return ``value`` as an int or a float that JSON can hold."""
    problem = f"the {what} of {name!r} must be one real number, got {value!r}"
    if isinstance(value, (str, bytes, bool)):
        raise ValueError(f"{problem}; pass a number, not {type(value).__name__}")
    try:
        number = int(value) if isinstance(value, numbers.Integral) else float(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{problem}; reduce it to one number first") from error
    if not math.isfinite(number):
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
