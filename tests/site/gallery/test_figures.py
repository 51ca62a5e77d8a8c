"""Figures are stored small, and look as they were drawn."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from d2lnotes.site.gallery.figures import shrink


def pixels(file):
    return np.asarray(Image.open(file).convert("RGB"), int)


@pytest.fixture
def drawing(tmp_path):
    """A figure of lines, letters and a legend, as scripts draw them."""
    figure, ax = plt.subplots()
    for count in range(1, 9):
        ax.plot(np.cumsum(np.sin(np.arange(50) * count)), label=f"line {count}")
    ax.legend()
    figure.savefig(tmp_path / "drawing.png", dpi=200)
    plt.close(figure)
    return tmp_path / "drawing.png"


def test_a_drawing_takes_less_than_half_and_looks_the_same(drawing):
    before, size = pixels(drawing), drawing.stat().st_size

    shrink(drawing)

    assert drawing.stat().st_size < size / 2
    assert np.abs(pixels(drawing) - before).mean() < 0.5


def test_a_picture_of_many_colors_stays_as_it_is(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "photo.png")
    before = (tmp_path / "photo.png").read_bytes()

    shrink(tmp_path / "photo.png")

    assert (tmp_path / "photo.png").read_bytes() == before
