"""The perceptron, which learns a hyperplane from its mistakes."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["Perceptron"]


class Perceptron:
    r"""A linear classifier with labels -1 and 1 that changes after mistakes only.

    .. math:: \hat{y} = \operatorname{sign}(\mathbf{w}^\top \mathbf{x} + b)

    An example on the hyperplane itself counts as a mistake. After a mistake
    :math:`y\,\mathbf{x}` is added to the weights and :math:`y` to the bias; both begin
    at 0. If some hyperplane separates the examples, this ends after finitely many
    mistakes; if none does, it never ends by itself, and ``fit`` stops after
    ``max_epochs``.

    Parameters
    ----------
    num_inputs
        Numbers per example.
    bias
        ``False`` keeps the bias at 0: a hyperplane through the origin.

    Attributes
    ----------
    weight : (num_inputs,) float64
        Normal vector of the hyperplane, pointing to the side of the label 1.
    bias : () float64
        Its offset.
    num_mistakes
        Updates in all passes over the data.
    num_epochs
        Passes over the data, the last one without a mistake included.
    converged
        Whether the last pass was without a mistake. ``False`` after ``max_epochs``
        passes proves nothing: more passes might do.
    """

    def __init__(self, num_inputs: int, *, bias: bool = True) -> None:
        self.learns_bias = bias
        self._start(num_inputs)

    def _start(self, num_inputs: int) -> None:
        """Set everything that is learned or counted to zero."""
        self.weight = torch.zeros(num_inputs, dtype=torch.double)
        self.bias = torch.zeros((), dtype=torch.double)
        self.num_mistakes = 0
        self.num_epochs = 0
        self.converged = False

    def fit(
        self, inputs: Tensor, labels: Tensor, *, max_epochs: int = 1000
    ) -> Perceptron:
        """Start from zero, go through the examples in their order, return the model.

        It computes one example after the other on the CPU, in double precision.

        Parameters
        ----------
        inputs : (n, num_inputs) float
            One example per row.
        labels : (n,) number
            Each -1 or 1.
        max_epochs
            Passes over the data after which it gives up.

        Raises
        ------
        ValueError
            If there is no example, a shape is another, a number is not finite, a label
            is neither -1 nor 1, or ``max_epochs`` is not positive.
        """
        self._check_inputs(inputs)
        self._check_labels(labels, len(inputs))
        if max_epochs < 1:
            raise ValueError(f"max_epochs must be at least 1, got {max_epochs}")
        examples = inputs.detach().cpu().double()
        targets = labels.detach().cpu().double()
        self._start(len(self.weight))
        while not self.converged and self.num_epochs < max_epochs:
            mistakes = sum(
                self._learn(x, y) for x, y in zip(examples, targets, strict=True)
            )
            self.num_mistakes += mistakes
            self.num_epochs += 1
            self.converged = mistakes == 0
        return self

    def _learn(self, x: Tensor, y: Tensor) -> bool:
        """Update the parameters if they are wrong about one example; say if so."""
        if y * (self.weight @ x + self.bias) > 0:
            return False
        self.weight += y * x
        if self.learns_bias:
            self.bias += y
        return True

    def scores(self, inputs: Tensor) -> Tensor:
        """Return ``inputs @ weight + bias``, positive on the side of the label 1.

        Parameters
        ----------
        inputs : (n, num_inputs) float

        Returns
        -------
        Tensor : (n,) float64

        Raises
        ------
        ValueError
            If there is no example, the shape is another or a number is not finite.
        """
        self._check_inputs(inputs)
        return inputs.detach().cpu().double() @ self.weight + self.bias

    def predict(self, inputs: Tensor) -> Tensor:
        """Return the label of each example, 1 for a score above 0 and else -1.

        Parameters
        ----------
        inputs : (n, num_inputs) float

        Returns
        -------
        Tensor : (n,) int64

        Raises
        ------
        ValueError
            As :meth:`scores`.
        """
        return torch.where(self.scores(inputs) > 0, 1, -1)

    def _check_inputs(self, inputs: Tensor) -> None:
        """Raise ``ValueError`` unless ``inputs`` are examples of the right size."""
        num_inputs = len(self.weight)
        if inputs.ndim != 2 or inputs.shape[1] != num_inputs or len(inputs) == 0:
            raise ValueError(
                f"inputs must have shape (n, {num_inputs}) with at least one row, got "
                f"{tuple(inputs.shape)}; pictures are flattened by .flatten(1)"
            )
        if not inputs.isfinite().all():
            raise ValueError(
                "inputs must be finite, got NaN or infinity; fill in or drop what is "
                "missing first"
            )

    def _check_labels(self, labels: Tensor, num_examples: int) -> None:
        """Raise ``ValueError`` unless there is a label -1 or 1 for each example."""
        if labels.shape != (num_examples,):
            raise ValueError(
                f"labels must have shape ({num_examples},), one per example, got "
                f"{tuple(labels.shape)}"
            )
        if not (labels.abs() == 1).all():
            raise ValueError(
                f"labels must be -1 or 1, got {labels.unique()[:5].tolist()}; of 0 and "
                "1 make them by 2 * labels - 1"
            )
