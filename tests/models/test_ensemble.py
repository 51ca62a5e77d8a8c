"""Tests for d2lnotes.models.ensemble."""

import pytest
import torch
from torch import nn

from d2lnotes.models.ensemble import Ensemble, mean_log_probabilities


@pytest.fixture
def members():
    torch.manual_seed(0)
    return [nn.Linear(4, 3).double() for _ in range(5)]


@pytest.fixture
def inputs(generator):
    return torch.randn(6, 4, generator=generator, dtype=torch.double)


def test_probabilities_are_the_mean_of_those_of_the_members(members, inputs):
    expected = torch.stack([m(inputs).softmax(dim=1) for m in members]).mean(dim=0)

    torch.testing.assert_close(Ensemble(members)(inputs).exp(), expected)


def test_one_member_keeps_its_probabilities(members, inputs):
    alone = Ensemble(members[:1])(inputs)

    torch.testing.assert_close(alone, members[0](inputs).log_softmax(dim=1))


def test_large_logits_neither_overflow_nor_underflow():
    logits = torch.tensor([[[1e4, 0.0]], [[0.0, 1e4]]])

    mean = mean_log_probabilities(logits)

    torch.testing.assert_close(mean, torch.full((1, 2), 0.5).log())


def test_loss_is_at_most_the_mean_loss_of_the_members(members, inputs):
    labels = torch.tensor([0, 1, 2, 0, 1, 2])
    loss = nn.functional.cross_entropy

    together = loss(Ensemble(members)(inputs), labels)

    assert together <= torch.stack([loss(m(inputs), labels) for m in members]).mean()


def test_its_parameters_are_those_of_all_members(members):
    assert len(list(Ensemble(members).parameters())) == 10


def test_modes_reach_the_members(members):
    ensemble = Ensemble([nn.Dropout(), *members])

    assert not ensemble.eval().members[0].training


def test_no_member_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        Ensemble([])


def test_the_same_member_twice_is_refused(members):
    with pytest.raises(ValueError, match="twice"):
        Ensemble([members[0], members[0]])
