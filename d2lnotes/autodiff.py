"""Automatic differentiation of scalars, small enough to read in one sitting.

A program is a chain of elementary operations, each with known partial derivatives.
:class:`Dual` multiplies them from the inputs on (forward mode), :class:`Node` from
the output back (reverse mode). The tests compare both with torch.

The numbers inside may themselves be dual numbers or nodes: a ``Dual`` of nodes
differentiates twice, and nodes of nodes write the derivative down as a graph.
"""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias, Union

__all__ = [
    "Dual",
    "Node",
    "Operation",
    "cos",
    "exp",
    "forward_gradient",
    "log",
    "relu",
    "reverse_gradient",
    "sin",
    "tanh",
    "trace",
]

Number: TypeAlias = Union[float, "Arithmetic"]


@dataclass(frozen=True)
class Operation:
    """An elementary operation: what it computes, and its partial derivatives."""

    symbol: str
    function: Callable[..., float]
    partials: Callable[..., tuple[Number, ...]]

    def __call__(self, *operands: Number) -> Number:
        """Apply the operation to floats, to dual numbers, or to nodes."""
        for kind in (Dual, Node):
            if any(isinstance(operand, kind) for operand in operands):
                return kind.apply(self, operands)
        return self.function(*operands)


ADD = Operation("+", operator.add, lambda a, b: (1.0, 1.0))
SUBTRACT = Operation("-", operator.sub, lambda a, b: (1.0, -1.0))
MULTIPLY = Operation("×", operator.mul, lambda a, b: (b, a))
DIVIDE = Operation("÷", operator.truediv, lambda a, b: (1 / b, -a / (b * b)))
NEGATE = Operation("neg", operator.neg, lambda a: (-1.0,))
ABSOLUTE = Operation("abs", abs, lambda a: (float((a > 0) - (a < 0)),))

exp: Operation = Operation("exp", math.exp, lambda a: (exp(a),))
log: Operation = Operation("log", math.log, lambda a: (1 / a,))
sin: Operation = Operation("sin", math.sin, lambda a: (cos(a),))
cos: Operation = Operation("cos", math.cos, lambda a: (-sin(a),))
tanh: Operation = Operation("tanh", math.tanh, lambda a: (1 - tanh(a) * tanh(a),))
relu: Operation = Operation("relu", lambda a: max(a, 0.0), lambda a: (float(a > 0),))


def power(exponent: float) -> Operation:
    """Return the operation that raises to a constant power."""
    if isinstance(exponent, Arithmetic):
        raise TypeError(
            f"the exponent must be a plain number, got {exponent!r}; "
            "write a**b as exp(b * log(a))"
        )
    return Operation(
        f"^{exponent:g}",
        lambda a: a**exponent,
        # a**0 is constant; the rule would divide by zero at a = 0
        lambda a: (exponent * a ** (exponent - 1) if exponent else 0.0,),
    )


class Arithmetic:
    """Turns Python's operators into operations; compares by value."""

    value: Number

    def __add__(self, other: Number) -> Number:
        return ADD(self, other)

    def __radd__(self, other: Number) -> Number:
        return ADD(other, self)

    def __sub__(self, other: Number) -> Number:
        return SUBTRACT(self, other)

    def __rsub__(self, other: Number) -> Number:
        return SUBTRACT(other, self)

    def __mul__(self, other: Number) -> Number:
        return MULTIPLY(self, other)

    def __rmul__(self, other: Number) -> Number:
        return MULTIPLY(other, self)

    def __truediv__(self, other: Number) -> Number:
        return DIVIDE(self, other)

    def __rtruediv__(self, other: Number) -> Number:
        return DIVIDE(other, self)

    def __pow__(self, exponent: float) -> Number:
        return power(exponent)(self)

    def __neg__(self) -> Number:
        return NEGATE(self)

    def __abs__(self) -> Number:
        return ABSOLUTE(self)

    def __float__(self) -> float:
        return float(self.value)

    def __eq__(self, other: object) -> bool:
        return float(self) == other

    __hash__ = object.__hash__

    def __lt__(self, other: Number) -> bool:
        return float(self) < float(other)

    def __gt__(self, other: Number) -> bool:
        return float(self) > float(other)


