"""Checkpoints: a training run in a file, so that it can go on as if never stopped.

A checkpoint holds the states of a model, and where they are given, of its optimizer,
its scheduler and its generators, with the global generators of Python, NumPy and
torch, and with the caller's own record of how far the run has come. It holds no code:
the caller makes the model and the optimizer, and the file fills them.

A file is written beside its place and put there in one step, and it is read without
executing anything in it. What does not fit is refused before anything has changed.
"""

from __future__ import annotations

import os
import random
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.parameter import is_lazy
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

__all__ = ["load_checkpoint", "save_checkpoint"]

_FORMAT = "d2lnotes checkpoint 1"
_SHOWN = 3  # differences that an error names


def save_checkpoint(
    path: str | Path,
    model: nn.Module,
    *,
    optimizer: Optimizer | None = None,
    scheduler: LRScheduler | None = None,
    generators: Mapping[str, torch.Generator] | None = None,
    progress: Mapping[str, Any] | None = None,
) -> None:
    """Write the state of a training run to ``path``, replacing an older file at once.

    If writing is interrupted, ``path`` still holds the older file, never a part of
    the new one. The states of the global generators are always written.

    Parameters
    ----------
    path
        Where to; its folder is made if need be.
    model, optimizer, scheduler
        Whose states to write.
    generators
        By name, those that the run draws from beside the global ones, such as the one
        that shuffles.
    progress
        What else the run needs to go on, by name: numbers, strings, tensors, and
        lists, tuples and dictionaries of these.

    Raises
    ------
    ValueError
        If a state holds an object that :func:`load_checkpoint` would refuse to read.
        An older file stays.
    OSError
        If the file cannot be written. An older file stays.
    """
    path = Path(path)
    content = {
        "format": _FORMAT,
        "model": model.state_dict(),
        "optimizer": None if optimizer is None else _named_state(optimizer),
        "scheduler": None if scheduler is None else _named_state(scheduler),
        "generators": {n: g.get_state() for n, g in (generators or {}).items()},
        "global_generators": _global_states(),
        "progress": dict(progress or {}),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder: only within one file system is a renaming one step.
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())  # on the disk before its name is
        _check_readable(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def load_checkpoint(
    path: str | Path,
    model: nn.Module,
    *,
    optimizer: Optimizer | None = None,
    scheduler: LRScheduler | None = None,
    generators: Mapping[str, torch.Generator] | None = None,
) -> dict[str, Any]:
    """Fill ``model`` from a file of :func:`save_checkpoint`; with ``optimizer``, resume.

    With an optimizer the training goes on: everything that the file holds is put
    back, the global generators too, so scheduler and generators must be those of the
    saved run. Without one the model alone is filled and no generator is touched.
    Every tensor goes to the device on which its model or optimizer is.

    Parameters
    ----------
    path
        The file. Nothing in it is executed.
    model
        Made by the same code as the saved one: same names, shapes and data types.
    optimizer, scheduler
        Of the same kinds as the saved ones, over the parameters of ``model``.
    generators
        Under the same names as the saved ones.

    Returns
    -------
    dict
        The ``progress`` that was saved; its tensors are on the CPU.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged, is no checkpoint, would execute code, or belongs to
        another model, optimizer, scheduler or set of generators. The message names
        the first differences. Nothing has changed then.
    """
    content = _read(Path(path))
    _check_model(path, content["model"], model)
    if optimizer is None:
        if scheduler is not None or generators:
            raise ValueError(
                "a scheduler and generators are put back when a run resumes; pass its "
                "optimizer too, or the model alone"
            )
    else:
        _check_kind(path, "optimizer", content["optimizer"], optimizer)
        _check_groups(path, content["optimizer"]["state"], optimizer)
        _check_kind(path, "scheduler", content["scheduler"], scheduler)
        _check_generators(path, content["generators"], generators or {})
    model.load_state_dict(content["model"])
    if optimizer is not None:
        optimizer.load_state_dict(content["optimizer"]["state"])
        if scheduler is not None:
            scheduler.load_state_dict(content["scheduler"]["state"])
        for name, generator in (generators or {}).items():
            generator.set_state(content["generators"][name])
        _set_global_states(content["global_generators"])
    return dict(content["progress"])


def _named_state(part: Optimizer | LRScheduler) -> dict[str, Any]:
    """Return the state of a part and its kind, which the state does not tell."""
    return {"kind": type(part).__name__, "state": part.state_dict()}


def _check_readable(path: Path) -> None:
    """Raise ``ValueError`` if what has been written would be refused."""
    try:
        torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:
        raise ValueError(
            "a state holds an object that is neither a tensor nor a number, string, "
            "list, tuple or dictionary, and such a file would not be read again; turn "
            f"it into these before saving ({_first_line(error)})"
        ) from error


def _read(path: Path) -> dict[str, Any]:
    """Return what the file holds, on the CPU, without executing anything in it."""
    if not path.exists():
        found = sorted(other.name for other in path.parent.glob(f"*{path.suffix}"))
        there = (
            f"its folder holds {', '.join(found[:5])}" if found else "nor any like it"
        )
        raise FileNotFoundError(f"there is no file {path}; {there}")
    try:
        _check_sums(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # any kind: it depends on which bytes are wrong
        if "weights only" in str(error).lower():
            raise ValueError(
                f"{path} holds more than tensors and plain values, and reading that "
                "could execute code of whoever wrote it; ask for a file with the "
                f"state_dict ({_first_line(error)})"
            ) from error
        raise ValueError(
            f"{path} is damaged or was not written by torch.save; take an older "
            f"checkpoint or copy the file again ({_first_line(error)})"
        ) from error
    if not (isinstance(content, dict) and content.get("format") == _FORMAT):
        raise ValueError(
            f"{path} was not written by save_checkpoint; if it is a state_dict, use "
            "model.load_state_dict(torch.load(path, weights_only=True))"
        )
    return content


def _check_sums(path: Path) -> None:
    """Raise an error if a part of the archive differs from its checksum.

    ``torch.load`` does not look at the checksums and takes a changed weight as it is.
    """
    if zipfile.is_zipfile(path):  # else torch.load says what it is
        with zipfile.ZipFile(path) as archive:
            if damaged := archive.testzip():
                raise zipfile.BadZipFile(f"{damaged} differs from its checksum")


def _first_line(error: Exception) -> str:
    """Return the beginning of what torch says."""
    lines = str(error).strip().splitlines()
    return lines[0][:120] if lines else type(error).__name__


def _check_model(path: str | Path, saved: Mapping[str, Any], model: nn.Module) -> None:
    """Raise ``ValueError`` unless the saved state is one of such a model."""
    wanted = model.state_dict()
    found = list(_differences(saved, wanted))
    if not found:
        return
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    raise ValueError(
        f"{path} belongs to another model: {'; '.join(found[:_SHOWN])}{more}; "
        f"{_remedy(saved, wanted)}"
    )


def _differences(saved: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    """Yield how the two states differ, in the order of the model, then of the file."""
    for name, value in wanted.items():
        if name not in saved:
            yield f"{name} is missing in the file"
        elif isinstance(value, torch.Tensor) and not is_lazy(value):
            is_, should = _form(saved[name]), _form(value)
            if is_ != should:
                yield f"{name} is {is_} in the file, {should} in the model"
    for name in saved:
        if name not in wanted:
            yield f"{name} is in the file only"


def _form(value: object) -> str:
    """Return shape and data type: all that has to agree."""
    if not isinstance(value, torch.Tensor):
        return type(value).__name__
    return f"{tuple(value.shape)} {str(value.dtype).removeprefix('torch.')}"


def _remedy(saved: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """Return what to do about a state that does not fit."""
    for longer, shorter, whose in (
        (saved, wanted, "the file's"),
        (wanted, saved, "the model's"),
    ):
        first = next(iter(shorter), "")
        for name in longer:
            prefix = name.removesuffix(first)
            if prefix and set(longer) == {prefix + other for other in shorter}:
                return (
                    f"{whose} names begin with {prefix!r}, as those of a wrapped model "
                    "do; save and load the model inside the wrapper"
                )
    return "make the model with the sizes and the code of the saved one"


def _check_kind(
    path: str | Path,
    what: str,
    saved: Mapping[str, Any] | None,
    given: Optimizer | LRScheduler | None,
) -> None:
    """Raise ``ValueError`` unless both are there and of one kind, or neither is."""
    kind = None if given is None else type(given).__name__
    if saved is None and given is not None:
        raise ValueError(
            f"{path} holds the state of no {what}, and {kind} was passed; leave it out"
        )
    if saved is not None and saved["kind"] != kind:
        raise ValueError(
            f"{path} holds the state of {saved['kind']}, and the {what} is {kind}; "
            f"make {saved['kind']} as the saved run did, or load the model alone"
        )


def _check_groups(
    path: str | Path, saved: Mapping[str, Any], optimizer: Optimizer
) -> None:
    """Raise ``ValueError`` unless the parameter groups are of equal sizes."""
    in_file = [len(group["params"]) for group in saved["param_groups"]]
    here = [len(group["params"]) for group in optimizer.param_groups]
    if in_file != here:
        raise ValueError(
            f"the optimizer in {path} has groups of {in_file} parameters, this one of "
            f"{here}; make the groups as the saved run did"
        )


def _check_generators(
    path: str | Path,
    saved: Mapping[str, torch.Tensor],
    given: Mapping[str, torch.Generator],
) -> None:
    """Raise ``ValueError`` unless the names are equal and the states fit."""
    if saved.keys() != given.keys():
        raise ValueError(
            f"{path} holds the generators {sorted(saved)}, got {sorted(given)}; pass "
            "them under the names of the saved run"
        )
    for name, generator in given.items():
        if saved[name].shape != generator.get_state().shape:
            raise ValueError(
                f"the generator {name!r} in {path} was on another kind of device; "
                f"make one on that device, this one is on the {generator.device.type}"
            )


def _global_states() -> dict[str, Any]:
    """Return the states of the global generators, as plain values and tensors."""
    numpy_state = np.random.get_state(legacy=True)  # noqa: NPY002
    states: dict[str, Any] = {
        "python": random.getstate(),
        "numpy": [
            value.tolist() if isinstance(value, np.ndarray) else value
            for value in numpy_state
        ],
        "torch": torch.get_rng_state(),
    }
    if torch.cuda.is_initialized():  # else nothing has been drawn there
        states["cuda"] = torch.cuda.get_rng_state_all()
    if torch.backends.mps.is_available():
        states["mps"] = torch.mps.get_rng_state()
    return states


def _set_global_states(states: Mapping[str, Any]) -> None:
    """Put the global generators back; warn where their device is not there."""
    random.setstate(states["python"])
    name, keys, *rest = states["numpy"]
    np.random.set_state((name, np.array(keys, dtype=np.uint32), *rest))  # noqa: NPY002
    torch.set_rng_state(states["torch"])
    lost = []
    if "cuda" in states:
        num_gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
        for index, state in enumerate(states["cuda"]):
            if index < num_gpus:
                torch.cuda.set_rng_state(state, index)
            else:
                lost.append(f"cuda:{index}")
    if "mps" in states:
        if torch.backends.mps.is_available():
            torch.mps.set_rng_state(states["mps"])
        else:
            lost.append("mps")
    if lost:
        warnings.warn(
            f"the saved run drew on {', '.join(lost)}, which this machine lacks; its "
            "draws there will not be those of the uninterrupted run",
            stacklevel=3,
        )
