"""Multilayer perceptrons: fully connected layers with an activation between them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

__all__ = ["MLP", "MLPScratch", "ParallelMLPs", "fit_parallel"]

Elementwise = Callable[[Tensor], Tensor]


class MLP(nn.Module):
    r"""A multilayer perceptron: affine maps, an activation after each but the last.

    .. math::

       \mathbf{H} = \sigma(\mathbf{X}\mathbf{W}_1 + \mathbf{b}_1), \qquad
       \mathbf{O} = \mathbf{H}\mathbf{W}_2 + \mathbf{b}_2

    with one hidden layer; more sizes give more of them.

    Parameters
    ----------
    sizes
        Numbers per example, from the inputs to the outputs: ``[784, 256, 10]`` has
        one hidden layer of 256 units.
    activation
        Makes the module after each hidden layer, such as ``nn.Tanh``.

    Raises
    ------
    ValueError
        If there are fewer than two sizes, or one is less than 1.
    """

    def __init__(
        self, sizes: Sequence[int], *, activation: Callable[[], nn.Module] = nn.ReLU
    ) -> None:
        super().__init__()
        _check_sizes(sizes)
        layers: list[nn.Module] = [nn.Flatten()]
        for num_inputs, num_outputs in pairwise(sizes):
            layers += [nn.Linear(num_inputs, num_outputs), activation()]
        self.layers = nn.Sequential(*layers[:-1])  # the outputs get no activation

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the outputs.

        Parameters
        ----------
        inputs : (batch, *) float
            Each example holds ``sizes[0]`` numbers, in any shape.

        Returns
        -------
        Tensor : (batch, sizes[-1]) float
        """
        return self.layers(inputs)


class MLPScratch(nn.Module):
    r"""The same model with its parameters and its products written out.

    Weights and biases start as :class:`torch.nn.Linear` starts them: uniform draws
    between :math:`\pm 1/\sqrt{n}` for a layer of :math:`n` inputs.

    Parameters
    ----------
    sizes
        Numbers per example, from the inputs to the outputs.
    activation
        The function applied to each entry after each layer but the last.
    generator
        Draws the parameters.

    Raises
    ------
    ValueError
        If there are fewer than two sizes, or one is less than 1.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        activation: Elementwise = torch.relu,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        _check_sizes(sizes)
        self.activation = activation
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for num_inputs, num_outputs in pairwise(sizes):
            weight = _draw((num_inputs, num_outputs), num_inputs, generator)
            self.weights.append(weight)
            self.biases.append(_draw((num_outputs,), num_inputs, generator))

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the outputs.

        Parameters
        ----------
        inputs : (batch, *) float
            Each example holds ``sizes[0]`` numbers, in any shape.

        Returns
        -------
        Tensor : (batch, sizes[-1]) float
        """
        hidden = inputs.flatten(start_dim=1)  # (batch, sizes[0])
        *before, last = zip(self.weights, self.biases, strict=True)
        for weight, bias in before:
            hidden = self.activation(hidden @ weight + bias)
        weight, bias = last
        return hidden @ weight + bias


class ParallelMLPs(nn.Module):
    r"""Several multilayer perceptrons of one shape, computed at once.

    Each has parameters and inputs of its own, so that the sum of their losses trains
    each as if it were alone. For small networks this is many times faster than one
    after another. They start as :class:`MLPScratch` does.

    Parameters
    ----------
    num_models
        How many there are.
    sizes
        Numbers per example, from the inputs to the outputs.
    activation
        The function applied to each entry after each layer but the last.
    generator
        Draws the parameters.

    Raises
    ------
    ValueError
        If there is no model, there are fewer than two sizes, or one is less than 1.
    """

    def __init__(
        self,
        num_models: int,
        sizes: Sequence[int],
        *,
        activation: Elementwise = torch.relu,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        if num_models < 1:
            raise ValueError(f"num_models must be at least 1, got {num_models}")
        _check_sizes(sizes)
        self.num_models = num_models
        self.activation = activation
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for num_inputs, num_outputs in pairwise(sizes):
            shape = (num_models, num_inputs, num_outputs)
            self.weights.append(_draw(shape, num_inputs, generator))
            shape = (num_models, 1, num_outputs)
            self.biases.append(_draw(shape, num_inputs, generator))

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the outputs of each model.

        Parameters
        ----------
        inputs : (num_models, batch, sizes[0]) float
            Of shape (batch, sizes[0]) if all models get the same examples.

        Returns
        -------
        Tensor : (num_models, batch, sizes[-1]) float
        """
        hidden = inputs.expand(self.num_models, -1, -1)
        *before, last = zip(self.weights, self.biases, strict=True)
        for weight, bias in before:
            hidden = self.activation(torch.baddbmm(bias, hidden, weight))
        weight, bias = last
        return torch.baddbmm(bias, hidden, weight)


def fit_parallel(
    models: ParallelMLPs,
    inputs: Tensor,
    targets: Tensor,
    *,
    loss_fn: Callable[[Tensor, Tensor], Tensor],
    optimizer: Optimizer,
    batch_size: int,
    num_epochs: int,
    generator: torch.Generator,
    own: Tensor | None = None,
) -> None:
    """Train all models in place, each with the examples in an order of its own.

    Parameters
    ----------
    models
        What to train.
    inputs : (num_examples, num_inputs) float
    targets : (num_examples,)
    loss_fn
        Maps outputs (num_models, batch, num_outputs) and targets (num_models, batch)
        to the mean loss of each model, shape (num_models,).
    optimizer
        Holds the parameters of ``models``. One that looks at each entry by itself, as
        SGD and Adam do, trains every model as if it were alone.
    batch_size
        Examples per step; the last batch of an epoch may hold fewer.
    num_epochs
        How often to go through the examples.
    generator
        Draws the orders; on the CPU.
    own : (num_models, num_own) int64, optional
        The numbers of the examples of each model; without it each gets all.

    Raises
    ------
    ValueError
        If ``loss_fn`` returns another shape.
    """
    if own is None:
        own = torch.arange(len(inputs)).expand(models.num_models, -1)
    own = own.to(inputs.device)
    for _ in range(num_epochs):
        order = torch.rand(own.shape, generator=generator).argsort(dim=1)
        shuffled = own.gather(1, order.to(own.device))
        for batch in shuffled.split(batch_size, dim=1):  # (num_models, batch_size)
            losses = loss_fn(models(inputs[batch]), targets[batch])
            if losses.shape != (models.num_models,):
                raise ValueError(
                    "loss_fn must return one mean loss for each of "
                    f"{models.num_models} models, got shape {tuple(losses.shape)}; "
                    "average over the batch, dimension 1"
                )
            optimizer.zero_grad()
            losses.sum().backward()
            optimizer.step()


def _draw(
    shape: Sequence[int], num_inputs: int, generator: torch.Generator
) -> nn.Parameter:
    """Return uniform draws between plus and minus ``1 / sqrt(num_inputs)``."""
    bound = 1 / math.sqrt(num_inputs)
    draws = torch.rand(*shape, generator=generator)
    return nn.Parameter(bound * (2 * draws - 1))


def _check_sizes(sizes: Sequence[int]) -> None:
    """Raise ``ValueError`` unless there are inputs and outputs, and no layer is empty."""
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(
            "sizes must name the inputs, the hidden layers if any, and the outputs, "
            f"each at least 1, such as [784, 256, 10]; got {list(sizes)}"
        )
