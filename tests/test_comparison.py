"""Tests for d2lnotes.comparison."""

import pytest
import torch
from torch import nn

from d2lnotes.comparison import held_out_accuracies
from d2lnotes.data import ImageDataset


@pytest.fixture
def data(generator):
    """Two classes: the left or the right half is brighter. Test labels are swapped."""

    def draw(count):
        labels = torch.arange(count) % 2
        images = torch.rand(count, 1, 4, 4, generator=generator)
        images[labels == 1, :, :, 2:] += 2
        images[labels == 0, :, :, :2] += 2
        return images, labels

    images, labels = draw(200)
    test_images, test_labels = draw(60)
    return ImageDataset(
        "halves", False, ("left", "right"), images, labels, test_images, 1 - test_labels
    )


def make_linear():
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 2))


def accuracies(data, make_model=make_linear, **options):
    options = {"learning_rate": 0.1, "seeds": 2, "num_epochs": 3} | options
    return held_out_accuracies(make_model, data, batch_size=20, **options)


def test_each_part_is_measured_on_its_own_images(data):
    assert accuracies(data, part="validation").tolist() == [1.0, 1.0]
    assert accuracies(data, part="test").tolist() == [0.0, 0.0]  # labels are swapped


def test_the_validation_part_is_the_last_fifth_and_is_not_trained_on(data):
    data.train_labels[80:100] = 1 - data.train_labels[80:100]
    scores = accuracies(data, part="validation", num_images=100)
    assert scores.tolist() == [0.0, 0.0]


def test_a_seed_draws_the_same_weights_and_leaves_the_generator_alone(data):
    drawn = []

    def make_model():
        drawn.append(make_linear())
        return drawn[-1]

    before = torch.get_rng_state()
    first = accuracies(data, make_model)
    again = accuracies(data, make_model)

    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first, again)
    weights = [model[1].weight for model in drawn]
    assert torch.equal(weights[0], weights[2])
    assert not torch.equal(weights[0], weights[1])


def test_pixels_reach_the_network_standardized(data):
    seen = []

    class Spy(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = make_linear()

        def forward(self, images):
            if self.training:
                seen.append(images)
            return self.linear(images)

    accuracies(data, Spy, seeds=1, num_epochs=1)

    images = torch.cat(seen)
    assert len(images) == 200
    assert images.mean().item() == pytest.approx(0, abs=1e-5)
    assert images.std().item() == pytest.approx(1, abs=1e-5)
