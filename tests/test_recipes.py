"""Tests for d2lnotes.recipes: what the switches of a recipe do."""

from dataclasses import replace

import pytest
import torch

from d2lnotes.recipes import Recipe, class_log_probabilities, train_recipe

QUICK = Recipe(width=4, side=8, num_epochs=1, batch_size=10)


@pytest.fixture
def photographs(generator):
    """Thirty photographs of three classes that differ in their color."""
    labels = torch.arange(30) % 3
    images = 0.1 * torch.randn(30, 3, 16, 16, generator=generator)
    images[torch.arange(30), labels] += 1
    return images, labels


def flattened(net):
    """Return all weights in one row."""
    return torch.cat([p.detach().flatten() for p in net.parameters()])


@pytest.mark.parametrize("width", [0, 4])
def test_a_recipe_learns_three_colors(photographs, width):
    images, labels = photographs
    recipe = replace(QUICK, width=width, num_epochs=10, rate=0.01)

    net = train_recipe(recipe, images, labels, seed=0)

    assert torch.equal(net(images).argmax(dim=1), labels)


def test_the_seed_decides_the_weights(photographs):
    runs = [train_recipe(QUICK, *photographs, seed=seed) for seed in (0, 0, 1)]
    first, same, other = map(flattened, runs)

    assert torch.equal(first, same)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("switch", ["falling", "flips", "crops"])
def test_each_switch_changes_the_training(photographs, switch):
    plain = train_recipe(QUICK, *photographs, seed=0)
    switched = train_recipe(replace(QUICK, **{switch: True}), *photographs, seed=0)

    assert not torch.equal(flattened(plain), flattened(switched))


def test_the_global_state_is_left_alone(photographs):
    before = torch.get_rng_state()

    train_recipe(QUICK, *photographs, seed=0)

    assert torch.equal(torch.get_rng_state(), before)


def test_the_network_is_returned_in_evaluation_mode(photographs):
    net = train_recipe(QUICK, *photographs, seed=0)

    assert not any(module.training for module in net.modules())


def test_mirrored_answers_do_not_change_when_photographs_are_mirrored(photographs):
    images, labels = photographs
    net = train_recipe(QUICK, images, labels, seed=0)

    straight = class_log_probabilities([net], images, mirrored=True)
    turned = class_log_probabilities([net], images.flip(-1), mirrored=True)

    torch.testing.assert_close(straight, turned)


@pytest.mark.parametrize("mirrored", [False, True])
def test_probabilities_sum_to_one(photographs, mirrored):
    images, labels = photographs
    net = train_recipe(QUICK, images, labels, seed=0)

    sums = class_log_probabilities([net], images, mirrored=mirrored).exp().sum(dim=-1)

    torch.testing.assert_close(sums, torch.ones(1, 30))


@pytest.mark.parametrize("kept", [5, 29])
def test_too_few_photographs_or_labels_are_refused(photographs, kept):
    images, labels = photographs
    labels = labels[:kept]

    with pytest.raises(ValueError, match=f"got 30 photographs and {kept} labels"):
        train_recipe(QUICK, images, labels, seed=0)


def test_fewer_photographs_than_a_batch_are_refused(photographs):
    images, labels = photographs

    with pytest.raises(ValueError, match="enough for a batch of 50"):
        train_recipe(replace(QUICK, batch_size=50), images, labels, seed=0)


def test_each_network_answers_for_itself(photographs):
    images, labels = photographs
    nets = [train_recipe(QUICK, images, labels, seed=seed) for seed in range(2)]

    rows = class_log_probabilities(nets, images)

    torch.testing.assert_close(rows[1], nets[1](images).log_softmax(dim=1).detach())
