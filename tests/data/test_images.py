"""Tests for d2lnotes.data.images, with torchvision reading the same files."""

import gzip
import hashlib
import struct
import warnings

import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier
from torchvision.datasets import FashionMNIST
from torchvision.transforms import ToTensor
from torchvision.transforms.functional import resize

from d2lnotes.data import (
    REGISTRY,
    CacheError,
    DownloadError,
    RemoteFile,
    StandInWarning,
    data_home,
    fetch_fashion_mnist,
    images,
    read_idx,
    verify,
)

NUM_TRAIN, NUM_TEST = 23, 11


def idx(array):
    """Return the idx bytes of a uint8 tensor, written by the book."""
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return header + array.numpy().tobytes()


@pytest.fixture
def small_fashion(home, monkeypatch, generator):
    """A cache that holds a data set like Fashion-MNIST, but of few images."""
    folder = home / "fashion-mnist"
    folder.mkdir(parents=True)

    def add(name, array):
        packed = gzip.compress(idx(array))
        (folder / name).write_bytes(packed)
        digest = hashlib.sha256(packed).hexdigest()
        where = ("http://127.0.0.1:9/",)
        return RemoteFile(
            f"fashion-mnist/{name}", where, digest, len(packed), "CC0-1.0", "here"
        )

    def draw(high, *shape):
        return torch.randint(high, shape, dtype=torch.uint8, generator=generator)

    files = (
        add("train-images-idx3-ubyte.gz", draw(256, NUM_TRAIN, 28, 28)),
        add("train-labels-idx1-ubyte.gz", draw(10, NUM_TRAIN)),
        add("t10k-images-idx3-ubyte.gz", draw(256, NUM_TEST, 28, 28)),
        add("t10k-labels-idx1-ubyte.gz", draw(10, NUM_TEST)),
    )
    monkeypatch.setattr(images, "FASHION_MNIST", files)
    return folder


@pytest.fixture
def torchvision_root(small_fashion, tmp_path):
    """The same files where torchvision looks for them, unpacked as it wants them."""
    raw = tmp_path / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for packed in small_fashion.glob("*.gz"):
        (raw / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))
    return tmp_path


@pytest.fixture
def offline(home, monkeypatch, make_file):
    """An empty cache, and no address that answers."""
    file = make_file("http://127.0.0.1:9/")
    monkeypatch.setattr(images, "FASHION_MNIST", (file,))


@pytest.fixture
def noted(monkeypatch):
    """What fetch_fashion_mnist tells d2lnotes.results."""
    calls = []
    monkeypatch.setattr(
        "d2lnotes.results.note_data",
        lambda name, *, stand_in: calls.append((name, stand_in)),
    )
    return calls


@pytest.fixture
def digits(offline):
    """The stand-in."""
    with pytest.warns(StandInWarning):
        return fetch_fashion_mnist(stand_in=True)


# ---- the real thing ------------------------------------------------------------


@pytest.mark.parametrize(("split", "train"), [("train", True), ("test", False)])
def test_images_and_labels_agree_with_torchvision(torchvision_root, split, train):
    data = fetch_fashion_mnist()
    expected = FashionMNIST(torchvision_root, train=train, transform=ToTensor())

    torch.testing.assert_close(
        getattr(data, f"{split}_images"),
        torch.stack([image for image, _ in expected]),
        rtol=0,
        atol=0,
    )
    torch.testing.assert_close(getattr(data, f"{split}_labels"), expected.targets)


def test_classes_are_named_in_torchvisions_order():
    ours = [name.lower() for name in images._FASHION_CLASSES]

    assert ours == [name.lower() for name in FashionMNIST.classes]


@pytest.mark.usefixtures("small_fashion")
def test_the_real_data_are_noted_as_such(noted):
    data = fetch_fashion_mnist(stand_in=True)

    assert data.stand_in is False
    assert noted == [("fashion-mnist", False)]


@pytest.mark.usefixtures("small_fashion")
def test_the_data_print_as_one_line():
    shown = repr(fetch_fashion_mnist())

    assert shown == (
        "ImageDataset('fashion-mnist': 23 training and 11 test images of shape "
        "(1, 28, 28), 10 classes)"
    )


@pytest.mark.skipif(
    any(verify(file) != "ok" for file in REGISTRY["fashion-mnist"]),
    reason=f"Fashion-MNIST is not in {data_home()}",
)
def test_fashion_mnist_is_complete():
    data = fetch_fashion_mnist()

    assert data.train_images.shape == (60_000, 1, 28, 28)
    assert data.test_images.shape == (10_000, 1, 28, 28)
    assert data.train_labels.bincount().tolist() == [6_000] * 10
    assert data.test_labels.bincount().tolist() == [1_000] * 10


# ---- the stand-in --------------------------------------------------------------


@pytest.mark.usefixtures("offline")
def test_without_leave_to_stand_in_the_error_comes_through(noted):
    with pytest.raises(DownloadError):
        fetch_fashion_mnist()
    assert noted == []


