"""How good drawn samples are: distances of distributions, modes, a classifier's view.

A generative model makes new examples, and there is no label to compare them with. What
can be compared is the whole crowd of samples with the crowd of real examples.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

__all__ = [
    "ClassifierScores",
    "ModeCoverage",
    "classifier_scores",
    "frechet_between",
    "frechet_distance",
    "mode_coverage",
]


def frechet_distance(mean1: Tensor, cov1: Tensor, mean2: Tensor, cov2: Tensor) -> float:
    r"""Return the squared Fréchet distance of two normal distributions.

    .. math::

        \lVert \boldsymbol{\mu}_1 - \boldsymbol{\mu}_2 \rVert^2 + \operatorname{tr}
        \bigl(\mathbf{C}_1 + \mathbf{C}_2 - 2 (\mathbf{C}_1 \mathbf{C}_2)^{1/2}\bigr)

    Between the features of real and of drawn pictures it is called FID. It is 0 for
    equal means and covariances, and has the unit of the features squared.

    Parameters
    ----------
    mean1, mean2 : (num_features,) float
    cov1, cov2 : (num_features, num_features) float
        Symmetric, with no negative eigenvalue; they may be singular.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    size = len(mean1)
    shapes = [tuple(t.shape) for t in (mean1, cov1, mean2, cov2)]
    if shapes != [(size,), (size, size)] * 2:
        raise ValueError(
            "two normal distributions of the same dimension have means (n,) and "
            f"covariances (n, n), got {shapes}; use the same features for both"
        )
    mean1, cov1, mean2, cov2 = (t.double() for t in (mean1, cov1, mean2, cov2))
    values, vectors = torch.linalg.eigh(cov1)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    # C1 C2 has the eigenvalues of this matrix, which is symmetric.
    shared = torch.linalg.eigvalsh(root @ cov2 @ root).clamp(min=0).sqrt().sum()
    distance = (mean1 - mean2).square().sum() + cov1.trace() + cov2.trace()
    return float((distance - 2 * shared).clamp(min=0))


def frechet_between(first: Tensor, second: Tensor) -> float:
    """Return the Fréchet distance of two samples, as if both were normal.

    With few examples it comes out too large, even if both are from one distribution.

    Parameters
    ----------
    first, second : (num_examples, num_features) float
        At least two examples of each; their numbers may differ.

    Raises
    ------
    ValueError
        If there is a single example, or the features are not in rows.
    """
    if first.ndim != 2 or second.ndim != 2 or min(len(first), len(second)) < 2:
        raise ValueError(
            "each sample is (num_examples, num_features) with at least 2 examples, got "
            f"{tuple(first.shape)} and {tuple(second.shape)}; flatten pictures first"
        )
    first, second = first.double(), second.double()
    return frechet_distance(
        first.mean(dim=0),
        torch.atleast_2d(torch.cov(first.T)),
        second.mean(dim=0),
        torch.atleast_2d(torch.cov(second.T)),
    )


class ModeCoverage(NamedTuple):
    """Which modes of a distribution the samples reach.

    Parameters
    ----------
    counts : (num_modes,) long
        Samples near each mode.
    covered
        How many modes have at least the share that was asked for.
    near
        Share of all samples that are near some mode, in [0, 1].
    """

    counts: Tensor
    covered: int
    near: float


def mode_coverage(
    samples: Tensor, centers: Tensor, radius: float, *, min_share: float = 0.02
) -> ModeCoverage:
    """Return how many samples lie within ``radius`` of each center.

    Parameters
    ----------
    samples : (num_samples, num_features) float
    centers : (num_modes, num_features) float
        A sample counts for the center that is nearest.
    radius
        In the unit of the features.
    min_share
        A mode is covered if at least this share of all samples is near it.

    Raises
    ------
    ValueError
        If there is no sample, or the features do not fit.
    """
    if samples.ndim != 2 or not len(samples) or samples.shape[1:] != centers.shape[1:]:
        raise ValueError(
            "samples and centers have the shapes (n, d) and (m, d) with n > 0, got "
            f"{tuple(samples.shape)} and {tuple(centers.shape)}"
        )
    distance, nearest = torch.cdist(samples, centers).min(dim=1)
    counts = nearest[distance <= radius].bincount(minlength=len(centers))
    covered = int((counts >= max(1.0, min_share * len(samples))).sum())
    return ModeCoverage(counts, covered, float(counts.sum() / len(samples)))


class ClassifierScores(NamedTuple):
    """What a trained classifier says of drawn samples.

    Parameters
    ----------
    confidence
        Mean of the largest probability, in [0, 1].
    class_shares : (num_classes,) float
        Share of the samples that it calls each class.
    inception_score
        From 1 to the number of classes: large if it is sure of each sample, and the
        classes are even.
    """

    confidence: float
    class_shares: Tensor
    inception_score: float


def classifier_scores(logits: Tensor) -> ClassifierScores:
    r"""Return how sure a classifier is, of which classes, and both in one number.

    The inception score is :math:`\exp` of the mean KL divergence of the probabilities
    of a sample from their mean over samples.

    Parameters
    ----------
    logits : (num_samples, num_classes) float
        Of a classifier that was trained on real examples.

    Raises
    ------
    ValueError
        If there are no samples, or the shape is another.
    """
    if logits.ndim != 2 or not len(logits):
        raise ValueError(
            "logits have the shape (num_samples, num_classes) with at least one "
            f"sample, got {tuple(logits.shape)}"
        )
    log_p = logits.double().log_softmax(dim=1)
    p = log_p.exp()
    divergence = (p * (log_p - p.mean(dim=0).log())).sum(dim=1)
    best, label = p.max(dim=1)
    shares = label.bincount(minlength=logits.shape[1]) / len(logits)
    return ClassifierScores(float(best.mean()), shares, float(divergence.mean().exp()))
