"""Tests for d2lnotes.data.bccd, with torchvision reading the same files."""

import json
import shutil

import pytest
import torch
from torchvision.datasets import VOCDetection
from torchvision.ops import box_iou
from torchvision.transforms.functional import pil_to_tensor

from d2lnotes.data import (
    DownloadError,
    RemoteFolder,
    StandInWarning,
    bccd,
    cache_path,
    fetch_bccd,
    make_cells,
    verify_folder,
)
from d2lnotes.data._folder import tree_sha256

ANNOTATION = """<annotation><object><name>WBC</name><bndbox><xmin>260</xmin>
<ymin>177</ymin><xmax>491</xmax><ymax>376</ymax></bndbox></object><object>
<name>RBC</name><bndbox><xmin>78</xmin><ymin>336</ymin><xmax>184</xmax><ymax>435</ymax>
</bndbox></object><object><name>RBC</name><bndbox><xmin>9</xmin><ymin>9</ymin>
<xmax>9</xmax><ymax>9</ymax></bndbox></object></annotation>"""

needs_bccd = pytest.mark.skipif(
    verify_folder(bccd.BCCD) != "ok", reason="BCCD is not in the data cache"
)


@pytest.fixture
def few(home, monkeypatch, generator):
    """A cache with a folder like the authors', of three pictures."""
    from PIL import Image

    folder = cache_path(bccd.BCCD)
    for part in ("Annotations", "ImageSets/Main", "JPEGImages"):
        (folder / part).mkdir(parents=True)
    for part, name in (("train", "a"), ("val", "b"), ("test", "c")):
        (folder / f"ImageSets/Main/{part}.txt").write_text(f"{name}\n")
        (folder / f"Annotations/{name}.xml").write_text(ANNOTATION)
        pixels = torch.randint(256, (480, 640, 3), generator=generator)
        picture = Image.fromarray(pixels.to(torch.uint8).numpy())
        picture.save(folder / f"JPEGImages/{name}.jpg")
    fields = {
        field: getattr(bccd.BCCD, field) for field in bccd.BCCD.__dataclass_fields__
    }
    fields |= {"sha256": tree_sha256(folder), "urls": ("http://127.0.0.1:9/",)}
    monkeypatch.setattr(bccd, "BCCD", RemoteFolder(**fields))
    return folder


@pytest.fixture
def nowhere(monkeypatch, home):
    """No folder, and an address where nobody listens."""
    fields = {
        field: getattr(bccd.BCCD, field) for field in bccd.BCCD.__dataclass_fields__
    }
    fields |= {"urls": ("http://127.0.0.1:9/",)}
    monkeypatch.setattr(bccd, "BCCD", RemoteFolder(**fields))


def test_boxes_and_labels_are_those_of_the_annotation(few):
    data = fetch_bccd()

    image, boxes, labels = data.train[0]
    assert image.shape == (3, 480, 640)
    assert boxes.tolist() == [[260, 177, 491, 376], [78, 336, 184, 435]]
    assert [data.class_names[label] for label in labels] == ["WBC", "RBC"]


def test_boxes_without_area_are_left_out_and_counted(few):
    assert fetch_bccd().num_without_area == 3


def test_the_picture_is_the_one_that_pillow_opens(few):
    from PIL import Image

    picture = Image.open(few / "JPEGImages" / "c.jpg")
    assert torch.equal(fetch_bccd().test.images[0], pil_to_tensor(picture))


def test_a_smaller_size_scales_pictures_and_boxes(few):
    data = fetch_bccd(size=(48, 320))

    image, boxes, _ = data.val[0]
    assert image.shape == (3, 48, 320)
    assert torch.allclose(boxes[0], torch.tensor([130.0, 17.7, 245.5, 37.6]))
    full = fetch_bccd().val.images[0].float()  # the mean of blocks, to a gray level
    blocks = full.view(3, 48, 10, 320, 2).mean(dim=(2, 4))
    assert (image.float() - blocks).abs().mean() < 8  # of 255, on pure noise


def test_a_part_can_be_gone_through(few):
    assert [len(boxes) for _, boxes, _ in fetch_bccd().train] == [2]


def test_a_changed_file_is_not_read(few):
    (few / "Annotations" / "a.xml").write_text(ANNOTATION.replace("260", "261"))

    with pytest.raises(DownloadError):
        fetch_bccd()


def test_a_size_that_is_not_positive_is_refused(few):
    with pytest.raises(ValueError, match="height and a width"):
        fetch_bccd(size=(0, 640))


# ---- the real data -------------------------------------------------------------


@needs_bccd
def test_torchvision_reads_the_same_boxes(tmp_path):
    folder = tmp_path / "VOCdevkit" / "VOC2012"
    shutil.copytree(cache_path(bccd.BCCD), folder)
    data = fetch_bccd(size=(48, 64))
    for part in ("train", "val", "test"):
        own = getattr(data, part)
        if part == "test":  # torchvision knows it for the year 2007 only
            (folder / "ImageSets/Main/test.txt").replace(
                folder / "ImageSets/Main/val.txt"
            )
        name = "val" if part == "test" else part
        # the split for detection is read from Main
        oracle = VOCDetection(tmp_path, year="2012", image_set=name)
        assert len(oracle) == len(own)
        for (_, boxes, labels), file in zip(own, oracle.annotations, strict=True):
            tree = VOCDetection.parse_voc_xml(_parse(file))["annotation"]["object"]
            things = [
                (thing["name"], [float(thing["bndbox"][e]) for e in EDGES])
                for thing in tree
            ]
            things = [(n, b) for n, b in things if b[0] < b[2] and b[1] < b[3]]
            assert [data.class_names[label] for label in labels] == [
                n for n, _ in things
            ]
            full = torch.tensor([b for _, b in things])
            assert torch.allclose(boxes, full / 10)


