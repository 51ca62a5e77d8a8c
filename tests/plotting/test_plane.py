"""Tests for d2lnotes.plotting.plane: arrows true to length, curves where they belong."""

import matplotlib.pyplot as plt
import pytest
import torch

from d2lnotes.plotting import plot_contours, plot_linear_map, plot_vectors

VECTORS = torch.tensor([[3.0, 1.0], [-2.0, 5.0]])
ORIGINS = torch.tensor([[7.0, 0.0], [0.0, -11.0]])
RANGES = {"x_range": (-3.0, 3.0), "y_range": (-2.0, 2.0)}


def squared_length(points):
    return points.square().sum(dim=-1)


def arrows(ax):
    """Return where the arrows begin and what they add, as drawn."""
    (quiver,) = ax.collections
    tails = torch.tensor(quiver.XY.tolist())
    return tails, torch.tensor([quiver.U.tolist(), quiver.V.tolist()]).T


def curves(ax):
    """Return the points of each curve, by the value it stands for."""
    (contours,) = ax.collections
    paths = zip(contours.levels.tolist(), contours.get_paths(), strict=True)
    return {level: torch.tensor(path.vertices) for level, path in paths}


# Vectors


def test_arrows_begin_at_zero():
    tails, added = arrows(plot_vectors(VECTORS))

    torch.testing.assert_close(tails, torch.zeros(2, 2))
    torch.testing.assert_close(added, VECTORS)


def test_arrows_begin_at_their_origins():
    tails, added = arrows(plot_vectors(VECTORS, origins=ORIGINS))

    torch.testing.assert_close(tails, ORIGINS)
    torch.testing.assert_close(added, VECTORS)


def test_an_arrow_of_one_unit_is_as_long_as_one_unit_of_the_axis():
    ax = plot_vectors(VECTORS)
    ax.figure.canvas.draw()

    (quiver,) = ax.collections
    outline = quiver.get_transform().transform(quiver.get_paths()[0].vertices)
    pixels = torch.tensor(outline).norm(dim=1).max().item()
    tail, tip = torch.tensor(ax.transData.transform([(0, 0), (3, 1)]))
    assert pixels == pytest.approx((tip - tail).norm().item(), rel=0.01)


def test_right_angles_look_right():
    assert plot_vectors(VECTORS).get_aspect() == 1.0


@pytest.mark.parametrize("origins", [None, ORIGINS])
def test_every_arrow_lies_within_the_limits(origins):
    ax = plot_vectors(VECTORS, origins=origins)

    ends = VECTORS if origins is None else torch.cat([origins, origins + VECTORS])
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    smallest, largest = ends.aminmax(dim=0)
    assert (torch.tensor([left, bottom]) < smallest).all()
    assert (torch.tensor([right, top]) > largest).all()


def test_a_label_stands_beyond_the_tip():
    ax = plot_vectors(VECTORS, labels=["$a$", "$b$"])

    first = ax.texts[0]
    assert [text.get_text() for text in ax.texts] == ["$a$", "$b$"]
    assert first.xy == pytest.approx((3.0, 1.0))
    right, up = first.xyann  # points, along the vector, however long that is
    assert right / up == pytest.approx(3.0, rel=1e-5)
    assert 5 < right < 15


def test_arrows_may_differ_in_color():
    ax = plot_vectors(VECTORS, color=["black", "red"])

    assert ax.collections[0].get_facecolor()[:, 0].tolist() == [0.0, 1.0]


def test_vectors_may_need_a_gradient():
    _, added = arrows(plot_vectors(VECTORS.clone().requires_grad_()))

    torch.testing.assert_close(added, VECTORS)


@pytest.mark.parametrize("shape", [(2,), (0, 2), (5, 3), (5, 1, 2)])
def test_vectors_outside_the_plane_are_refused(shape):
    with pytest.raises(ValueError, match=r"shape \(n, 2\).*vector\[None\]"):
        plot_vectors(torch.ones(shape))


def test_origins_must_be_as_many_as_vectors():
    with pytest.raises(ValueError, match=r"\(2, 2\), got \(1, 2\).*expand_as"):
        plot_vectors(VECTORS, origins=ORIGINS[:1])


def test_labels_must_be_as_many_as_vectors():
    with pytest.raises(ValueError, match="got 1 for 2"):
        plot_vectors(VECTORS, labels=["$a$"])


@pytest.mark.parametrize("number", [torch.nan, torch.inf])
def test_vectors_must_be_finite(number):
    with pytest.raises(ValueError, match="must be finite"):
        plot_vectors(VECTORS * number)


# Contours


