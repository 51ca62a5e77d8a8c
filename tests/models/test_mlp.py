"""Tests for d2lnotes.models.mlp."""

import pytest
import torch
from torch import nn

from d2lnotes.models.mlp import MLP, MLPScratch, ParallelMLPs, fit_parallel

BATCH, HEIGHT, WIDTH = 2, 3, 5
SIZES = [HEIGHT * WIDTH, 11, 13, 7]


@pytest.fixture
def images(generator):
    return torch.rand(BATCH, 1, HEIGHT, WIDTH, generator=generator)


@pytest.fixture
def scratch(generator):
    return MLPScratch(SIZES, activation=torch.tanh, generator=generator)


def affine_maps(model):
    return [layer for layer in model.layers if isinstance(layer, nn.Linear)]


def number_of_parameters(model):
    return sum(parameter.numel() for parameter in model.parameters())


def test_both_models_compute_the_same_from_the_same_parameters(images, scratch):
    concise = MLP(SIZES, activation=nn.Tanh)
    with torch.no_grad():
        for layer, weight, bias in zip(
            affine_maps(concise), scratch.weights, scratch.biases, strict=True
        ):
            layer.weight.copy_(weight.T)
            layer.bias.copy_(bias)

    torch.testing.assert_close(scratch(images), concise(images))


def test_each_parallel_model_computes_what_it_computes_alone(images, generator):
    several = ParallelMLPs(3, SIZES, generator=generator)
    alone = MLPScratch(SIZES, generator=generator)
    inputs = images.flatten(1)
    outputs = several(inputs)

    for model in range(3):
        with torch.no_grad():
            for own, theirs in zip(alone.weights, several.weights, strict=True):
                own.copy_(theirs[model])
            for own, theirs in zip(alone.biases, several.biases, strict=True):
                own.copy_(theirs[model, 0])
        torch.testing.assert_close(outputs[model], alone(inputs))


def test_a_parallel_model_gets_no_gradient_from_the_loss_of_another(generator):
    several = ParallelMLPs(2, SIZES, activation=torch.tanh, generator=generator)
    inputs = torch.rand(2, BATCH, SIZES[0], generator=generator)

    several(inputs)[0].sum().backward()

    for parameter in several.parameters():
        assert parameter.grad[0].abs().sum() > 0
        assert parameter.grad[1].abs().sum() == 0


def test_parallel_models_start_from_different_parameters(generator):
    several = ParallelMLPs(2, SIZES, generator=generator)

    for parameter in several.parameters():
        assert not torch.equal(parameter[0], parameter[1])


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [([784, 10], 7850), ([784, 256, 10], 203_530), ([4, 3, 2, 1], 15 + 8 + 3)],
)
def test_parameters_are_weights_and_biases_of_each_layer(sizes, expected, generator):
    assert number_of_parameters(MLP(sizes)) == expected
    assert number_of_parameters(MLPScratch(sizes, generator=generator)) == expected
    several = ParallelMLPs(5, sizes, generator=generator)
    assert number_of_parameters(several) == 5 * expected


def test_the_outputs_are_not_activated(generator):
    inputs = torch.rand(64, SIZES[0], generator=generator)

    for outputs in (
        MLP(SIZES)(inputs),
        MLPScratch(SIZES, generator=generator)(inputs),
        ParallelMLPs(1, SIZES, generator=generator)(inputs[None]),
    ):
        assert outputs.min() < 0


def test_without_hidden_layer_it_is_an_affine_map(generator):
    model = MLP([3, 2])
    inputs = torch.rand(BATCH, 3, generator=generator)

    (layer,) = affine_maps(model)

    torch.testing.assert_close(model(inputs), inputs @ layer.weight.T + layer.bias)


def test_the_activation_is_made_anew_for_each_hidden_layer():
    model = MLP(SIZES, activation=nn.PReLU)

    # One slope for each of the two hidden layers, not one that they share.
    assert sum(isinstance(layer, nn.PReLU) for layer in model.layers) == 2
    assert number_of_parameters(model) == number_of_parameters(MLP(SIZES)) + 2