EDGES = ("xmin", "ymin", "xmax", "ymax")


def _parse(file):
    from xml.etree import ElementTree

    return ElementTree.parse(file).getroot()


@needs_bccd
def test_the_real_data_are_as_many_as_the_authors_say():
    data = fetch_bccd(size=(48, 64))

    labels = torch.cat([*data.train.labels, *data.val.labels, *data.test.labels])
    assert (len(data.train), len(data.val), len(data.test)) == (205, 87, 72)
    assert labels.bincount().tolist() == [4153, 372, 361]
    assert data.num_without_area == 2
    assert not data.stand_in


# ---- the stand-in --------------------------------------------------------------


def test_offline_it_raises_unless_a_stand_in_is_allowed(nowhere):
    with pytest.raises(DownloadError):
        fetch_bccd()
    with pytest.warns(StandInWarning, match="drawn cells"):
        data = fetch_bccd(size=(48, 64), stand_in=True)
    assert data.stand_in
    assert data.name == "drawn-cells"
    assert (len(data.train), len(data.val), len(data.test)) == (36, 12, 12)
    assert data.class_names == ("RBC", "WBC", "Platelets")


def test_a_run_notes_which_data_it_read(nowhere, tmp_path, monkeypatch):
    run = tmp_path / "runs" / "plot.json"
    monkeypatch.setenv("D2LNOTES_RUN", str(run))
    with pytest.warns(StandInWarning):
        fetch_bccd(size=(48, 64), stand_in=True)

    noted = json.loads(run.read_text())
    assert noted["data"] == [{"name": "drawn-cells", "stand_in": True}]
    assert noted["files"] == {"bccd/BCCD/ImageSets/Main/trainval.txt": None}


@pytest.fixture
def cells(generator):
    return make_cells(8, size=(240, 320), generator=generator)


def test_the_same_generator_draws_the_same_cells_at_each_size():
    def draw(size):
        return make_cells(3, size=size, generator=torch.Generator().manual_seed(3))

    once, again, small = draw((96, 128)), draw((96, 128)), draw((48, 32))
    assert torch.equal(once.images, again.images)
    shrink = torch.tensor([0.25, 0.5, 0.25, 0.5])
    for large_boxes, small_boxes in zip(once.boxes, small.boxes, strict=True):
        assert torch.allclose(large_boxes * shrink, small_boxes)


def test_boxes_lie_in_the_picture_and_have_area(cells):
    boxes = torch.cat(cells.boxes)

    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, 2:] <= torch.tensor([320, 240])).all()
    assert (boxes[:, 2:] > boxes[:, :2]).all()


def test_what_is_outside_all_boxes_is_bright_paper(cells):
    for image, boxes, _ in cells:
        outside = torch.ones(240, 320, dtype=torch.bool)
        for left, top, right, bottom in boxes.tolist():
            outside[int(top) : int(bottom) + 1, int(left) : int(right) + 1] = False
        assert image[0][outside].float().mean() == pytest.approx(232, abs=1)


def test_a_box_touches_its_cell_on_each_side():
    drawn = make_cells(20, generator=torch.Generator().manual_seed(5))
    seen = 0
    for image, boxes, _ in drawn:
        alone = box_iou(boxes, boxes).fill_diagonal_(0).amax(dim=1) == 0
        inside = (boxes[:, :2] > 0).all(dim=1) & (
            boxes[:, 2:] < torch.tensor([640, 480])
        ).all(dim=1)
        for left, top, right, bottom in boxes[alone & inside].round().int().tolist():
            cell = image[:, top:bottom, left:right].float()
            # in the middle of each side, just inside the box, lies the cell's color
            middle_y, middle_x = (bottom - top) // 2, (right - left) // 2
            for y, x in (
                (middle_y, 1),
                (middle_y, -2),
                (1, middle_x),
                (-2, middle_x),
            ):
                assert cell[1, y, x] < 195  # paper has 220, noise 6
                seen += 1
    assert seen > 20


def test_cells_crowd_and_some_reach_beyond_the_border():
    drawn = make_cells(20, size=(48, 64), generator=torch.Generator().manual_seed(1))
    overlaps = [box_iou(b, b).fill_diagonal_(0).amax() for b in drawn.boxes]
    boxes, labels = torch.cat(drawn.boxes), torch.cat(drawn.labels)

    assert max(overlaps) > 0.1
    assert (boxes[:, 0] == 0).any()
    assert (boxes[:, 3] == 48).any()
    assert (labels.bincount() > 0).all()
    assert labels.bincount().argmax() == 0


@pytest.mark.parametrize(("num_images", "size"), [(0, (48, 64)), (1, (48, 0))], ids=str)
def test_nothing_cannot_be_drawn(generator, num_images, size):
    with pytest.raises(ValueError, match="at least 1"):
        make_cells(num_images, size=size, generator=generator)
