"""Polynomial features, compared with NumPy and with the exponential series."""

import numpy as np
import pytest
import torch

from d2lnotes.features import polynomial_features


def test_columns_are_the_powers():
    x = torch.tensor([-1.5, 0.0, 2.0], dtype=torch.float64)
    expected = np.vander(x.numpy(), 6, increasing=True)
    torch.testing.assert_close(polynomial_features(x, 5), torch.from_numpy(expected))


def test_powers_over_factorials_add_up_to_the_exponential():
    x = torch.tensor([-2.0, 0.5, 3.0], dtype=torch.float64)
    terms = polynomial_features(x, 30, factorial=True)
    torch.testing.assert_close(terms.sum(dim=1), x.exp())


def test_degree_zero_is_the_bias_alone():
    assert polynomial_features(torch.tensor([0.0, 5.0]), 0).tolist() == [[1.0], [1.0]]


def test_a_matrix_is_refused():
    with pytest.raises(ValueError, match=r"shape \(n,\)"):
        polynomial_features(torch.zeros(3, 1), 2)


def test_a_negative_degree_is_refused():
    with pytest.raises(ValueError, match="at least 0"):
        polynomial_features(torch.zeros(3), -1)
