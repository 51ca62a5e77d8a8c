"""Data that a run keeps for a figure of the site that computes in the browser.

The site build runs every script with the environment variable ``D2LNOTES_RUN`` set to
a file; the data lie beside it, and belong to the run as its figures do. Without the
variable, as in a downloaded script, nothing is written.

This stands apart from :mod:`d2lnotes.results`, so that only the scripts that keep data
run again when it changes.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from d2lnotes.results import write_json

__all__ = ["KEPT", "keep_data"]

#: What the name of the file ends in, in place of ``.json`` of the record beside it.
KEPT = ".kept"


def keep_data(data: Mapping[str, Any]) -> None:
    """Keep data with this run, for an explorable of the site to load.

    Parameters
    ----------
    data
        Numbers, texts (``中文 | English`` if they have words), tensors, and lists and
        dictionaries of these. A tensor of bytes, int8 or uint8, is kept as the base64
        of its values in row-major order, any other as nested lists. What was kept
        before by the same script is replaced.

    Raises
    ------
    TypeError, ValueError
        If JSON cannot hold a value, such as NaN.
    """
    content = _plain(data)
    if path := os.environ.get("D2LNOTES_RUN"):
        write_json(Path(path).with_suffix(KEPT), content)


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever was given
    """Return ``value`` with texts and lists in the place of tensors."""
    from torch import Tensor, int8, uint8

    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if not isinstance(value, Tensor):
        return value
    if value.dtype in {int8, uint8}:
        return base64.b64encode(value.detach().cpu().numpy().tobytes()).decode()
    return value.tolist()
