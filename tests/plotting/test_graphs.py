"""Tests for d2lnotes.plotting.graphs: what a reader of a graph must find in it."""

import matplotlib.pyplot as plt
import pytest

from d2lnotes.autodiff import Node, sin
from d2lnotes.plotting import plot_graph, plot_pass


@pytest.fixture
def inputs():
    return {"x": Node(3.0), "w": Node(2.0), "y": Node(5.0)}


@pytest.fixture
def output(inputs):
    return (inputs["x"] * inputs["w"] - inputs["y"]) ** 2


def texts(ax):
    return [text.get_text() for text in ax.texts]


def place(ax, title):
    return next(t.get_position() for t in ax.texts if t.get_text() == title)


def test_inputs_have_their_names_and_operations_their_symbols(inputs, output):
    shown = texts(plot_graph(output, names=inputs))

    assert {"x", "w", "y", "×", "-", "^2"} <= set(shown)


def test_each_node_shows_value_and_derivative(inputs, output):
    shown = texts(plot_graph(output, names=inputs))

    numbers = {"3\n∂ 4", "2\n∂ 6", "5\n∂ -2", "6\n∂ 2", "1\n∂ 2", "1\n∂ 1"}
    assert numbers <= set(shown)


def test_arrows_show_the_derivative_of_their_step():
    x = Node(3.0)

    shown = texts(plot_graph(x * 7.0))

    assert "7" in shown


def test_two_arrows_from_one_operand_share_a_label():
    x = Node(3.0)

    shown = texts(plot_graph(x * x))

    assert "3 + 3" in shown


def test_a_constant_stands_on_its_side_of_the_operation():
    x = Node(3.0)

    assert "2-" in texts(plot_graph(2.0 - x))
    assert "-2" in texts(plot_graph(x - 2.0))


def test_results_stand_right_of_their_operands(inputs, output):
    ax = plot_graph(output, names=inputs)

    columns = [place(ax, title)[0] for title in ("x", "×", "-", "^2")]
    assert columns == [0, 1, 2, 3]


def test_no_two_nodes_share_a_place():
    x = Node(0.5)
    ax = plot_graph((sin(x) + sin(2.0 * x)) * (x - sin(x)))

    places = [text.xy for text in ax.texts if "\n" in text.get_text()]
    assert len(set(places)) == len(places) == 8


def test_graph_draws_where_it_is_told(output):
    ax = plt.subplots()[1]

    assert plot_graph(output, ax=ax) is ax
    assert len(plt.get_fignums()) == 1


def test_going_forward_an_edge_carries_the_value_where_it_begins(inputs, output):
    shown = texts(plot_pass(output, names=inputs))

    assert sorted(t for t in shown if t.isdigit()) == ["1", "1", "2", "3", "5", "6"]


def test_going_back_an_edge_carries_what_arrives_times_its_step(inputs, output):
    shown = texts(plot_pass(output, names=inputs, backward=True))

    products = {"2 × 2 = 4", "2 × 3 = 6", "2 × 1 = 2", "2 × (-1) = -2", "1 × 2 = 2"}
    assert products <= set(shown)


def test_an_input_shows_the_sum_of_what_its_edges_bring_back():
    x = Node(2.0)

    shown = texts(plot_pass(x**2 + 5.0 * x, names={"x": x}, backward=True))

    assert {"1 × 4 = 4", "1 × 5 = 5", "9"} <= set(shown)


def test_two_edges_from_one_operand_bring_back_their_sum():
    x = Node(3.0)

    shown = texts(plot_pass(x * x, names={"x": x}, backward=True))

    assert {"1 × (3 + 3) = 6", "6"} <= set(shown)


def test_an_input_stands_next_to_the_first_step_that_uses_it(inputs, output):
    ax = plot_pass(output, names=inputs)

    columns = [place(ax, title)[0] for title in ("x", "w", "y", "-")]
    assert columns == [0, 0, 1, 2]


def test_inputs_of_equal_value_are_told_apart():
    a, b = Node(1.0), Node(1.0)

    ax = plot_pass(a * 2.0 * 2.0 + b, names={"a": a, "b": b})

    assert place(ax, "a")[0] == 0
    assert place(ax, "b")[0] == 2
