"""Tests for d2lnotes.plotting.graphs: what a reader of a graph must find in it."""

import matplotlib.pyplot as plt
import pytest

from d2lnotes.autodiff import Node, sin
from d2lnotes.plotting import plot_graph


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
