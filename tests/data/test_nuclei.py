"""Tests for d2lnotes.data.nuclei, with scipy counting what is drawn."""

import dataclasses
import json

import pytest
import torch
from scipy import ndimage

from d2lnotes.data import (
    DownloadError,
    StandInWarning,
    cache_path,
    fetch_nuclei,
    make_nuclei,
    nuclei,
    verify_folder,
)
from d2lnotes.data._folder import tree_sha256

needs_nuclei = pytest.mark.skipif(
    "ok" not in map(verify_folder, (nuclei.NUCLEI, nuclei.NUCLEI_SUBSET)),
    reason="the photographs of nuclei are not in the data cache",
)


def write(folder, name, size, masks):
    """Write a photograph in the layout of the competition."""
    from PIL import Image

    for part in ("images", "masks"):
        (folder / name / part).mkdir(parents=True)
    picture = Image.new("RGBA", (size, size), (10, 20, 30, 255))
    picture.save(folder / name / "images" / f"{name}.png")
    for number, box in enumerate(masks):
        mask = Image.new("L", (size, size))
        mask.paste(255, box)
        mask.save(folder / name / "masks" / f"{number}.png")


@pytest.fixture
def few(home, monkeypatch):
    """A cache with a folder like the competition's, of six photographs."""
    folder = cache_path(nuclei.NUCLEI)
    for name in "fabcd":
        write(folder, name, 256, [(10, 20, 40, 30), (40, 20, 50, 30)])
    write(folder, "e", 320, [(0, 0, 5, 5)])
    record = dataclasses.replace(
        nuclei.NUCLEI, sha256=tree_sha256(folder), urls=("http://127.0.0.1:9/",)
    )
    monkeypatch.setattr(nuclei, "NUCLEI", record)
    monkeypatch.setattr(nuclei, "_NUM_PHOTOGRAPHS", 5)
    monkeypatch.setattr(nuclei, "_PARTS", (2, 2, 1))
    return folder


@pytest.fixture
def nowhere(monkeypatch, home):
    """No folder, and an address where nobody listens."""
    record = dataclasses.replace(nuclei.NUCLEI, urls=("http://127.0.0.1:9/",))
    monkeypatch.setattr(nuclei, "NUCLEI", record)


def test_a_pixel_has_the_number_of_its_mask(few):
    image, mask, instances = fetch_nuclei().train[0]

    assert image[:, 0, 0].tolist() == [10, 20, 30]
    assert instances[20:30, 10:40].unique().tolist() == [1]
    assert instances[20:30, 40:50].unique().tolist() == [2]
    assert mask.sum() == (instances > 0).sum() == 400


def test_photographs_of_another_size_are_left_out(few):
    data = fetch_nuclei()  # e, the fifth by name, has 320 by 320 pixels, and f 256

    assert [len(data.train), len(data.validation), len(data.test)] == [2, 2, 1]


def test_a_changed_mask_is_not_read(few):
    (few / "a" / "masks" / "0.png").write_bytes(b"other")

    with pytest.raises(DownloadError):
        fetch_nuclei()


def test_a_part_can_be_gone_through(few):
    assert [int(instances.max()) for _, _, instances in fetch_nuclei().train] == [2, 2]


# ---- the real data -------------------------------------------------------------


@needs_nuclei
def test_the_real_data_are_as_many_as_the_docstring_says():
    data = fetch_nuclei()
    parts = data.train, data.validation, data.test

    assert [len(part) for part in parts] == [60, 20, 20]
    assert sum(int(part.instances.amax(dim=(1, 2)).sum()) for part in parts) == 2948
    assert {part.images.shape[1:] for part in parts} == {(3, 256, 256)}
    assert not data.stand_in


@needs_nuclei
def test_no_photograph_is_in_two_parts():
    data = fetch_nuclei()
    images = torch.cat([data.train.images, data.validation.images, data.test.images])

    assert len(images.flatten(1).unique(dim=0)) == 100


@needs_nuclei
def test_nuclei_are_brighter_than_the_ground():
    for image, mask, _ in fetch_nuclei().test:
        gray = image.float().mean(dim=0)
        assert gray[mask].mean() > gray[~mask].mean()


# ---- the stand-in --------------------------------------------------------------


def test_offline_it_raises_unless_a_stand_in_is_allowed(nowhere):
    with pytest.raises(DownloadError):
        fetch_nuclei()
    with pytest.warns(StandInWarning, match="drawn nuclei"):
        data = fetch_nuclei(stand_in=True)
    assert data.stand_in
    assert data.name == "drawn-nuclei"
    assert [len(data.train), len(data.validation), len(data.test)] == [36, 12, 12]
    assert data.train.images.shape == (36, 3, 256, 256)


def test_a_run_notes_which_data_it_read(nowhere, tmp_path, monkeypatch):
    run = tmp_path / "runs" / "plot.json"
    monkeypatch.setenv("D2LNOTES_RUN", str(run))
    with pytest.warns(StandInWarning):
        fetch_nuclei(stand_in=True)

    noted = json.loads(run.read_text())
    assert noted["data"] == [{"name": "drawn-nuclei", "stand_in": True}]
    assert set(noted["files"].values()) == {None}
    assert len(noted["files"]) == 2  # the folder whole, and the photographs alone


@pytest.fixture
def drawn(generator):
    return make_nuclei(6, size=(128, 160), generator=generator)


def test_the_same_generator_draws_the_same_nuclei(drawn):
    again = make_nuclei(6, size=(128, 160), generator=torch.Generator().manual_seed(0))

    assert torch.equal(drawn.images, again.images)
    assert torch.equal(drawn.instances, again.instances)


def test_numbers_run_from_one_without_a_gap(drawn):
    for _, mask, instances in drawn:
        numbers = instances[mask].unique()
        assert numbers.tolist() == list(range(1, int(instances.max()) + 1))


def test_a_drawn_nucleus_is_brighter_than_the_ground(drawn):
    for image, mask, instances in drawn:
        ground = image[0][~mask].float().mean()
        for number in range(1, int(instances.max()) + 1):
            assert image[0][instances == number].float().mean() > ground


def test_some_drawn_nuclei_touch():
    drawn = make_nuclei(10, generator=torch.Generator().manual_seed(1))
    components = [ndimage.label(mask)[1] for _, mask, _ in drawn]

    assert sum(components) < int(drawn.instances.amax(dim=(1, 2)).sum())


def test_a_tiny_picture_has_numbers_without_a_gap(generator):
    for _, _, instances in make_nuclei(20, size=(3, 3), generator=generator):
        numbers = instances.unique().tolist()
        assert numbers in ([0], [1], [0, 1])


@pytest.mark.parametrize(("num_images", "size"), [(0, (48, 64)), (1, (48, 0))], ids=str)
def test_nothing_cannot_be_drawn(generator, num_images, size):
    with pytest.raises(ValueError, match="at least 1"):
        make_nuclei(num_images, size=size, generator=generator)
