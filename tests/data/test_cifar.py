"""Tests for d2lnotes.data.cifar, with torchvision reading the same pictures."""

import hashlib
import io
import pickle
import tarfile
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.datasets import ImageFolder
from torchvision.transforms import ToTensor

from d2lnotes.data import (
    DownloadError,
    RemoteFile,
    StandInWarning,
    cifar,
    fetch_cifar10,
)

PER_BATCH, PER_CLASS = 6, 2


def add(home, monkeypatch, record, file, content):
    """Put a file into the cache in place of the one that has this record."""
    data_set = getattr(cifar, record).name.partition("/")[0]
    path = home / data_set / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    where = ("http://127.0.0.1:9/",)
    entry = RemoteFile(
        f"{data_set}/{file}", where, digest, len(content), "CC0-1.0", "here"
    )
    monkeypatch.setattr(cifar, record, entry)


@pytest.fixture
def batches(generator):
    """The pixels of six files, one row for each picture, as the authors lay them out."""
    return torch.randint(
        256, (6, PER_BATCH, 3072), dtype=torch.uint8, generator=generator
    )


@pytest.fixture
def authors(home, monkeypatch, batches):
    """A cache with an archive like the authors', of few pictures."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        names = ["test_batch", *(f"data_batch_{number}" for number in (5, 4, 3, 2, 1))]
        for name, pixels in zip(names, batches, strict=True):
            labels = list(range(PER_BATCH))
            content = pickle.dumps({b"data": pixels.numpy(), b"labels": labels})
            info = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    add(home, monkeypatch, "CIFAR10", "some.tar.gz", packed.getvalue())


@pytest.fixture
def jpeg(home, monkeypatch, generator):
    """A cache with an archive of JPEG files in folders, of few pictures."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as bundle:
        bundle.writestr("top/README.md", "pictures")
        for part in ("train", "test"):
            for name in cifar._CLASSES:
                for number in range(PER_CLASS):
                    pixels = torch.randint(256, (32, 32, 3), generator=generator)
                    picture = Image.fromarray(pixels.numpy().astype(np.uint8))
                    stream = io.BytesIO()
                    picture.save(stream, format="jpeg")
                    path = f"top/{part}/{name}/{number:04}.jpg"
                    bundle.writestr(path, stream.getvalue())
    add(home, monkeypatch, "CIFAR10_IMAGES", "some.zip", packed.getvalue())
    return packed


def test_the_authors_archive_is_read_in_the_order_of_its_batches(authors, batches):
    data = fetch_cifar10()

    assert (data.name, data.stand_in) == ("cifar10", False)
    expected = batches[1:].flip(0).reshape(-1, 3, 32, 32) / 255
    torch.testing.assert_close(data.train_images, expected)
    assert data.train_labels.tolist() == 5 * list(range(PER_BATCH))
    assert data.test_labels.tolist() == list(range(PER_BATCH))


def test_jpeg_files_are_read_as_torchvision_reads_them(jpeg, tmp_path):
    data = fetch_cifar10()

    zipfile.ZipFile(jpeg).extractall(tmp_path)
    folder = ImageFolder(tmp_path / "top" / "train", transform=ToTensor())
    pictures, labels = zip(*folder, strict=True)
    # Sorted by folder there; here the first of each class come first.
    order = torch.tensor(labels).argsort(stable=True).view(10, PER_CLASS).T.flatten()
    assert data.name == "cifar10-jpeg"
    assert data.class_names == tuple(folder.classes)
    assert data.train_labels.tolist() == 2 * list(range(10))
    torch.testing.assert_close(data.train_images, torch.stack(pictures)[order])


def test_the_authors_bytes_go_before_jpeg(authors, jpeg):
    assert fetch_cifar10().name == "cifar10"


@pytest.mark.parametrize("archive", ["authors", "jpeg"])
def test_fewer_training_images_are_the_first_ones(archive, request):
    request.getfixturevalue(archive)
    every, some = fetch_cifar10(), fetch_cifar10(num_train=7)

    assert torch.equal(some.train_images, every.train_images[:7])
    assert torch.equal(some.train_labels, every.train_labels[:7])
    assert torch.equal(some.test_images, every.test_images)


@pytest.mark.parametrize("count", [0, 50_001])
def test_a_number_of_images_that_cannot_be_is_refused(count):
    with pytest.raises(ValueError, match=f"between 1 and 50,000, got {count:,}"):
        fetch_cifar10(num_train=count)


def test_digits_stand_in_when_they_may(home):
    with pytest.raises(DownloadError):
        fetch_cifar10()
    with pytest.warns(StandInWarning, match="CIFAR-10 could not be had"):
        data = fetch_cifar10(num_train=50, stand_in=True)

    assert (data.name, data.stand_in) == ("digits", True)
    assert data.train_images.shape == (50, 3, 32, 32)
    assert len(data.train_labels) == 50
    assert data.train_images.min() >= 0
    assert data.train_images.max() <= 1
