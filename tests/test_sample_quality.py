"""Distances of distributions, modes that are reached, and a classifier's view."""

import math

import numpy as np
import pytest
import scipy.linalg
import torch
from torch.distributions import Categorical, kl_divergence

from d2lnotes.sample_quality import (
    classifier_scores,
    frechet_between,
    frechet_distance,
    mode_coverage,
)


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def _covariance(size: int, rank: int, generator: torch.Generator) -> torch.Tensor:
    root = torch.randn(size, rank, dtype=torch.float64, generator=generator)
    return root @ root.T


def test_distance_agrees_with_scipy(generator: torch.Generator) -> None:
    first, second = (_covariance(5, 11, generator) for _ in range(2))
    mean1, mean2 = torch.randn(2, 5, dtype=torch.float64, generator=generator)
    root = scipy.linalg.sqrtm((first @ second).numpy())
    expected = (mean1 - mean2).square().sum() + (first + second).trace()
    expected -= 2 * np.trace(root).real
    distance = frechet_distance(mean1, first, mean2, second)
    assert distance == pytest.approx(float(expected), rel=1e-6)


def test_distance_of_one_feature_is_that_of_means_and_deviations() -> None:
    distance = frechet_distance(
        torch.tensor([1.0]),
        torch.tensor([[9.0]]),
        torch.tensor([3.0]),
        torch.tensor([[4.0]]),
    )
    assert distance == pytest.approx(2**2 + 1**2)


def test_singular_covariances_are_no_trouble(generator: torch.Generator) -> None:
    flat = _covariance(7, 2, generator)
    zero = torch.zeros(7)
    assert frechet_distance(zero, flat, zero, flat) == pytest.approx(0, abs=1e-5)
    assert frechet_distance(zero, flat, zero, 4 * flat) == pytest.approx(
        float(flat.trace()), rel=1e-5
    )


def test_distance_of_samples_is_symmetric_and_ignores_order(
    generator: torch.Generator,
) -> None:
    first = torch.randn(31, 3, generator=generator)
    second = 2 * torch.randn(17, 3, generator=generator) + 1
    distance = frechet_between(first, second)
    assert distance == pytest.approx(frechet_between(second, first.flip(0)))
    assert distance > 1


def test_samples_of_one_feature_are_allowed(generator: torch.Generator) -> None:
    sample = torch.randn(13, 1, generator=generator)
    assert frechet_between(sample, sample + 2) == pytest.approx(4, rel=1e-5)


def test_different_features_are_refused() -> None:
    two, three = torch.eye(2), torch.eye(3)
    with pytest.raises(ValueError, match="the same features"):
        frechet_distance(two[0], two, three[0], three)


@pytest.mark.parametrize("shape", [(1, 3), (4,), (4, 1, 3)])
def test_a_sample_that_has_no_covariance_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="at least 2 examples"):
        frechet_between(torch.zeros(shape), torch.zeros(5, 3))


def test_points_count_for_the_nearest_mode_within_the_radius() -> None:
    centers = torch.tensor([[0.0, 0], [10, 0], [0, 10]])
    samples = torch.tensor([[0.5, 0], [0, 0.9], [10, 0.2], [5, 5], [10, 1.5]])
    coverage = mode_coverage(samples, centers, 1.0)
    assert coverage.counts.tolist() == [2, 1, 0]
    assert coverage.near == pytest.approx(3 / 5)
    assert coverage.covered == 2


def test_a_mode_needs_its_share_to_be_covered() -> None:
    centers = torch.tensor([[0.0], [10.0]])
    samples = torch.tensor([[0.0]] * 97 + [[10.0]] * 3)
    assert mode_coverage(samples, centers, 1.0, min_share=0.03).covered == 2
    assert mode_coverage(samples, centers, 1.0, min_share=0.04).covered == 1
    assert mode_coverage(samples + 100, centers, 1.0, min_share=0.0).covered == 0


def test_samples_of_another_dimension_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(n, d\) and \(m, d\)"):
        mode_coverage(torch.zeros(4, 3), torch.zeros(2, 2), 1.0)


def test_inception_score_is_the_mean_divergence_from_the_mean(
    generator: torch.Generator,
) -> None:
    logits = torch.randn(23, 5, generator=generator)
    p = Categorical(logits=logits)
    mean = Categorical(probs=p.probs.mean(dim=0))
    expected = kl_divergence(p, mean.expand((23,))).mean().exp()
    scores = classifier_scores(logits)
    assert scores.inception_score == pytest.approx(float(expected), rel=1e-5)
    assert scores.confidence == pytest.approx(float(p.probs.amax(dim=1).mean()))


def test_sure_and_even_classes_reach_their_number() -> None:
    scores = classifier_scores(1000 * torch.eye(3).repeat(2, 1))
    assert scores.inception_score == pytest.approx(3)
    torch.testing.assert_close(scores.class_shares, torch.full((3,), 1 / 3))


def test_one_class_alone_scores_one() -> None:
    logits = torch.tensor([[5.0, 0, 0]]).repeat(4, 1)
    scores = classifier_scores(logits)
    assert scores.inception_score == pytest.approx(1)
    assert scores.class_shares.tolist() == [1, 0, 0]
    assert scores.confidence == pytest.approx(1 / (1 + 2 * math.exp(-5)))


def test_no_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        classifier_scores(torch.zeros(0, 3))
