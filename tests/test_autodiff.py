"""Tests for d2lnotes.autodiff, with torch's autograd as the oracle."""

import random

import pytest
import torch

from d2lnotes import autodiff
from d2lnotes.autodiff import Dual, Node, forward_gradient, reverse_gradient, trace

MODES = {"forward": forward_gradient, "reverse": reverse_gradient}
each_mode = pytest.mark.parametrize("gradient", MODES.values(), ids=MODES)

# How a new number is made of two earlier ones, ours and torch's; no step can leave
# the domain of another, so that every random program is defined.
STEPS = [
    lambda f, a, b: a + b,
    lambda f, a, b: a - 1.5 * b,
    lambda f, a, b: 2.0 - a,
    lambda f, a, b: a * b,
    lambda f, a, b: a / (1.0 + b * b),
    lambda f, a, b: 1.0 / (2.0 + a**2),
    lambda f, a, b: -abs(a) + 0.5,
    lambda f, a, b: f.exp(-a * a),
    lambda f, a, b: f.log(1.0 + a**2),
    lambda f, a, b: f.sin(a),
    lambda f, a, b: f.cos(a) * b,
    lambda f, a, b: f.tanh(a),
    lambda f, a, b: f.relu(a) + b,
    lambda f, a, b: (1.0 + a**2) ** -0.5,
    lambda f, a, b: a if a > b else a * b,
]


def random_program(seed, num_steps=11):
    """Return a function of a namespace and three numbers, drawn from ``seed``."""
    draw = random.Random(seed)
    plan = [
        (draw.choice(STEPS), draw.random(), draw.random()) for _ in range(num_steps)
    ]

    def program(functions, *point):
        numbers = list(point)
        for step, first, second in plan:
            a = numbers[int(first * len(numbers))]
            b = numbers[int(second * len(numbers))]
            numbers.append(functions.tanh(step(functions, a, b)))
        return sum(numbers[3:], start=numbers[0] * numbers[1])

    return program


def random_point(seed):
    draw = random.Random(1000 + seed)
    return [draw.uniform(-2, 2) for _ in range(3)]


def torch_gradient(program, point):
    inputs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in point]
    output = program(torch, *inputs)
    grads = torch.autograd.grad(
        output, inputs, allow_unused=True, materialize_grads=True
    )
    return [grad.item() for grad in grads]


@each_mode
@pytest.mark.parametrize("seed", range(50))
def test_random_programs_agree_with_torch(gradient, seed):
    program, point = random_program(seed), random_point(seed)

    ours = gradient(lambda *inputs: program(autodiff, *inputs), point)

    assert ours == pytest.approx(torch_gradient(program, point), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("step", STEPS)
@each_mode
def test_every_step_agrees_with_torch(gradient, step):
    point = [0.7, -1.3]

    ours = gradient(lambda a, b: step(autodiff, a, b), point)

    expected = torch_gradient(lambda f, a, b: step(f, a, b), point)
    assert ours == pytest.approx(expected, rel=1e-14, abs=0)


@pytest.mark.parametrize("seed", range(10))
def test_a_dual_of_nodes_differentiates_twice(seed):
    program, point = random_program(seed), random_point(seed)

    def bent(functions, first, *others):  # never linear in the first
        return program(functions, first, *others) * functions.sin(first)

    x = Node(point[0])
    slope = bent(autodiff, Dual(x, 1.0), *point[1:]).slope

    at, *others = torch.tensor(point, dtype=torch.float64)
    expected = torch.autograd.functional.hessian(
        lambda first: bent(torch, first, *others), at
    ).item()
    assert slope.adjoints()[x] == pytest.approx(expected, rel=1e-10, abs=1e-10)


def test_a_node_is_a_constant_for_a_dual_of_nodes():
    x, y = Node(3.0), Node(5.0)

    slope = (Dual(x, 1.0) * y * Dual(x, 1.0)).slope

    assert slope == 30.0
    assert slope.adjoints()[y] == 6.0


@each_mode
@pytest.mark.parametrize(
    "kinked", [lambda f, x: f.relu(x), lambda f, x: abs(x)], ids=["relu", "abs"]
)
def test_kinks_have_the_derivative_that_torch_gives(gradient, kinked):
    ours = gradient(lambda x: kinked(autodiff, x), [0.0])

    assert ours == torch_gradient(kinked, [0.0])


@each_mode
def test_power_zero_has_derivative_zero_even_at_zero(gradient):
    assert gradient(lambda a: a**0, [0.0]) == [0.0]


@each_mode
def test_power_refuses_an_exponent_that_differentiates(gradient):
    with pytest.raises(TypeError, match=r"exp\(b \* log\(a\)\)"):
        gradient(lambda a, b: a**b, [2.0, 3.0])


@each_mode
def test_an_input_that_is_not_used_has_derivative_zero(gradient):
    assert gradient(lambda a, b: a * 3.0, [2.0, 5.0]) == [3.0, 0.0]


@each_mode
def test_a_constant_has_derivative_zero(gradient):
    assert gradient(lambda a: 7.0, [2.0]) == [0.0]


def test_backward_twice_adds_up():
    x = Node(3.0)
    y = x * x

    y.backward()
    y.backward()

    assert x.gradient == 12.0


def test_two_outputs_add_their_derivatives():
    x = Node(3.0)

    (x * x).backward()
    (5.0 * x).backward()

    assert x.gradient == 11.0


def test_trace_puts_operands_before_results_and_each_node_once():
    x = Node(2.0)
    y = autodiff.sin(x)
    z = (x * y + y) * y

    order = trace(z)

    places = {id(node): place for place, node in enumerate(order)}
    assert len(places) == len(order) == 5
    assert all(
        places[id(operand)] < places[id(node)]
        for node in order
        for operand in node.operands
    )


def test_a_long_chain_needs_no_deep_recursion():
    x = Node(1.0)
    y = x
    for _ in range(10_000):
        y = y + 1.0

    assert y.adjoints()[x] == 1.0


def test_numbers_compare_by_value():
    assert Node(2.0) == 2.0
    assert Node(2.0) == Node(2.0)
    assert Node(2.0) != Dual(3.0)
    assert 1.0 < Dual(2.0) < 3.0


def test_functions_of_plain_numbers_return_plain_numbers():
    assert autodiff.exp(0.0) == 1.0


@each_mode
@pytest.mark.parametrize(
    "outputs", [lambda x: (x, x * x), lambda x: [x], lambda x: None]
)
def test_a_function_of_several_outputs_is_refused(gradient, outputs):
    with pytest.raises(TypeError, match="must return one number, got "):
        gradient(outputs, [2.0])


@each_mode
def test_a_constant_has_the_gradient_zero(gradient):
    assert gradient(lambda x: 3, [2.0]) == [0.0]
