"""How fast data reach a training loop, and how fast the package is imported."""

import gzip
import itertools
import shutil
import struct
import subprocess
import sys
import time

import pytest
import torch
from torch.utils.data import DataLoader
from torchvision.datasets import FashionMNIST
from torchvision.transforms import ToTensor

from d2lnotes.data import REGISTRY, TensorLoader, cache_path, verify

pytestmark = pytest.mark.benchmark

BATCH_SIZE = 256
TIMED_BATCHES = 30  # of 235; the first one, which starts the workers, is not timed
PASSES = 10  # the fastest counts: a pass takes hundredths of a second
AT_LEAST = 20
IMPORT_SECONDS = 0.2


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Fashion-MNIST as torchvision wants it; without it, noise of the same size."""
    root = tmp_path_factory.mktemp("torchvision")
    raw = root / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    files = REGISTRY["fashion-mnist"]
    if all(verify(file) == "ok" for file in files):
        for file in files:
            packed = cache_path(file)
            with gzip.open(packed) as source, (raw / packed.stem).open("wb") as sink:
                shutil.copyfileobj(source, sink)
    else:
        for part, size in (("train", 60_000), ("t10k", 10_000)):
            write_noise(raw / f"{part}-images-idx3-ubyte", 256, (size, 28, 28))
            write_noise(raw / f"{part}-labels-idx1-ubyte", 10, (size,))
    return root


def write_noise(path, high, shape):
    """Write an idx file of random bytes below ``high``."""
    noise = torch.randint(high, shape, dtype=torch.uint8)
    header = struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape)
    path.write_bytes(header + noise.numpy().tobytes())


@pytest.fixture
def _one_thread():
    """Threads that wait for each other measure how busy the machine is."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def seconds_per_batch(loader, *, num_batches):
    """Return the mean time to get one batch, once the first has come."""
    batches = iter(loader)
    next(batches)
    started = time.perf_counter()
    received = sum(1 for _ in itertools.islice(batches, num_batches))
    return (time.perf_counter() - started) / received


# torch starts its workers with fork, which newer Pythons warn about
@pytest.mark.usefixtures("_one_thread")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_tensor_loader_is_many_times_faster_than_torchvision(root, capsys):
    dataset = FashionMNIST(root, train=True, transform=ToTensor())
    theirs = {
        workers: seconds_per_batch(
            DataLoader(
                dataset, batch_size=BATCH_SIZE, shuffle=True, num_workers=workers
            ),
            num_batches=TIMED_BATCHES,
        )
        for workers in (0, 2)
    }
    loader = TensorLoader(
        dataset.data[:, None].float() / 255,
        dataset.targets,
        batch_size=BATCH_SIZE,
        shuffle=True,
        generator=torch.Generator().manual_seed(0),
    )

    ours = min(
        seconds_per_batch(loader, num_batches=len(loader) - 1) for _ in range(PASSES)
    )

    ratio = min(theirs.values()) / ours
    with capsys.disabled():
        sys.stdout.write(
            f"\nan epoch of Fashion-MNIST, batch size {BATCH_SIZE}: "
            f"{ours * len(loader):.3f} s, torchvision "
            + " and ".join(
                f"{mean * len(loader):.2f} s ({workers} workers)"
                for workers, mean in theirs.items()
            )
            + f"; {ratio:.0f} times faster\n"
        )
    assert ratio >= AT_LEAST


IMPORT = """
import time, torch
started = time.perf_counter()
import {module}
print(time.perf_counter() - started)
"""


@pytest.mark.parametrize("module", ["d2lnotes", "d2lnotes.data", "d2lnotes.training"])
def test_import_after_torch_is_quick(module, capsys):
    command = [sys.executable, "-c", IMPORT.format(module=module)]

    seconds = min(
        float(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
        for _ in range(3)
    )

    with capsys.disabled():
        sys.stdout.write(f"\nimport {module}: {seconds * 1000:.0f} ms after torch\n")
    assert seconds <= IMPORT_SECONDS