@pytest.mark.parametrize("make", [MLPScratch, lambda *a, **k: ParallelMLPs(4, *a, **k)])
def test_parameters_start_as_those_of_a_linear_layer(make, generator):
    model = make([100, 1000, 1000], generator=generator)

    for num_inputs, weight, bias in zip(
        [100, 1000], model.weights, model.biases, strict=True
    ):
        bound = num_inputs**-0.5
        for draws in (weight, bias):
            assert draws.abs().max() <= bound
            assert draws.abs().max() > 0.98 * bound
            # The mean of m uniform draws has the standard error bound / sqrt(3 m).
            assert draws.mean().abs() < 5 * bound / (3 * draws.numel()) ** 0.5


def test_the_generator_decides_the_parameters():
    first, second = (
        MLPScratch(SIZES, generator=torch.Generator().manual_seed(3)) for _ in range(2)
    )

    for own, theirs in zip(first.parameters(), second.parameters(), strict=True):
        torch.testing.assert_close(own, theirs, rtol=0, atol=0)


def test_every_parameter_gets_a_gradient(images, scratch):
    scratch(images).square().sum().backward()

    for parameter in scratch.parameters():
        assert parameter.grad.abs().sum() > 0


@pytest.mark.parametrize("sizes", [[], [784], [784, 0, 10]])
def test_sizes_that_make_no_network_are_refused(sizes, generator):
    with pytest.raises(ValueError, match=r"such as \[784, 256, 10\]"):
        MLP(sizes)
    with pytest.raises(ValueError, match=r"such as \[784, 256, 10\]"):
        MLPScratch(sizes, generator=generator)
    with pytest.raises(ValueError, match=r"such as \[784, 256, 10\]"):
        ParallelMLPs(2, sizes, generator=generator)


def test_there_must_be_a_parallel_model(generator):
    with pytest.raises(ValueError, match="at least 1, got 0"):
        ParallelMLPs(0, SIZES, generator=generator)


def squared_errors(outputs, targets):
    return (outputs[..., 0] - targets).square().mean(dim=1)


def train_parallel(models, generator, **options):
    inputs = torch.arange(12.0).reshape(6, 2) / 12
    fit_parallel(
        models,
        inputs,
        inputs.sum(dim=1),
        optimizer=torch.optim.SGD(models.parameters(), lr=0.1),
        generator=generator,
        **{"loss_fn": squared_errors, "batch_size": 6, "num_epochs": 1, **options},
    )
    return squared_errors(models(inputs), inputs.sum(dim=1))


def test_a_full_batch_step_is_that_of_each_model_alone(generator):
    several = ParallelMLPs(2, [2, 5, 1], activation=torch.tanh, generator=generator)
    alone = MLPScratch([2, 5, 1], activation=torch.tanh, generator=generator)
    with torch.no_grad():
        for own, theirs in zip(alone.parameters(), several.parameters(), strict=True):
            own.copy_(theirs[1].reshape(own.shape))
    inputs = torch.arange(12.0).reshape(6, 2) / 12

    train_parallel(several, generator)
    (alone(inputs)[:, 0] - inputs.sum(dim=1)).square().mean().backward()

    for own, theirs in zip(alone.parameters(), several.parameters(), strict=True):
        after = own - 0.1 * own.grad
        torch.testing.assert_close(after, theirs[1].reshape(own.shape))


def test_parallel_training_reaches_what_a_network_can_learn(generator):
    models = ParallelMLPs(3, [2, 8, 1], generator=generator)

    losses = train_parallel(models, generator, batch_size=2, num_epochs=300)

    assert losses.max() < 1e-3


def test_each_model_sees_only_the_examples_of_its_own(generator):
    seen = []

    def spy(outputs, targets):
        seen.append(targets)
        return squared_errors(outputs, targets)

    own = torch.tensor([[0, 1, 2], [3, 4, 5]])
    models = ParallelMLPs(2, [2, 1], generator=generator)
    train_parallel(models, generator, loss_fn=spy, batch_size=2, own=own)

    first, second = torch.cat(seen, dim=1).sort(dim=1).values * 12
    torch.testing.assert_close(first, torch.tensor([1.0, 5.0, 9.0]))
    torch.testing.assert_close(second, torch.tensor([13.0, 17.0, 21.0]))


def test_a_loss_that_is_not_one_for_each_model_is_refused(generator):
    models = ParallelMLPs(2, [2, 1], generator=generator)

    with pytest.raises(ValueError, match="each of 2 models, got shape"):
        train_parallel(
            models, generator, loss_fn=lambda outputs, targets: outputs.mean()
        )
