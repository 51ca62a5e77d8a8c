"""Tests for d2lnotes.data.synthetic, with the distributions' own formulas as oracle."""

import math

import pytest
import torch
from sklearn.linear_model import LogisticRegression

from d2lnotes.data import make_payments

NUM_EXAMPLES = 40_000


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_fraud_has_the_share_asked_for(generator, share):
    _, labels = make_payments(NUM_EXAMPLES, fraud_share=share, generator=generator)

    standard_error = math.sqrt(share * (1 - share) / NUM_EXAMPLES)
    assert labels.double().mean() == pytest.approx(share, abs=4 * standard_error)


def test_the_log_odds_are_those_of_the_formula(generator):
    features, labels = make_payments(NUM_EXAMPLES, fraud_share=0.3, generator=generator)

    learner = LogisticRegression(C=1e6).fit(features.numpy(), labels.numpy())

    assert learner.coef_[0] == pytest.approx([0.9] * 5, abs=0.1)
    expected = math.log(0.3 / 0.7) - 5 * 0.9**2 / 2
    assert learner.intercept_[0] == pytest.approx(expected, abs=0.1)


def test_the_same_generator_state_gives_the_same_examples():
    first, second = (
        make_payments(7, fraud_share=0.5, generator=torch.Generator().manual_seed(3))
        for _ in range(2)
    )

    torch.testing.assert_close(first, second, rtol=0, atol=0)


def test_types_and_shapes_are_those_that_training_wants(generator):
    features, labels = make_payments(7, fraud_share=0.5, generator=generator)

    assert (features.shape, features.dtype) == ((7, 5), torch.float32)
    assert (labels.shape, labels.dtype) == ((7,), torch.int64)


@pytest.mark.parametrize(
    ("num_examples", "share", "message"),
    [(0, 0.5, "at least 1, got 0"), (7, 95, "got 95; divide a percentage")],
)
def test_impossible_requests_say_what_to_do(generator, num_examples, share, message):
    with pytest.raises(ValueError, match=message):
        make_payments(num_examples, fraud_share=share, generator=generator)