class Dual(Arithmetic):
    """A number together with its derivative: forward mode.

    Parameters
    ----------
    value
        The number.
    slope
        Its derivative with respect to the one input that the program is asked
        about: 1 for that input, 0 for every other.
    """

    def __init__(self, value: Number, slope: Number = 0.0) -> None:
        self.value = value
        self.slope = slope

    @classmethod
    def apply(cls, operation: Operation, operands: tuple[Number, ...]) -> Dual:
        """Compute value and slope of a result; nothing else is kept."""
        values = [x.value if isinstance(x, Dual) else x for x in operands]
        partials = operation.partials(*values)
        terms = [
            partial * x.slope
            for partial, x in zip(partials, operands, strict=True)
            if isinstance(x, Dual)
        ]
        return cls(operation(*values), reduce(operator.add, terms))

    def __repr__(self) -> str:
        return f"Dual({self.value}, slope={self.slope})"


class Node(Arithmetic):
    """A number that remembers where it came from: reverse mode.

    Parameters
    ----------
    value
        The number.
    operation, operands, partials
        What made it, out of which numbers, and its derivative with respect to each
        of them. Left out for an input.

    Attributes
    ----------
    gradient
        What all calls of :meth:`backward` have added up so far.
    """

    def __init__(
        self,
        value: Number,
        operation: Operation | None = None,
        operands: tuple[Number, ...] = (),
        partials: tuple[Number, ...] = (),
    ) -> None:
        self.value = value
        self.operation = operation
        self.operands = operands
        self.partials = partials
        self.gradient: Number = 0.0

    @classmethod
    def apply(cls, operation: Operation, operands: tuple[Number, ...]) -> Node:
        """Compute a result and record the step that led to it."""
        values = [x.value if isinstance(x, Node) else x for x in operands]
        return cls(operation(*values), operation, operands, operation.partials(*values))

    def adjoints(self) -> dict[Node, Number]:
        """Return the derivative of this number with respect to every earlier one."""
        found: dict[Node, Number] = {self: 1.0}
        for node in reversed(trace(self)):
            for partial, operand in zip(node.partials, node.operands, strict=True):
                if isinstance(operand, Node):
                    term = partial * found[node]
                    found[operand] = found[operand] + term if operand in found else term
        return found

    def backward(self) -> None:
        """Add the derivative of this number to the gradient of every earlier one."""
        for node, adjoint in self.adjoints().items():
            node.gradient = node.gradient + adjoint

    def __repr__(self) -> str:
        return f"Node({self.value}, gradient={self.gradient})"


def trace(output: Node) -> list[Node]:
    """Return ``output`` and what it was made from, operands before results."""
    order: list[Node] = []
    seen: set[Node] = set()
    waiting = [(output, False)]
    while waiting:
        node, operands_done = waiting.pop()
        if operands_done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            waiting.append((node, True))
            operands = [x for x in node.operands if isinstance(x, Node)]
            waiting.extend((x, False) for x in reversed(operands))
    return order


def forward_gradient(
    function: Callable[..., Number], point: Sequence[Number]
) -> list[Number]:
    """Return the partial derivatives of ``function``, one forward run for each.

    Parameters
    ----------
    function
        Takes as many numbers as ``point`` holds and returns one.
    point
        Where to differentiate.

    Raises
    ------
    TypeError
        If ``function`` returns anything but one number.
    """
    gradient = []
    for asked in range(len(point)):
        inputs = [Dual(x, float(i == asked)) for i, x in enumerate(point)]
        output = _one_number(function(*inputs))
        gradient.append(output.slope if isinstance(output, Dual) else 0.0)
    return gradient


def reverse_gradient(
    function: Callable[..., Number], point: Sequence[Number]
) -> list[Number]:
    """Return the partial derivatives of ``function`` from one run there and back.

    Parameters
    ----------
    function
        Takes as many numbers as ``point`` holds and returns one.
    point
        Where to differentiate.

    Raises
    ------
    TypeError
        If ``function`` returns anything but one number.
    """
    inputs = [Node(x) for x in point]
    output = _one_number(function(*inputs))
    adjoints = output.adjoints() if isinstance(output, Node) else {}
    return [adjoints.get(x, 0.0) for x in inputs]


def _one_number(output: object) -> Number:
    """Return ``output`` if it can be differentiated, or is a constant."""
    if not isinstance(output, Arithmetic | numbers.Real):
        raise TypeError(
            f"the function must return one number, got {type(output).__name__}; a "
            "function of several outputs has a gradient for each: differentiate them "
            "one by one"
        )
    return output  # type: ignore[return-value]
