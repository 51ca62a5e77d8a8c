"""Tests for d2lnotes.painting: what a drawn painting promises."""

import pytest
import torch

from d2lnotes.painting import make_painting


def test_a_painting_is_repeated_by_its_seed():
    def paint(seed):
        return make_painting(
            (20, 30), num_strokes=40, generator=torch.Generator().manual_seed(seed)
        )

    assert paint(0).shape == (3, 20, 30)
    torch.testing.assert_close(paint(0), paint(0), rtol=0, atol=0)
    assert not torch.equal(paint(0), paint(1))
    assert 0 <= paint(0).min() <= paint(0).max() <= 1


def test_a_painting_without_strokes_has_one_color():
    plain = make_painting((8, 9), num_strokes=0)
    torch.testing.assert_close(plain, plain[:, :1, :1].expand(3, 8, 9))


def test_more_strokes_leave_less_of_the_ground():
    def ground(num_strokes):
        painting = make_painting(
            (40, 60),
            num_strokes=num_strokes,
            generator=torch.Generator().manual_seed(0),
        )
        plain = make_painting((40, 60), num_strokes=0)
        return (painting == plain).all(dim=0).float().mean().item()

    assert ground(0) == 1
    assert 0.1 < ground(10) < 0.95
    assert ground(300) < 0.1


@pytest.mark.parametrize(
    "options",
    [
        {"size": (0, 4)},
        {"num_strokes": -1},
        {"stroke_length": 0.0},
        {"stroke_width": -2.0},
    ],
)
def test_a_size_without_meaning_is_refused(options):
    with pytest.raises(ValueError, match="positive"):
        make_painting(**({"size": (8, 9)} | options))
