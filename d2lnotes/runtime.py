"""Where code runs, how long it takes, and how its draws are repeated."""

from __future__ import annotations

import math
import random
import time
import tracemalloc
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

import numpy as np
import torch

__all__ = [
    "Stopwatch",
    "on",
    "peak_bytes",
    "seconds_per_call",
    "seed_everything",
    "select_device",
]

T = TypeVar("T")


def select_device(preferred: str | torch.device | None = None) -> torch.device:
    """Return the fastest device of this machine, or the preferred one.

    Parameters
    ----------
    preferred
        ``"cuda"``, ``"cuda:1"``, ``"mps"`` or ``"cpu"``, or such a device. Without
        it an NVIDIA GPU (CUDA) comes first, then an Apple GPU (MPS), then the CPU.

    Raises
    ------
    ValueError
        If ``preferred`` names no device, or one that this machine does not have.
    """
    num_gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    available = [f"cuda:{index}" for index in range(num_gpus)]
    if torch.backends.mps.is_available():
        available.append("mps")
    available.append("cpu")
    if preferred is None:
        return torch.device(available[0].partition(":")[0])
    wanted = str(preferred)
    # "cuda" is the first GPU, and "cpu:0" and "mps:0" are the only ones.
    if not {wanted, f"{wanted}:0", wanted.removesuffix(":0")} & set(available):
        raise ValueError(
            f"this machine has the devices {', '.join(available)}, got {wanted!r}; "
            "choose one of them, or None for the fastest"
        )
    return torch.device(preferred)


def on(device: torch.device | str, *, cpu: T, cuda: T) -> T:
    """Return the value meant for ``device``, such as a size a GPU can afford.

    Parameters
    ----------
    device
        What :func:`select_device` returned.
    cpu
        The value for a CPU, and for Apple's GPU too, which is nearer to it in speed.
    cuda
        The value for an NVIDIA GPU.
    """
    return cuda if torch.device(device).type == "cuda" else cpu


def seed_everything(seed: int) -> torch.Generator:
    """Seed every global source of randomness and return a generator of its own.

    Python's ``random``, NumPy and torch (all devices) are seeded. The generator is
    independent of torch's global state: data drawn from the one share no numbers
    with weights drawn from the other.

    Parameters
    ----------
    seed
        An integer from 0 to 2**32 - 1, which is as much as NumPy takes.

    Returns
    -------
    torch.Generator
        On the CPU; pass it to whatever draws or shuffles.

    Raises
    ------
    ValueError
        If ``seed`` is out of range.
    """
    if not 0 <= seed < 2**32:
        raise ValueError(
            f"seed must lie in [0, 2**32), got {seed}; 0 is as good as any"
        )
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  (scikit-learn draws from the global state)
    torch.manual_seed(seed)
    own_seed = int(torch.randint(2**63 - 1, ()))
    return torch.Generator().manual_seed(own_seed)


class Stopwatch:
    """Measure how long a block takes, the GPU's work included.

    A GPU works on while the program goes ahead, so the watch waits for the current
    one at both ends of the block: for what was queued before, and by the block.

    Examples
    --------
    >>> with Stopwatch() as watch:
    ...     total = sum(range(1_000))
    >>> watch.seconds >= 0
    True
    """

    def __init__(self) -> None:
        self._started = math.nan
        self._seconds: float | None = None

    @property
    def seconds(self) -> float:
        """Wall-clock seconds of the block; known once it has ended."""
        if self._seconds is None:
            raise RuntimeError(
                "the stopwatch has not stopped yet; read seconds after the with block"
            )
        return self._seconds

    def __enter__(self) -> Self:
        """Start, and forget an earlier measurement."""
        self._seconds = None
        _wait_for_gpu()
        self._started = time.perf_counter()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop, also when the block raised."""
        try:
            _wait_for_gpu()
        finally:
            self._seconds = time.perf_counter() - self._started


def seconds_per_call(call: Callable[[], object], *, num_rounds: int = 7) -> float:
    """Return the seconds of one call, in the fastest of several rounds.

    A round repeats the call for about 0.3 ms, so that the watch's own error hardly
    counts. The fastest round is the one that other programs have disturbed least:
    they can slow a computation down and never speed it up.

    Parameters
    ----------
    call
        What to time; it takes no arguments, and what it returns is thrown away.
    num_rounds
        At least 1.

    Raises
    ------
    ValueError
        If ``num_rounds < 1``.
    """
    if num_rounds < 1:
        raise ValueError(f"num_rounds must be at least 1, got {num_rounds}; 7 is usual")
    with Stopwatch() as first:
        call()
    repeats = max(1, round(3e-4 / first.seconds))
    fastest = math.inf
    for _ in range(num_rounds):
        with Stopwatch() as watch:
            for _ in range(repeats):
                call()
        fastest = min(fastest, watch.seconds / repeats)
    return fastest


def peak_bytes(call: Callable[[], object]) -> int:
    """Return the most memory that Python's objects held at one time during ``call``.

    What was there before does not count, nor does the memory of tensors, which torch
    asks of the system itself. Tracing makes the call several times slower.

    Parameters
    ----------
    call
        What to watch; it takes no arguments, and what it returns is thrown away.

    Raises
    ------
    RuntimeError
        If ``tracemalloc`` traces already, whose peak this would overwrite.
    """
    if tracemalloc.is_tracing():
        raise RuntimeError(
            "tracemalloc traces already, and the peak is one for all; stop it first"
        )
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _wait_for_gpu() -> None:
    """Return when the current GPU has finished its work; at once without one."""
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()
    if torch.backends.mps.is_available():
        torch.mps.synchronize()