def test_a_curve_joins_the_points_of_its_value():
    ax = plot_contours(squared_length, **RANGES, levels=[1.0, 3.0])

    circles = curves(ax)
    assert circles.keys() == {1.0, 3.0}
    one = squared_length(circles[1.0])
    three = squared_length(circles[3.0])
    torch.testing.assert_close(one, torch.ones_like(one), rtol=0, atol=1e-3)
    torch.testing.assert_close(three, torch.full_like(three, 3), rtol=0, atol=1e-3)


def test_the_first_variable_runs_along_the_horizontal_axis():
    ax = plot_contours(lambda x: x[..., 0] + 0 * x[..., 1], **RANGES, levels=[2.5])

    line = curves(ax)[2.5]
    torch.testing.assert_close(line[:, 0], torch.full_like(line[:, 0], 2.5))
    assert line[:, 1].aminmax() == (-2.0, 2.0)


def test_the_middle_of_the_ranges_belongs_to_the_grid():
    seen = []

    def remember(points):
        seen.append(points)
        return squared_length(points)

    plot_contours(remember, **RANGES, num_points=7)

    assert seen[0].shape == (7, 7, 2)
    assert seen[0][3, 3].tolist() == pytest.approx([0.0, 0.0], abs=1e-12)


def test_curves_carry_their_values():
    ax = plot_contours(squared_length, **RANGES, levels=[1.0, 3.0])

    assert {text.get_text() for text in ax.texts} == {"1", "3"}


def test_nothing_is_drawn_where_a_value_is_not_finite():
    ax = plot_contours(lambda x: x[..., 0].log() + x[..., 1], **RANGES, levels=[0.0])

    assert curves(ax)[0.0][:, 0].min() > 0


@pytest.mark.parametrize("plot", [plot_vectors, plot_contours])
def test_a_new_figure_names_its_axes(plot):
    drawn = plot(VECTORS) if plot is plot_vectors else plot(squared_length, **RANGES)

    assert (drawn.get_xlabel(), drawn.get_ylabel()) == ("$x_1$", "$x_2$")


def test_figures_of_the_plane_are_drawn_where_they_are_told():
    ax = plt.subplots()[1]

    assert plot_contours(squared_length, **RANGES, ax=ax) is ax
    assert plot_vectors(VECTORS, ax=ax) is ax
    assert len(plt.get_fignums()) == 1
    assert ax.get_xlabel() == ""


def test_a_function_that_forgets_a_coordinate_is_refused():
    with pytest.raises(ValueError, match=r"made \(\) from \(201, 201, 2\)"):
        plot_contours(lambda x: x.square().sum(), **RANGES)


def test_an_empty_range_is_refused():
    with pytest.raises(ValueError, match=r"y_range must be \(low, high\).*2, -2"):
        plot_contours(squared_length, x_range=(-1, 1), y_range=(2, -2))


def test_levels_that_are_nowhere_reached_are_refused():
    with pytest.raises(ValueError, match=r"no level of \[99\].* to 13; choose"):
        plot_contours(squared_length, **RANGES, levels=[99])


@pytest.mark.parametrize(
    ("constant", "shown"), [(2.0, r"\[2\.0\]"), (torch.nan, r"\[\]")]
)
def test_a_function_that_does_not_vary_is_refused(constant, shown):
    with pytest.raises(ValueError, match=rf"two different.*got {shown}"):
        plot_contours(lambda x: torch.full_like(x[..., 0], constant), **RANGES)


# Linear maps

SHEAR = torch.tensor([[1.0, 3.0], [0.0, 2.0]])


def test_a_linear_map_shows_the_unit_circle_and_its_image():
    before, after = plot_linear_map(SHEAR).get_lines()

    circle = torch.tensor(before.get_xydata())
    torch.testing.assert_close(circle.norm(dim=1), torch.ones(len(circle)).double())
    torch.testing.assert_close(
        torch.tensor(after.get_xydata()), circle @ SHEAR.T.double()
    )


def test_a_linear_map_shows_the_columns_of_the_matrix():
    ax = plot_linear_map(SHEAR)

    torch.testing.assert_close(arrows(ax)[1], SHEAR.T)


def test_a_marked_point_is_drawn_with_its_image():
    marked = torch.tensor([[0.6, 0.8]])
    ax = plot_linear_map(SHEAR, marked=marked)

    image = ax.collections[-1]
    dot = ax.get_lines()[-1]
    torch.testing.assert_close(torch.tensor(dot.get_xydata()), marked.double())
    assert [image.U.item(), image.V.item()] == pytest.approx([3.0, 1.6])


def test_a_linear_map_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"matrix must have shape \(2, 2\), got"):
        plot_linear_map(torch.eye(3))
