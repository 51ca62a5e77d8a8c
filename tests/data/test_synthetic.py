"""Tests for d2lnotes.data.synthetic, with the distributions' own formulas as oracle."""

import math

import pytest
import torch
from sklearn.linear_model import LogisticRegression

from d2lnotes.data import make_shortcut

NUM_EXAMPLES = 40_000


@pytest.mark.parametrize("agreement", [0.0, 0.3, 1.0])
def test_the_shortcut_agrees_with_the_class_as_often_as_asked(generator, agreement):
    features, labels = make_shortcut(
        NUM_EXAMPLES, agreement=agreement, generator=generator
    )

    agrees = features[:, 1] == 2 * labels - 1

    standard_error = math.sqrt(agreement * (1 - agreement) / NUM_EXAMPLES)
    assert agrees.double().mean() == pytest.approx(agreement, abs=4 * standard_error)


def test_the_log_odds_are_those_of_the_formula(generator):
    features, labels = make_shortcut(NUM_EXAMPLES, agreement=0.8, generator=generator)

    learner = LogisticRegression(C=1e6).fit(features.numpy(), labels.numpy())

    expected = [2.0, math.log(0.8 / 0.2)]
    assert learner.coef_[0] == pytest.approx(expected, abs=0.1)
    assert learner.intercept_[0] == pytest.approx(0, abs=0.1)


def test_the_same_generator_state_gives_the_same_examples():
    first, second = (
        make_shortcut(7, agreement=0.5, generator=torch.Generator().manual_seed(3))
        for _ in range(2)
    )

    torch.testing.assert_close(first, second, rtol=0, atol=0)


def test_types_and_shapes_are_those_that_training_wants(generator):
    features, labels = make_shortcut(7, agreement=0.5, generator=generator)

    assert (features.shape, features.dtype) == ((7, 2), torch.float32)
    assert (labels.shape, labels.dtype) == ((7,), torch.int64)


@pytest.mark.parametrize(
    ("num_examples", "agreement", "message"),
    [(0, 0.5, "at least 1, got 0"), (7, 95, "got 95; divide a percentage")],
)
def test_impossible_requests_say_what_to_do(
    generator, num_examples, agreement, message
):
    with pytest.raises(ValueError, match=message):
        make_shortcut(num_examples, agreement=agreement, generator=generator)
