"""The energy distance of two samples."""

import pytest
import scipy.stats
import torch

from d2lnotes.energy_distance import energy_distance


def test_in_one_dimension_it_agrees_with_scipy() -> None:
    generator = torch.Generator().manual_seed(0)
    first = torch.randn(31, 1, generator=generator, dtype=torch.float64)
    second = 1 + torch.randn(47, 1, generator=generator, dtype=torch.float64)
    expected = scipy.stats.energy_distance(first[:, 0], second[:, 0]) ** 2
    assert energy_distance(first, second).item() == pytest.approx(expected, rel=1e-9)


def test_a_sample_has_no_distance_from_itself() -> None:
    points = torch.randn(40, 3)
    assert energy_distance(points, points).item() == pytest.approx(0, abs=1e-6)


def test_it_is_symmetric_and_grows_with_a_shift() -> None:
    points, others = torch.randn(40, 2).double(), torch.randn(30, 2).double()
    near, far = energy_distance(points, others), energy_distance(points, others + 5)
    assert energy_distance(others, points).item() == pytest.approx(
        near.item(), abs=1e-5
    )
    assert far > near


@pytest.mark.parametrize("shape", [(3,), (3, 3)])
def test_samples_of_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="as many columns"):
        energy_distance(torch.zeros(4, 2), torch.zeros(shape))


def test_an_empty_sample_is_refused() -> None:
    with pytest.raises(ValueError, match="both samples need points"):
        energy_distance(torch.zeros(0, 2), torch.zeros(3, 2))