@pytest.mark.usefixtures("offline")
def test_the_stand_in_says_what_happened_and_what_to_do():
    with pytest.warns(
        StandInWarning, match=r"digits .* stand in (.|\n)*D2LNOTES_DATA"
    ) as caught:
        fetch_fashion_mnist(stand_in=True)
    assert caught[0].filename == __file__


@pytest.mark.usefixtures("offline")
def test_the_stand_in_is_noted_as_such(noted):
    with pytest.warns(StandInWarning):
        data = fetch_fashion_mnist(stand_in=True)

    assert (data.name, data.stand_in) == ("digits", True)
    assert noted == [("digits", True)]


def test_a_cache_that_cannot_be_written_is_stood_in_for_too(
    offline, tmp_path, monkeypatch
):
    (tmp_path / "occupied").touch()
    monkeypatch.setenv("D2LNOTES_DATA", str(tmp_path / "occupied"))

    with pytest.warns(StandInWarning, match="cannot write to the data cache"):
        fetch_fashion_mnist(stand_in=True)
    with pytest.raises(CacheError):
        fetch_fashion_mnist()


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_stand_in_has_the_shapes_of_the_real_data(digits, split):
    pixels = getattr(digits, f"{split}_images")
    labels = getattr(digits, f"{split}_labels")

    assert pixels.shape == (len(labels), 1, 28, 28)
    assert (pixels.dtype, labels.dtype) == (torch.float32, torch.int64)


def test_the_stand_in_keeps_brightness_in_the_unit_interval(digits):
    pixels = torch.cat([digits.train_images, digits.test_images])

    assert (pixels.min().item(), pixels.max().item()) == (0.0, 1.0)


def test_the_stand_in_splits_each_class_four_to_one(digits):
    train, test = digits.train_labels.bincount(), digits.test_labels.bincount()

    torch.testing.assert_close(test, (train + test) // 5)


def test_the_stand_in_holds_every_digit_once(digits):
    labels = torch.cat([digits.train_labels, digits.test_labels])

    expected = torch.from_numpy(load_digits().target).bincount()

    torch.testing.assert_close(labels.bincount(), expected)


def test_the_stand_in_is_enlarged_as_torchvision_would(digits):
    first = torch.from_numpy(load_digits().images[:1]).float() / 16

    expected = resize(first, [28, 28])

    torch.testing.assert_close(digits.train_images[0], expected)


def test_the_stand_in_can_be_learnt(digits):
    """Images and labels belong together: the nearest neighbour knows the answer."""
    classifier = KNeighborsClassifier(n_neighbors=1)
    classifier.fit(digits.train_images.flatten(1), digits.train_labels)

    accuracy = classifier.score(digits.test_images.flatten(1), digits.test_labels)

    assert accuracy > 0.95


def test_the_stand_in_is_the_same_every_time(digits):
    with warnings.catch_warnings(action="ignore"):
        again = fetch_fashion_mnist(stand_in=True)

    torch.testing.assert_close(again.test_images, digits.test_images, rtol=0, atol=0)


# ---- the file format -----------------------------------------------------------


def write_gz(path, content):
    path.write_bytes(gzip.compress(content))
    return path


def test_read_idx_returns_what_was_written(tmp_path, generator):
    array = torch.randint(256, (2, 3, 5), dtype=torch.uint8, generator=generator)

    path = write_gz(tmp_path / "x.gz", idx(array))

    torch.testing.assert_close(read_idx(path), array)


GOOD = idx(torch.arange(6, dtype=torch.uint8).view(2, 3))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x00\x00\x0d" + GOOD[3:], "begin with 00 00 08, got 00 00 0d"),
        (b"\x89PNG" + GOOD[4:], "begin with 00 00 08, got 89 50 4e"),
        (b"", "begin with 00 00 08, got"),
        (GOOD[:-1], r"\(2, 3\) = 6 values after its header of 12 bytes; got 5"),
        (GOOD + b"\x00", r"\(2, 3\) = 6 values after its header of 12 bytes; got 7"),
        (GOOD[:7], "header of 12 bytes"),
    ],
    ids=["floats", "a picture", "empty", "short", "long", "half a header"],
)
def test_read_idx_says_what_is_wrong(tmp_path, content, message):
    path = write_gz(tmp_path / "x.gz", content)

    with pytest.raises(ValueError, match=message):
        read_idx(path)


@pytest.mark.parametrize(
    "packed",
    [b"not gzip", gzip.compress(GOOD)[:-9], gzip.compress(GOOD)[:10] + b"\xff" * 30],
    ids=["not gzip", "cut off", "spoilt"],
)
def test_read_idx_refuses_a_broken_gzip_file(tmp_path, packed):
    (tmp_path / "x.gz").write_bytes(packed)

    with pytest.raises(ValueError, match="not a complete gzip file"):
        read_idx(tmp_path / "x.gz")
