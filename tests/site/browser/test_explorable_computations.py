"""What the explorables compute in the browser, with torch as the oracle."""

import base64
import math

import pytest
import sklearn.metrics
import torch
from numpy.polynomial import chebyshev
from playwright.sync_api import Error
from scipy import integrate, optimize
from torch import nn
from torch.nn import functional
from torchvision import ops

from d2lnotes.layer_table import layer_table
from d2lnotes.models.convnets import (
    VGG,
    AlexNet,
    DenseNet,
    GoogLeNet,
    LeNet,
    NiN,
    ResNet,
)
from d2lnotes.models.diffusion import (
    MixtureDenoiser,
    NoiseSchedule,
    sample_ddim,
    shape_centers,
)
from d2lnotes.site.explorables.directive import KIT
from d2lnotes.site.explorables.words import WIDGETS, widget_names

pytestmark = pytest.mark.browser

EXTREMES = [0.0, 1e-300, 1e-8, 1.0, 3.5, 20.0, 40.0, 745.0, 1e4, 1e300]

ACTIVATIONS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "ReLU": functional.relu,
    "leaky ReLU": functional.leaky_relu,
    "PReLU": lambda x: functional.prelu(x, x.new_tensor([0.25])),
    "RReLU": functional.rrelu,
    "ELU": functional.elu,
    "GELU": functional.gelu,
    "SiLU": functional.silu,
    # torch's softplus is linear above 20; this is the function itself.
    "softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x)),
}
CURVES = {
    "quadratic": lambda p: p[0] ** 2,
    "valley": lambda p: (p[0] ** 2 + 10 * p[1] ** 2) / 2,
    "twoMinima": lambda p: p[0] ** 4 / 4 - p[0] ** 2 / 2 + p[0] / 10,
    "absolute": lambda p: p[0].abs(),
}
SURFACES = {
    "bowl": lambda x, y: x**2 / 4 + y**2,
    "saddle": lambda x, y: x**2 / 4 - y**2,
    "hills": lambda x, y: x.sin() * (2 * y).cos(),
    "plane": lambda x, y: x + y / 2,
}
# Rates at which a difference in rounding does not grow from step to step.
RATES = {
    "quadratic": [0.01, 0.3, 0.5, 0.97, 1.0],
    "valley": [0.004, 0.1, 0.19, 0.2],
    "twoMinima": [0.05, 0.4, 0.5],
    "absolute": [0.3, 0.07, 1.1],
}


@pytest.fixture(scope="module")
def compute(browser):
    """Evaluate a JavaScript expression of ``E``, the computations, and arguments."""
    page = browser.new_page()
    for file in (*KIT, *(f"{name}/widget" for name in widget_names())):
        page.add_script_tag(path=WIDGETS / f"{file}.js")

    def evaluate(expression, *arguments):
        names = ", ".join("abcd"[: len(arguments)])
        return page.evaluate(
            f"([{names}]) => {{ const E = window.d2lnotesExplorables; "
            f"return {expression}; }}",
            list(arguments),
        )

    yield evaluate
    page.close()


def doubles(values):
    return torch.tensor(values, dtype=torch.float64)


def randoms(generator, *shape, scale=1.0):
    numbers = torch.randn(*shape, generator=generator, dtype=torch.float64)
    return numbers * scale


def assert_agrees(found, expected, *, rtol=1e-12, atol=1e-14):
    torch.testing.assert_close(
        doubles(found), expected, rtol=rtol, atol=atol, equal_nan=True
    )


@pytest.fixture
def inputs(generator):
    extremes = doubles(EXTREMES)
    return torch.cat([randoms(generator, 500, scale=5), extremes, -extremes])


def test_every_activation_function_is_compared(compute):
    assert compute("Object.keys(E.activations)") == list(ACTIVATIONS)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_functions_agree_with_torch(compute, inputs, name):
    found = compute("b.map(E.activations[a].value)", name, inputs.tolist())

    assert_agrees(found, ACTIVATIONS[name](inputs))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slopes_agree_with_autograd_at_kinks_too(compute, inputs, name):
    inputs.requires_grad_()
    ACTIVATIONS[name](inputs).sum().backward()

    found = compute("b.map(E.activations[a].slope)", name, inputs.tolist())

    assert_agrees(found, inputs.grad)


def test_gelu_keeps_its_digits_far_out_on_the_left(compute):
    places = torch.linspace(-30, -2, 57, dtype=torch.float64)

    found = compute("a.map(E.activations.GELU.value)", places.tolist())

    expected = places * torch.special.log_ndtr(places).exp()
    assert_agrees(found, expected, rtol=1e-11, atol=0)


@pytest.mark.parametrize(
    ("name", "rate"), [(name, rate) for name, rates in RATES.items() for rate in rates]
)
def test_gradient_descent_visits_the_points_of_torch_sgd(compute, name, rate):
    start = compute("E.curves[a].start(1.55, 0.8)", name)
    point = nn.Parameter(doubles(start))
    optimizer = torch.optim.SGD([point], lr=rate)
    expected = [doubles(start)]
    for _ in range(50):
        optimizer.zero_grad()
        CURVES[name](point).backward()
        optimizer.step()
        expected.append(point.detach().clone())

    found = compute("E.gradientDescent(a, b, c, 50)", name, start, rate)

    assert_agrees(found, torch.stack(expected), rtol=1e-9)


@pytest.mark.parametrize("name", CURVES)
def test_curves_and_their_gradients_agree_with_autograd(compute, generator, name):
    size = len(compute("E.curves[a].start(0, 0)", name))
    points = randoms(generator, size, 100).requires_grad_()
    values = CURVES[name](points)
    values.sum().backward()
    columns = points.detach().T.tolist()

    assert_agrees(compute("b.map(E.curves[a].value)", name, columns), values.detach())
    found = compute("b.map(E.curves[a].gradient)", name, columns)
    assert_agrees(found, points.grad.T)


def test_every_surface_is_compared(compute):
    assert compute("Object.keys(E.surfaces)") == list(SURFACES)


@pytest.mark.parametrize("name", SURFACES)
def test_surfaces_and_their_gradients_agree_with_autograd(compute, generator, name):
    x, y = randoms(generator, 2, 100, scale=2).requires_grad_()
    values = SURFACES[name](x, y)
    gradients = torch.autograd.grad(values.sum(), [x, y])
    places = torch.stack([x, y], dim=1).tolist()

    found = compute("b.map(([x, y]) => E.surfaces[a].value(x, y))", name, places)
    slopes = compute("b.map(([x, y]) => E.surfaces[a].gradient(x, y))", name, places)

    assert_agrees(found, values.detach(), rtol=1e-10)
    assert_agrees(slopes, torch.stack(gradients, dim=1), rtol=1e-10, atol=1e-12)


def test_the_slope_in_a_direction_is_the_directional_derivative_of_torch(
    compute, generator
):
    places, turns = randoms(generator, 50, 2), randoms(generator, 50, scale=100)
    directions = torch.stack([turns.deg2rad().cos(), turns.deg2rad().sin()], dim=1)

    found = compute(
        "a.map(([x, y], i) => E.slopeAlong(E.surfaces.hills.gradient(x, y), b[i]))",
        places.tolist(),
        turns.tolist(),
    )

    _, expected = torch.autograd.functional.jvp(
        SURFACES["hills"], places.unbind(1), directions.unbind(1)
    )
    assert_agrees(found, expected, rtol=1e-10, atol=1e-12)


def test_the_angle_to_the_gradient_is_that_of_the_dot_product(compute, generator):
    gradients, turns = randoms(generator, 50, 2), randoms(generator, 50, scale=300)
    directions = torch.stack([turns.deg2rad().cos(), turns.deg2rad().sin()], dim=1)

    found = compute(
        "a.map((g, i) => E.angleTo(g, b[i]))", gradients.tolist(), turns.tolist()
    )

    cosines = torch.cosine_similarity(gradients, directions)
    assert_agrees(found, cosines.acos().rad2deg(), rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("name", SURFACES)
def test_contour_lines_lie_at_their_level(compute, name):
    for level in compute("E.surfaces[a].levels", name):
        segments = compute(
            "E.contour(E.surfaces[a].value, b, [-6, 6], [-1.7, 1.7])", name, level
        )
        ends = doubles(segments).reshape(-1, 2)

        assert len(ends) > 0
        heights = SURFACES[name](*ends.unbind(1))
        assert_agrees(heights.tolist(), torch.full_like(heights, level), atol=0.02)


def test_the_contour_line_of_a_bowl_is_a_whole_ellipse(compute):
    segments = compute("E.contour(E.surfaces.bowl.value, 1, [-4, 4], [-1.7, 1.7])")

    starts, ends = doubles(segments).unbind(1)
    turns = torch.linspace(0, 2 * math.pi, 10_001, dtype=torch.float64)
    ellipse = torch.stack([2 * turns.cos(), turns.sin()], dim=1)
    around = ellipse.diff(dim=0).norm(dim=1).sum().item()
    assert (ends - starts).norm(dim=1).sum().item() == pytest.approx(around, rel=2e-3)


def test_a_run_that_diverges_ends_where_it_passes_a_million(compute):
    points = compute("E.gradientDescent('quadratic', [1], 2, 50)")

    sizes = [abs(x) for (x,) in points]
    assert sizes[-1] > 1e6 > sizes[-2]


@pytest.mark.parametrize("name", ["quadratic", "valley"])
def test_the_curvature_is_the_largest_eigenvalue_of_the_hessian(compute, name):
    start = doubles(compute("E.curves[a].start(0.7, 0.8)", name))

    hessian = torch.autograd.functional.hessian(CURVES[name], start)

    largest = torch.linalg.eigvalsh(hessian)[-1].item()
    assert compute("E.curves[a].curvature", name) == pytest.approx(largest)


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (0.1, "approaches"),
        (0.5, "approaches"),
        (0.7, "alternates"),
        (0.99, "alternates"),
        (1.0, "threshold"),
        (1.01, "diverges"),
    ],
)
def test_the_verdict_is_what_the_steps_then_do(compute, rate, expected):
    found = compute("E.verdict(1 - a * E.curves.quadratic.curvature)", rate)
    points = doubles(compute("E.gradientDescent('quadratic', [1], a, 4)", rate))

    ratios = points[1:3, 0] / points[:2, 0]
    behavior = {
        "approaches": (ratios >= -1e-9) & (ratios < 1),
        "alternates": (ratios < 0) & (ratios > -1),
        "threshold": ratios == -1,
        "diverges": ratios < -1,
    }
    assert found == expected
    assert behavior[expected][0]


def test_the_two_minima_are_minima_and_the_least_value_is_the_least(compute):
    minima = doubles(compute("E.curves.twoMinima.minima")).requires_grad_()
    curve = CURVES["twoMinima"](minima[None])
    curve.sum().backward()
    everywhere = CURVES["twoMinima"](torch.linspace(-3, 3, 60_001).double()[None])

    bends = compute("E.curves.twoMinima.minima.map(E.curves.twoMinima.bend)")
    least = compute("E.curves.twoMinima.least")

    assert_agrees([0.0, 0.0], minima.grad)
    assert min(bends) > 0
    assert least == pytest.approx(everywhere.min().item(), abs=1e-8)
    assert least <= everywhere.min().item()


@pytest.mark.parametrize("dilation", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("side", [1, 2, 3])
def test_convolution_agrees_with_torch(
    compute, generator, side, stride, padding, dilation
):
    image, kernel = randoms(generator, 7, 11), randoms(generator, side, side)
    options = {"stride": stride, "padding": padding, "dilation": dilation}

    found = compute("E.convolve(a, b, c)", image.tolist(), kernel.tolist(), options)

    expected = functional.conv2d(image[None, None], kernel[None, None], **options)
    assert_agrees(found, expected[0, 0])


def test_the_terms_of_one_place_are_its_pixels_and_the_weights(compute, generator):
    image, kernel = randoms(generator, 7, 11), randoms(generator, 3, 3)
    options = {"stride": 2, "padding": 1, "dilation": 2}

    terms = compute(
        "E.convolutionTerms(a, b, c, 1, 3)", image.tolist(), kernel.tolist(), options
    )

    patch = functional.pad(image, (1, 1, 1, 1))[2:7:2, 6:11:2]
    assert [term["pixel"] for term in terms] == patch.flatten().tolist()
    assert [term["weight"] for term in terms] == kernel.flatten().tolist()


@pytest.mark.parametrize("scale", [1.0, 1e-300, 1e150])
@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("side", [2, 3, 4])
def test_a_transposed_convolution_agrees_with_torch(
    compute, generator, side, stride, padding, scale
):
    image = randoms(generator, 3, 5, scale=scale)
    kernel = randoms(generator, side, side)
    options = {"stride": stride, "padding": padding}

    found = compute(
        "E.transposedConvolve(a, b, c)", image.tolist(), kernel.tolist(), options
    )

    expected = functional.conv_transpose2d(
        image[None, None], kernel[None, None], **options
    )
    assert_agrees(found, expected[0, 0], rtol=1e-12, atol=1e-12 * scale)


@pytest.mark.parametrize("steps", [0, 1, 4, 9])
def test_the_first_kernels_put_down_are_those_of_the_first_inputs(
    compute, generator, steps
):
    image, kernel = randoms(generator, 3, 3), randoms(generator, 3, 2)

    found = compute(
        "E.spreadKernels(a, b, 2, c)", image.tolist(), kernel.tolist(), steps
    )

    first = image.flatten() * (torch.arange(9) < steps)
    expected = functional.conv_transpose2d(
        first.reshape(1, 1, 3, 3), kernel[None, None], stride=2
    )
    assert_agrees(found, expected[0, 0])


@pytest.mark.parametrize("padding", [0, 1])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("side", [2, 3, 4])
def test_overlaps_are_counted_as_by_ones_in_torch(compute, side, stride, padding):
    options = {"stride": stride, "padding": padding}

    found = compute("E.overlapCounts(7, a, b)", side, options)

    ones, kernel = torch.ones(1, 1, 7), torch.ones(1, 1, side)
    expected = functional.conv_transpose1d(ones, kernel, **options)
    assert found == expected[0, 0].tolist()


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_the_hat_interpolates_as_torch_does(compute, generator, stride):
    image = randoms(generator, 5, 6)
    side = 2 * stride - stride % 2

    found = compute("E.hatKernel(a, b)", side, stride)

    padding = (side - stride) // 2
    outputs = functional.conv_transpose2d(
        image[None, None], doubles(found)[None, None], stride=stride, padding=padding
    )
    expected = functional.interpolate(
        image[None, None], scale_factor=stride, mode="bilinear"
    )
    inside = (..., slice(stride, -stride), slice(stride, -stride))
    torch.testing.assert_close(outputs[inside], expected[inside])


LOGITS = {
    "ordinary": [1.0, 3.0, -1.0, 2.0],
    "ties": [3.0, 3.0, 3.0, -5.0],
    "all equal": [0.1] * 5,
    "far apart": [-1000.0, 0.0, 1000.0],
    "large": [1e4, 1e4 + 1, 1e4 - 2],
    "single": [7.0],
}


@pytest.mark.parametrize("temperature", [0.03, 0.5, 1.0, 30.0])
@pytest.mark.parametrize("name", LOGITS)
def test_softmax_agrees_with_torch(compute, name, temperature):
    logits = doubles(LOGITS[name])

    found = compute("E.softmax(a, b)", LOGITS[name], temperature)

    # Dividing first rounds numbers of up to 1e6, hence the tolerance.
    expected = (logits / temperature).softmax(dim=0)
    assert_agrees(found, expected, rtol=1e-9, atol=0)


def test_softmax_agrees_with_torch_on_random_scores(compute, generator):
    logits = randoms(generator, 200, 7, scale=3)

    found = compute("a.map((row) => E.softmax(row))", logits.tolist())

    assert_agrees(found, logits.softmax(dim=1))


@pytest.mark.parametrize("temperature", [0.03, 1.0, 30.0])
@pytest.mark.parametrize("wanted", [1e-6, 0.3, 0.999])
def test_a_dragged_bar_gets_the_score_of_its_probability(compute, wanted, temperature):
    others = LOGITS["ordinary"]

    score = compute("E.scoreFor(a, b, c)", wanted, others, temperature)

    probs = (doubles([score, *others]) / temperature).softmax(dim=0)
    assert probs[0].item() == pytest.approx(wanted, rel=1e-9)


def test_the_bare_formula_fails_where_it_does_in_float32(compute, generator):
    logits = torch.randn(100, 5, generator=generator) * 40  # some beyond 88.7

    found = compute("a.map((row) => E.naiveSoftmax32(row))", logits.tolist())

    expected = logits.exp() / logits.exp().sum(dim=1, keepdim=True)
    assert expected.isnan().any()
    assert_agrees(found, expected.double(), rtol=1e-5, atol=1e-30)


def test_the_bare_formula_lasts_up_to_the_logarithm_of_the_largest_float32(compute):
    limit = math.log(torch.finfo(torch.float32).max)

    assert not math.isnan(compute("E.naiveSoftmax32([a])", limit - 1e-4)[0])
    assert math.isnan(compute("E.naiveSoftmax32([a])", limit + 1e-4)[0])


def test_entropy_agrees_with_torch_and_takes_zeros(compute, generator):
    probs = randoms(generator, 50, 7).softmax(dim=1)
    probs = torch.cat([probs, torch.eye(7, dtype=torch.float64)])

    found = compute("a.map(E.entropy)", probs.tolist())

    assert_agrees(found, torch.special.entr(probs).sum(dim=1))


def test_least_squares_agrees_with_torch(compute, generator):
    matrix, y = randoms(generator, 23, 7), randoms(generator, 23)

    found = compute("E.leastSquares(a, b)", matrix.tolist(), y.tolist())

    expected = torch.linalg.lstsq(matrix, y[:, None], driver="gelsd").solution[:, 0]
    assert_agrees(found, expected, rtol=1e-10)


def test_least_squares_does_not_square_the_condition_number(compute):
    # Läuchli's matrix: the normal equations lose the small numbers altogether.
    small = 1e-8
    matrix = [[1.0, 1.0], [small, 0.0], [0.0, small]]

    found = compute("E.leastSquares(a, b)", matrix, [5.0, 2 * small, 3 * small])

    assert_agrees(found, doubles([2.0, 3.0]), rtol=1e-6)


@pytest.mark.parametrize(
    ("matrix", "problem"),
    [
        ([[1.0, 2.0]], "2 unknowns need at least 2 equations, got 1"),
        ([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]], "column 1 depends"),
    ],
)
def test_least_squares_refuses_what_has_no_single_answer(compute, matrix, problem):
    with pytest.raises(Error, match=problem):
        compute("E.leastSquares(a, a.map(() => 1))", matrix)


@pytest.mark.parametrize("degree", [0, 1, 3, 9, 15])
@pytest.mark.parametrize("count", [16, 60])
def test_polynomials_agree_with_torch_and_numpy(compute, count, degree):
    data = compute("E.polynomialData(a, 0.3, 1)", count)
    x, y = doubles(data["x"]), doubles(data["y"])
    basis = torch.special.chebyshev_polynomial_t(x[:, None], torch.arange(degree + 1))

    weights = compute("E.fitPolynomial(a, b)", data, degree)

    expected = torch.linalg.lstsq(basis, y[:, None], driver="gelsd").solution[:, 0]
    assert_agrees(weights, expected, rtol=1e-7, atol=1e-9)
    places = torch.linspace(-1, 1, 41).tolist()
    values = compute("b.map((x) => E.evaluatePolynomial(a, x))", weights, places)
    assert_agrees(values, doubles(chebyshev.chebval(places, weights)), rtol=1e-10)
    error = compute("E.rootMeanSquare(a, b)", weights, data)
    expected_error = (basis @ expected - y).square().mean().sqrt().item()
    assert error == pytest.approx(expected_error, rel=1e-9, abs=1e-9)


def test_data_without_noise_lie_on_the_sine_one_in_each_part(compute):
    count = 17
    data = compute("E.polynomialData(a, 0, 5)", count)
    x = doubles(data["x"])

    assert_agrees(data["y"], torch.sin(math.pi * x))
    assert ((x + 1) / 2 * count).floor().tolist() == list(range(count))


def test_the_noise_is_standard_normal_and_repeats_with_its_seed(compute):
    make = "Array.from({length: 200}, (_, seed) => E.polynomialData(40, 1, seed + a))"
    sets = compute(make, 1)
    again = compute(make, 1)
    x, y = (doubles([data[name] for data in sets]) for name in "xy")

    noise = (y - torch.sin(math.pi * x)).flatten()

    assert sets == again
    assert abs(noise.mean().item()) < 5 / math.sqrt(len(noise))
    assert abs(noise.std().item() - 1) < 5 / math.sqrt(2 * len(noise))
    tails = (noise.abs() > 1.96).double().mean().item()
    assert abs(tails - 0.05) < 5 * math.sqrt(0.05 * 0.95 / len(noise))


# Prevalence, sensitivity, false positive rate: usual ones, and corners.
TESTS = [
    (0.01, 0.9, 0.05),
    (0.5, 0.5, 0.5),
    (1e-12, 1.0, 1e-9),
    (1.0, 0.3, 0.0),
    (0.0, 0.9, 0.05),
    (0.2, 0.0, 1.0),
]


@pytest.mark.parametrize("numbers", TESTS)
def test_areas_and_posterior_agree_with_a_joint_table(compute, numbers):
    test = dict(zip(("prevalence", "sensitivity", "falseAlarms"), numbers, strict=True))
    sick, *positive = doubles(numbers)
    health = torch.stack([sick, 1 - sick])
    positive = torch.stack(positive)
    joint = health[:, None] * torch.stack([positive, 1 - positive], dim=1)

    areas = compute("Object.values(E.testAreas(a))", test)

    assert_agrees(areas, joint.flatten())
    after = (joint / joint.sum(dim=0))[0, 0].item()
    assert compute("E.afterPositive(a)", test) == pytest.approx(after, rel=1e-12)


def test_where_nobody_is_positive_there_is_no_posterior(compute):
    test = {"prevalence": 0.3, "sensitivity": 0, "falseAlarms": 0}

    assert compute("Number.isNaN(E.afterPositive(a))", test)


# Threshold, distance of the classes, share of positives: usual ones, and corners.
THRESHOLDS = [
    (2.0, 4.0, 0.3),
    (2.0, 4.0, 0.01),
    (-5.0, 1.0, 0.5),
    (11.0, 6.0, 0.9),
    (0.5, 0.0, 0.2),
    (1.0, 1e-4, 0.2),
    (1.0, 0.02, 0.2),
]
of_thresholds = pytest.mark.parametrize("numbers", THRESHOLDS)


def scored(numbers):
    """Return the state of the widget, and examples that stand for its scores.

    There are as many positives as negatives, evenly spaced in probability, with
    weights that give the positives their share.
    """
    state = dict(zip(("threshold", "distance", "share"), numbers, strict=True))
    quantiles = torch.logit((torch.arange(20_000).double() + 0.5) / 20_000)
    labels = torch.arange(2).repeat_interleave(20_000)
    weights = torch.where(labels == 1, state["share"], 1 - state["share"]) / 20_000
    return state, torch.cat([quantiles, quantiles + state["distance"]]), labels, weights


@of_thresholds
def test_the_cells_of_a_threshold_agree_with_counted_examples(compute, numbers):
    state, scores, labels, weights = scored(numbers)
    flagged = (scores >= state["threshold"]).int()
    expected = sklearn.metrics.confusion_matrix(labels, flagged, sample_weight=weights)

    cells = compute("E.thresholdCells(a)", state)

    names = ["trueNegative", "falsePositive", "falseNegative", "truePositive"]
    found = [cells[name] for name in names]
    assert_agrees(found, torch.from_numpy(expected).flatten(), rtol=0, atol=1e-4)
    assert sum(found) == pytest.approx(1, rel=1e-12)


def test_the_numbers_of_four_cells_agree_with_scikit_learn(compute, generator):
    labels = torch.randint(2, (500,), generator=generator)
    flagged = torch.randint(2, (500,), generator=generator)
    tn, fp, fn, tp = sklearn.metrics.confusion_matrix(labels, flagged).flatten() / 500
    cells = {
        "truePositive": tp,
        "falseNegative": fn,
        "falsePositive": fp,
        "trueNegative": tn,
    }

    found = compute("E.cellMetrics(a)", cells)

    assert found == pytest.approx(
        {
            "accuracy": sklearn.metrics.accuracy_score(labels, flagged),
            "precision": sklearn.metrics.precision_score(labels, flagged),
            "recall": sklearn.metrics.recall_score(labels, flagged),
            "falseRate": 1 - sklearn.metrics.recall_score(1 - labels, 1 - flagged),
            "f1": sklearn.metrics.f1_score(labels, flagged),
        }
    )


@of_thresholds
def test_both_areas_agree_with_scikit_learn(compute, numbers):
    state, scores, labels, weights = scored(numbers)
    area = sklearn.metrics.roc_auc_score(labels, scores, sample_weight=weights)
    average = sklearn.metrics.average_precision_score(
        labels, scores, sample_weight=weights
    )

    assert compute("E.rocArea(a.distance)", state) == pytest.approx(area, abs=1e-4)
    found = compute("E.precisionRecallArea(a)", state)
    assert found == pytest.approx(average, abs=2e-3)


@of_thresholds
def test_the_drawn_curve_goes_through_the_point_of_each_threshold(compute, numbers):
    state, *_ = scored(numbers)

    point = compute("E.cellMetrics(E.thresholdCells(a))", state)

    found = compute("E.precisionAt(a, b)", point["recall"], state)
    assert found == pytest.approx(point["precision"], rel=1e-9)


def test_the_density_of_scores_is_the_derivative_of_the_sigmoid(compute):
    places = torch.linspace(-800, 800, 161, dtype=torch.float64, requires_grad=True)
    torch.sigmoid(places - 3).sum().backward()

    found = compute("a.map((x) => E.scoreDensity(x, 3))", places.tolist())

    # Far to the right autograd's s(1 − s) has lost the digits of 1 − s.
    assert_agrees(found, places.grad, rtol=1e-9, atol=1e-16)


MATRICES = {
    "symmetric": [[1.25, 0.75], [0.75, 1.25]],
    "not symmetric": [[1.25, 1.5], [0.375, 1.25]],
    "mirror": [[0.0, 1.0], [1.0, 0.0]],
    "flat": [[1.5, 1.0], [0.75, 0.5]],
    "shear": [[1.0, 1.0], [0.0, 1.0]],
    "diagonal": [[2.0, 0.0], [0.0, -1.0]],
    "far apart": [[1e4, 1.0], [1.0, 1e-4]],
}


@pytest.fixture
def matrices(generator):
    return torch.cat([doubles([*MATRICES.values()]), randoms(generator, 200, 2, 2)])


def test_eigenvalues_and_determinants_agree_with_torch(compute, matrices):
    found = compute("a.map(E.eigenvalues)", matrices.tolist())

    pairs = [
        sorted(pair["values"])
        if "values" in pair
        else [complex(pair["real"], sign * pair["imaginary"]) for sign in (-1, 1)]
        for pair in found
    ]
    expected = torch.linalg.eigvals(matrices)
    order = (expected.real + 1e-6 * expected.imag).argsort(dim=1)
    expected = expected.gather(1, order)
    found = torch.tensor(pairs, dtype=torch.complex128)
    torch.testing.assert_close(found, expected, rtol=1e-7, atol=1e-7)
    assert any(
        "values" not in pair
        for pair in compute("a.map(E.eigenvalues)", matrices.tolist())
    )
    determinants = compute("a.map(E.determinant)", matrices.tolist())
    assert_agrees(determinants, torch.linalg.det(matrices), rtol=1e-9, atol=1e-9)


def test_eigenvectors_stay_on_their_lines(compute, matrices):
    found = compute("a.map(E.eigenvectors)", matrices.tolist())
    real = [(torch.linalg.eigvals(m).imag == 0).all().item() for m in matrices]

    counts = [len(one["lines"]) for one in found]
    assert [count > 0 for count in counts] == real
    assert counts[: len(MATRICES)] == [1 if n == "shear" else 2 for n in MATRICES]
    for matrix, one in zip(matrices, found, strict=True):
        for line in one["lines"]:
            vector = doubles(line["vector"])
            assert vector.norm().item() == pytest.approx(1)
            scale = 1e-9 * matrix.norm().item()
            assert_agrees(
                (matrix @ vector).tolist(), line["value"] * vector, atol=scale
            )


@pytest.mark.parametrize("factor", [1.5, -2.0, 0.0])
def test_a_multiple_of_the_identity_keeps_all_lines(compute, factor):
    found = compute("E.eigenvectors([[a, 0], [0, a]])", factor)

    assert found == {"every": True, "lines": []}


def test_images_and_turns_agree_with_torch(compute, generator, matrices):
    vectors = randoms(generator, len(matrices), 2)
    pairs = [matrices.tolist(), vectors.tolist()]

    images = compute("a.map((m, i) => E.mapVector(m, b[i]))", *pairs)
    turns = compute("a.map((m, i) => E.turnOf(m, b[i]))", *pairs)

    expected = (matrices @ vectors[:, :, None])[:, :, 0]
    assert_agrees(images, expected)
    quotient = torch.view_as_complex(expected) / torch.view_as_complex(vectors)
    assert_agrees(turns, quotient.angle().rad2deg(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ["ReLU", "tanh", "sigmoid"])
def test_both_passes_and_the_step_after_them_agree_with_autograd(
    compute, generator, name
):
    x, y = randoms(generator, 2, scale=2), 0.7
    shapes = {"W1": (2, 2), "b1": (2,), "w2": (2,), "b2": ()}
    weights = {
        key: randoms(generator, math.prod(size)).reshape(size).requires_grad_()
        for key, size in shapes.items()
    }

    def loss_of(given):
        hidden = ACTIVATIONS[name](x @ given["W1"] + given["b1"])
        return (hidden @ given["w2"] + given["b2"] - y).square() / 2

    loss = loss_of(weights)
    loss.backward()
    network = {"x": x, **{key: weight.detach() for key, weight in weights.items()}}
    network = {key: value.tolist() for key, value in network.items()}

    found = compute("E.bothPasses(a, b, c)", network, y, name)
    after = compute("E.updated(a, b, 0.1)", network, found["gradients"])
    again = compute("E.bothPasses(a, b, c).loss", after, y, name)

    assert_agrees(found["loss"], loss.detach())
    for key, weight in weights.items():
        assert_agrees(found["gradients"][key], weight.grad)
    stepped = {key: (w - 0.1 * w.grad).detach() for key, w in weights.items()}
    assert_agrees(again, loss_of(stepped))


LINE_LOSSES = {
    "squared": lambda e, _: e.square() / 2,
    "absolute": lambda e, _: e.abs(),
    "huber": lambda e, delta: functional.huber_loss(
        e, torch.zeros_like(e), reduction="none", delta=delta
    ),
}
POINT_SETS = {
    "on a line": [[0.0, 1.0], [1.0, 3.0], [2.0, 5.0], [4.0, 9.0]],
    "one outlier": [[1.0, 2.1], [2.0, 2.3], [3.0, 3.6], [5.0, 5.3], [9.0, 0.5]],
    "two at one place": [[1.0, 1.0], [1.0, 1.0], [1.0, 4.0], [6.0, 2.0]],
    "a far x": [[0.0, 0.0], [1.0, 1.2], [2.0, 1.9], [3.0, 3.1], [10.0, 0.0]],
}


@pytest.fixture
def point_sets(generator):
    drawn = 10 * torch.rand(20, 8, 2, generator=generator, dtype=torch.float64)
    return [*POINT_SETS.values(), *drawn.tolist()]


def test_every_loss_of_a_line_is_compared(compute):
    assert compute("Object.keys(E.lossOf)") == list(LINE_LOSSES)


@pytest.mark.parametrize("delta", [0.1, 1.0, 4.0])
@pytest.mark.parametrize("name", LINE_LOSSES)
def test_the_losses_of_a_line_agree_with_torch(compute, inputs, name, delta):
    errors = inputs.clamp(-1e100, 1e100)  # their squares are finite

    found = compute("b.map((e) => E.lossOf[a](e, c))", name, errors.tolist(), delta)

    assert_agrees(found, LINE_LOSSES[name](errors, delta))


def test_the_line_of_squared_loss_is_that_of_least_squares(compute, point_sets):
    for points in point_sets:
        x, y = doubles(points).unbind(1)
        basis = torch.stack([x, torch.ones_like(x)], dim=1)

        line = compute("E.fitLine.squared(a)", points)

        expected = torch.linalg.lstsq(basis, y[:, None]).solution[:, 0]
        found = [line["slope"], line["intercept"]]
        assert_agrees(found, expected, rtol=1e-9, atol=1e-9)


def test_the_line_of_absolute_loss_is_that_of_a_linear_program(compute, point_sets):
    for points in point_sets:
        x, y = doubles(points).unbind(1)
        n = len(points)
        # Least sum of t where −t ≤ slope x + intercept − y ≤ t.
        line = torch.stack([x, torch.ones_like(x)], dim=1)
        above, below = (
            torch.hstack([line, -torch.eye(n)]),
            torch.hstack([-line, -torch.eye(n)]),
        )
        program = optimize.linprog(
            [0, 0, *[1] * n],
            A_ub=torch.vstack([above, below]).numpy(),
            b_ub=torch.cat([y, -y]).numpy(),
            bounds=[(None, None)] * (n + 2),
        )

        found = compute("E.meanLoss('absolute', E.fitLine.absolute(a), a)", points)

        assert found * n == pytest.approx(program.fun, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("delta", [0.1, 1.0, 4.0])
def test_the_gradient_of_huber_loss_is_zero_at_its_line(compute, point_sets, delta):
    for points in point_sets:
        x, y = doubles(points).unbind(1)

        line = compute("E.fitLine.huber(a, b)", points, delta)

        weights = doubles([line["slope"], line["intercept"]]).requires_grad_()
        outputs = weights[0] * x + weights[1]
        functional.huber_loss(outputs, y, delta=delta).backward()
        # The loss is convex, so this is its minimum.
        assert_agrees(weights.grad.tolist(), doubles([0.0, 0.0]), atol=1e-6)


@pytest.mark.parametrize("name", LINE_LOSSES)
def test_above_one_place_the_best_line_is_level(compute, name):
    points = [[3.0, 1.0], [3.0, 2.0], [3.0, 6.0]]

    line = compute("E.fitLine[a](b, 1)", name, points)

    best = {"squared": 3.0, "absolute": 2.0, "huber": 2.0}
    assert line["slope"] == 0
    assert line["intercept"] == pytest.approx(best[name], abs=1e-6)


# What a hidden unit of the playground computes.
UNITS = {
    "ReLU": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "none": lambda z: z,
}
SHAPES = [[2, 1, 1], [2, 5, 1], [2, 3, 4, 1]]


def as_network(given):
    """Return weights and biases of a network of the playground, layer by layer."""
    return [
        (
            nn.Parameter(doubles(layer["weights"])),
            nn.Parameter(doubles(layer["biases"])),
        )
        for layer in given["layers"]
    ]


def network_loss(layers, activation, points, labels):
    hidden = points
    for weights, biases in layers[:-1]:
        hidden = UNITS[activation](hidden @ weights + biases)
    weights, biases = layers[-1]
    scores = (hidden @ weights + biases).squeeze(1)
    return functional.binary_cross_entropy_with_logits(scores, labels)


@pytest.fixture
def labeled_points(generator):
    points = randoms(generator, 30, 2)
    return points, (points.prod(dim=1) > 0).double()


def test_every_unit_of_the_playground_is_compared(compute):
    assert compute("Object.keys(E.units)") == list(UNITS)


@pytest.mark.parametrize("name", UNITS)
def test_units_and_their_slopes_agree_with_autograd(compute, inputs, name):
    inputs.requires_grad_()
    values = UNITS[name](inputs)
    values.sum().backward()

    found = compute("b.map(E.units[a].value)", name, inputs.tolist())
    slopes = compute("b.map(E.units[a].slope)", name, inputs.tolist())

    assert_agrees(found, values.detach())
    assert_agrees(slopes, inputs.grad, atol=1e-12)


@pytest.mark.parametrize("sizes", SHAPES, ids=str)
@pytest.mark.parametrize("name", UNITS)
def test_loss_and_gradient_of_a_network_agree_with_autograd(
    compute, labeled_points, name, sizes
):
    points, labels = labeled_points
    network = compute("E.startNetwork(a, b, 3)", sizes, name)
    layers = as_network(network)
    loss = network_loss(layers, name, points, labels)
    loss.backward()

    found = compute(
        "E.lossAndGradient(a, b, c)", network, points.tolist(), labels.tolist()
    )

    assert found["loss"] == pytest.approx(loss.item(), rel=1e-12)
    for own, expected in zip(found["gradient"]["layers"], layers, strict=True):
        assert_agrees(own["weights"], expected[0].grad)
        assert_agrees(own["biases"], expected[1].grad)


@pytest.mark.parametrize("name", UNITS)
def test_a_network_is_after_some_steps_where_sgd_of_torch_takes_it(
    compute, labeled_points, name
):
    points, labels = labeled_points
    network = compute("E.startNetwork([2, 4, 3, 1], a, 5)", name)
    layers = as_network(network)
    optimizer = torch.optim.SGD([p for layer in layers for p in layer], lr=0.5)
    for _ in range(40):
        optimizer.zero_grad()
        network_loss(layers, name, points, labels).backward()
        optimizer.step()

    found = compute(
        "Array.from({ length: 40 }).reduce((net) => "
        "E.descend(net, E.lossAndGradient(net, b, c).gradient, 0.5), a)",
        network,
        points.tolist(),
        labels.tolist(),
    )

    for own, expected in zip(found["layers"], layers, strict=True):
        assert_agrees(own["weights"], expected[0].detach(), rtol=1e-8, atol=1e-10)
        assert_agrees(own["biases"], expected[1].detach(), rtol=1e-8, atol=1e-10)


def test_the_loss_is_finite_for_logits_far_out(compute):
    network = {"activation": "none", "layers": [{"weights": [[1.0]], "biases": [0.0]}]}
    places, labels = [[-800.0], [800.0]], [1.0, 0.0]

    found = compute("E.lossAndGradient(a, b, c)", network, places, labels)

    assert found["loss"] == pytest.approx(800.0)
    assert found["gradient"]["layers"][0]["biases"] == pytest.approx([0.0])


def test_a_network_starts_in_the_range_of_nn_linear(compute):
    network = compute("E.startNetwork([2, 500, 1], 'ReLU', 1)")

    for layer, limit in zip(network["layers"], [2**-0.5, 500**-0.5], strict=True):
        numbers = torch.cat(
            [doubles(layer["weights"]).flatten(), doubles(layer["biases"])]
        )
        assert 0.9 * limit < numbers.abs().max() <= limit
        assert numbers.mean().abs() < 0.1 * limit


def test_parameters_of_a_network_are_counted_as_in_torch(compute):
    model = nn.Sequential(nn.Linear(2, 7), nn.Linear(7, 3), nn.Linear(3, 1))

    found = compute("E.countParameters(E.startNetwork([2, 7, 3, 1], 'tanh', 1))")

    assert found == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("name", ["xor", "circles", "moons"])
def test_no_straight_line_parts_a_data_set_of_the_playground_but_a_network_does(
    compute, name
):
    data = compute("E.pointSet(a)", name)
    places = [one["place"] for one in data]
    labels = [one["label"] for one in data]
    assert doubles(places).abs().max() <= 1.5
    right = {}
    for activation in ("tanh", "none"):
        right[activation] = compute(
            "(() => { let net = E.startNetwork([2, 6, 1], a, 1);"
            "for (let k = 0; k < 1000; k += 1)"
            "  net = E.descend(net, E.lossAndGradient(net, b, c).gradient, 1);"
            "return b.filter((p, i) => E.forward(net, p).sums.at(-1)[0] > 0"
            "  === (c[i] === 1)).length; })()",
            activation,
            places,
            labels,
        )

    assert right["tanh"] == len(data) > right["none"]


class _Skip(nn.Module):
    """A block with a way around it, as in the network builder."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.block = nn.Sequential(nn.Linear(inputs, outputs), nn.ReLU())

    def forward(self, inputs):
        return inputs + self.block(inputs)


LAYERS = {
    "Flatten": lambda inputs, outputs: nn.Flatten(),
    "ReLU": lambda inputs, outputs: nn.ReLU(),
    "Linear": nn.Linear,
    "LazyLinear": lambda inputs, outputs: nn.LazyLinear(outputs),
    "Block": lambda inputs, outputs: nn.Sequential(
        nn.Linear(inputs, outputs), nn.ReLU()
    ),
    "Skip": _Skip,
}
NETWORKS = {
    "fits": [("Flatten", 1, 1), ("Linear", 64, 32), ("ReLU", 1, 1), ("Linear", 32, 10)],
    "lazy": [("Flatten", 1, 1), ("LazyLinear", 7, 5), ("Skip", 5, 5), ("Block", 5, 3)],
    "not flattened": [("Linear", 8, 5), ("LazyLinear", 1, 4), ("Flatten", 1, 1)],
    "broadcast": [
        ("LazyLinear", 1, 6),
        ("Skip", 6, 1),
        ("Block", 6, 1),
        ("Skip", 1, 9),
    ],
    "no fit": [("Flatten", 1, 1), ("Linear", 60, 32), ("LazyLinear", 1, 10)],
    "no fit, not flattened": [("ReLU", 1, 1), ("Linear", 64, 32), ("Flatten", 1, 1)],
    "no fit after a block": [("LazyLinear", 1, 4), ("Block", 4, 6), ("Skip", 6, 3)],
}


def through_torch(network, batch):
    """Return shape and parameters after each layer, and the error if there is one."""
    flow, steps, error = torch.zeros(batch), [], None
    for at, (kind, inputs, outputs) in enumerate(network):
        layer = LAYERS[kind](inputs, outputs)
        try:
            flow = None if flow is None else layer(flow)
        except RuntimeError as problem:
            flow, error = None, {"at": at, "message": str(problem)}
        waits = flow is None and kind == "LazyLinear"
        count = None if waits else sum(p.numel() for p in layer.parameters())
        steps.append((None if flow is None else list(flow.shape), count))
    return steps, error


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("batch", [(32, 1, 8, 8), (1, 1, 8, 8)])
def test_shapes_parameters_and_errors_of_a_network_are_those_of_torch(
    compute, name, batch
):
    network = NETWORKS[name]
    fields = ("kind", "inputs", "outputs")
    layers = [dict(zip(fields, layer, strict=True)) for layer in network]

    found = compute("E.throughNetwork(a, b)", layers, list(batch))
    steps = [(step["sizes"], step["parameters"]) for step in found["steps"]]

    assert (steps, found["error"]) == through_torch(network, batch)


SIGNALS = {
    "ReLU": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "linear": lambda x: x,
}


def test_every_signal_is_compared(compute):
    assert compute("Object.keys(E.signals)") == list(SIGNALS)


def expected_square(function, variance):
    """Return the mean squares of value and slope for normal z, by quadrature."""

    def both(z):
        x = torch.tensor(z * variance**0.5, dtype=torch.double, requires_grad=True)
        value = function(x)
        (slope,) = torch.autograd.grad(value, x)
        return value.item(), slope.item()

    def mean(which):
        def integrand(z):
            return both(z)[which] ** 2 * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

        halves = (integrate.quad(integrand, *ends)[0] for ends in [(-9, 0), (0, 9)])
        return sum(halves)

    return mean(0), mean(1)


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("variance", [1e-6, 0.3, 4.0])
def test_mean_squares_agree_with_integrals_of_torch_functions(compute, name, variance):
    found = compute(
        "[E.signals[a].ofValue(b), E.signals[a].ofSlope(b)]", name, variance
    )

    expected = doubles(expected_square(SIGNALS[name], variance))
    assert_agrees(found, expected, rtol=1e-8)


@pytest.mark.parametrize(("name", "gain"), [("ReLU", 2.0), ("tanh", 1.5)])
def test_variances_agree_with_a_wide_network_of_torch(compute, generator, name, gain):
    depth, width = 8, 1000
    hidden, sums = randoms(generator, 20, width), []
    hidden.requires_grad_()
    for _ in range(depth):
        weight = randoms(generator, width, width, scale=(gain / width) ** 0.5)
        sums.append(hidden @ weight)
        hidden = SIGNALS[name](sums[-1])
    start = randoms(generator, 20, width)
    gradients = torch.autograd.grad(sums[-1], sums, start)

    found = compute("E.signalDepth(a, b, c)", name, gain, depth)

    for key, tensors in (("sums", sums), ("gradients", gradients)):
        measured = [tensor.detach().square().mean() for tensor in tensors]
        assert_agrees(found[key], torch.stack(measured), rtol=0.2)


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("gain", [0.3, 1.0, 2.7])
def test_the_gain_of_a_variance_gives_that_variance(compute, name, gain):
    variance = compute("E.signalDepth(a, b, 12).sums.at(-1)", name, gain)

    found = compute("E.gainFor(a, b, 12, [0.05, 4])", name, variance)

    assert found == pytest.approx(gain, rel=1e-6)


TILTS = [-90.0, -45.0, 0.0, 17.0, 60.0]
STRENGTHS = [0.0, 1e-12, 0.3, 1.0, 3.5, 8.0, 1e6]
LOWEST = [[2.0, 1.0], [-0.7, 2.2], [1.5, -1.5], [0.0, 0.4], [0.0, 0.0]]


def bent_loss(tilt):
    angle = torch.deg2rad(doubles(tilt))
    steep = torch.stack([angle.cos(), angle.sin()])
    return torch.eye(2, dtype=torch.float64) + 3 * torch.outer(steep, steep)


@pytest.mark.parametrize("tilt", TILTS)
@pytest.mark.parametrize("lowest", LOWEST)
def test_the_l2_path_solves_the_equations_of_ridge_regression(compute, tilt, lowest):
    matrix = bent_loss(tilt)
    pull = matrix @ doubles(lowest)
    identity = torch.eye(2, dtype=torch.float64)
    expected = [torch.linalg.solve(matrix + s * identity, pull) for s in STRENGTHS]

    found = compute(
        "c.map(s => E.penalized.l2(E.bentLoss(a), b, s))", tilt, lowest, STRENGTHS
    )

    assert_agrees(found, torch.stack(expected), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("tilt", TILTS)
@pytest.mark.parametrize("lowest", LOWEST)
def test_the_l1_path_is_where_proximal_steps_end(compute, tilt, lowest):
    matrix, place = bent_loss(tilt), doubles(lowest)
    expected = []
    for strength in STRENGTHS:
        w = torch.zeros(2, dtype=torch.float64)
        for _ in range(400):  # the step is 1 over the largest curvature
            slope = matrix @ (w - place)
            w = functional.softshrink(w - slope / 4, strength / 4)
        expected.append(w)

    found = compute(
        "c.map(s => E.penalized.l1(E.bentLoss(a), b, s))", tilt, lowest, STRENGTHS
    )

    assert_agrees(found, torch.stack(expected), rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("tilt", TILTS)
def test_the_loss_with_a_penalty_on_its_weights_is_a_quadratic_form(compute, tilt):
    place, w = doubles([0.3, -1.1]), doubles([1.7, 0.4])
    expected = (w - place) @ bent_loss(tilt) @ (w - place) / 2

    found = compute(
        "E.penalizedLoss(E.bentLoss(a), b, c)", tilt, place.tolist(), w.tolist()
    )

    assert found == pytest.approx(expected.item(), rel=1e-12)


def _base64(numbers):
    return base64.b64encode(numbers.numpy().tobytes()).decode()


LENET = [(6, 1, 5, 5), (16, 6, 5, 5), (120, 400), (84, 120), (10, 84)]


@pytest.fixture
def lenet(generator):
    """Weights of LeNet as integers, scales and biases: as kept, and as torch has them."""
    kept, layers = [], []
    for shape in LENET:
        whole = torch.randint(-127, 128, shape, dtype=torch.int8, generator=generator)
        scales = torch.rand(shape[0], generator=generator, dtype=torch.float64) / 200
        biases = randoms(generator, shape[0], scale=0.1)
        kept.append(
            {
                "shape": list(shape),
                "integers": _base64(whole),
                "scales": scales.tolist(),
                "biases": biases.tolist(),
            }
        )
        scales = scales.view(-1, *(1,) * (len(shape) - 1))
        layers.append((whole.double() * scales, biases))
    return kept, layers


def lenet_of_torch(layers, pixels):
    """Return what LeNet makes of one picture, stage by stage."""
    conv1, conv2, *dense = layers
    first = functional.relu(functional.conv2d(pixels, *conv1, padding=2))
    first_pooled = functional.max_pool2d(first, 2)
    second = functional.relu(functional.conv2d(first_pooled, *conv2))
    second_pooled = functional.max_pool2d(second, 2)
    wide = functional.relu(functional.linear(second_pooled.flatten(1), *dense[0]))
    narrow = functional.relu(functional.linear(wide, *dense[1]))
    return {
        "first": first,
        "firstPooled": first_pooled,
        "second": second,
        "secondPooled": second_pooled,
        "wide": wide,
        "narrow": narrow,
        "logits": functional.linear(narrow, *dense[2]),
    }


@pytest.mark.parametrize("ink", ["random", "empty", "full", "one pixel in a corner"])
def test_lenet_agrees_with_torch_stage_by_stage(compute, generator, lenet, ink):
    kept, layers = lenet
    pixels = torch.full((1, 1, 28, 28), float(ink == "full"), dtype=torch.float64)
    if ink == "random":
        pixels.uniform_(generator=generator)
    if ink == "one pixel in a corner":
        pixels[..., 27, 0] = 1.0

    found = compute(
        "Object.entries(E.runLeNet(E.readLayers(a), b))"
        ".map(([name, one]) => [name, Array.from(one.side ? one.values : one)])",
        kept,
        pixels.flatten().tolist(),
    )

    expected = lenet_of_torch(layers, pixels)
    assert [name for name, _ in found] == list(expected)
    for name, values in found:
        assert_agrees(values, expected[name].flatten(), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("stage", ["first", "firstPooled", "second", "secondPooled"])
def test_the_frame_holds_the_pixels_that_a_number_depends_on(compute, lenet, stage):
    # Positive weights and average pooling let every pixel matter.
    layers = [(weight.abs(), bias) for weight, bias in lenet[1][:2]]
    pixels = torch.rand(1, 1, 28, 28, dtype=torch.float64, requires_grad=True)
    first = functional.conv2d(pixels, *layers[0], padding=2)
    first_pooled = functional.avg_pool2d(first, 2)
    second = functional.conv2d(first_pooled, *layers[1])
    maps = {
        "first": first,
        "firstPooled": first_pooled,
        "second": second,
        "secondPooled": functional.avg_pool2d(second, 2),
    }[stage]
    side = maps.shape[-1]

    for index in (0, 1, side // 2, side - 1):
        (grad,) = torch.autograd.grad(maps[0, 0, index, 0], pixels, retain_graph=True)
        rows = grad[0, 0].sum(dim=1).nonzero().flatten().tolist()
        start, size = compute("E.seenBy(a, b)", stage, index)
        assert list(range(start, start + size)) == rows


def test_a_stroke_leaves_ink_up_to_half_its_width_and_fades_over_a_pixel(compute):
    places = [[5.0, y] for y in (4.0, 4.9, 5.5, 6.0, 6.5, 9.0)] + [[0.0, 4.0]]

    found = compute("a.map((p) => E.inkOfStroke(p, [3, 4], [8, 4], 2))", places)

    distances = doubles([0.0, 0.9, 1.5, 2.0, 2.5, 5.0, 3.0])
    assert_agrees(found, (1.5 - distances).clamp(0, 1), atol=1e-12)


def test_a_tap_is_a_stroke_without_length(compute):
    found = compute("E.inkOfStroke([1, 1], [1, 2], [1, 2], 2)")

    assert found == 0.5


def _lenet_for(side):
    """Return LeNet's layers for pictures of another size, which the class refuses."""
    layers = list(LeNet().features) + list(LeNet().classifier)
    after = (side // 2 - 4) // 2
    layers[7] = nn.Linear(16 * after**2, 120)
    return nn.Sequential(*layers)


ARCHITECTURES = {
    "LeNet": _lenet_for,
    "AlexNet": lambda side: AlexNet(image_size=side),
    "VGG-11": lambda side: VGG.of_depth(11, image_size=side),
    "VGG-16": lambda side: VGG.of_depth(16, image_size=side),
    "NiN": lambda side: NiN(),
    "GoogLeNet": lambda side: GoogLeNet(),
    "ResNet-18": lambda side: ResNet.of_depth(18),
    "ResNet-50": lambda side: ResNet.of_depth(50),
    "DenseNet-121": lambda side: DenseNet.densenet121(),
}


def test_every_architecture_is_compared(compute):
    assert compute("Object.keys(E.networks)") == list(ARCHITECTURES)


@pytest.mark.parametrize("size", ["published", "least", 100, 320])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_layers_of_an_architecture_are_those_of_the_package(compute, name, size):
    facts = compute("E.networks[a]", name)
    channels, published = facts["picture"]
    side = {"published": published, "least": facts["least"]}.get(size, size)

    rows = compute("E.layOut(a, b)", name, side)

    with torch.device("meta"):
        table = layer_table(ARCHITECTURES[name](side), (channels, side, side))
    expected = [
        (list(row.shape), row.parameters, row.operations)
        for row in table.rows
        if row.kind in {"Conv2d", "Linear"}
    ]
    layers = [layer for row in rows for layer in row["layers"]]
    assert [
        (layer["sizes"], layer["parameters"], layer["operations"]) for layer in layers
    ] == expected
    assert sum(row["parameters"] for row in rows) == table.parameters
    assert sum(row["operations"] for row in rows) == table.operations
    activations = sum(math.prod(shape) for shape, _, _ in expected)
    assert sum(row["activations"] for row in rows) == activations


def test_boxes_overlap_and_are_suppressed_as_by_torchvision(compute):
    corners = 60 * torch.rand(40, 2, generator=torch.Generator().manual_seed(0))
    generator = torch.Generator().manual_seed(1)
    sides = 5 + 40 * torch.rand(40, 2, generator=generator)
    boxes = torch.cat([corners, corners + sides], dim=1).double()
    scores = torch.rand(40, generator=generator).double()

    overlaps = compute(
        "a.map((one) => a.map((other) => E.boxIou(one, other)))", boxes.tolist()
    )
    assert_agrees(overlaps, ops.box_iou(boxes, boxes), atol=1e-12)
    for threshold in (0.0, 0.3, 0.5, 1.0):
        found = compute(
            "E.suppressBoxes(...a)", [boxes.tolist(), scores.tolist(), threshold]
        )
        assert found["kept"] == ops.nms(boxes, scores, threshold).tolist()
        removed = [i for i, other in enumerate(found["removedBy"]) if other >= 0]
        assert sorted(found["kept"] + removed) == list(range(40))
        for i in removed:
            other = found["removedBy"][i]
            assert other in found["kept"]
            assert overlaps[i][other] > threshold


def test_a_box_without_area_overlaps_nothing(compute):
    assert compute("E.boxIou([5, 5, 5, 9], [5, 5, 5, 9])") == 0


def test_the_best_box_takes_the_true_box_and_a_duplicate_finds_none(compute):
    truth = [[0, 0, 10, 10], [20, 0, 30, 10]]
    boxes = [[0, 0, 10, 9], [0, 0, 10, 10], [21, 0, 31, 10], [0, 0, 4, 10]]

    assert compute("E.findTrueBoxes(...a)", [boxes, truth]) == [0, -1, 1, -1]


SHAPES = ["moons", "ring", "spiral"]


def test_the_noise_of_a_walk_has_the_schedule_of_the_package(compute):
    schedule = NoiseSchedule.linear(100)

    found = doubles(compute("E.alphaBars"))

    torch.testing.assert_close(found.float(), schedule.alpha_bars)


@pytest.mark.parametrize("name", SHAPES)
def test_the_shapes_of_a_walk_are_those_of_the_package(compute, name):
    found = doubles(compute("E.shapeCenters[a]", name))

    torch.testing.assert_close(found.float(), shape_centers(name), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("t", [1, 17, 100])
def test_expected_noise_agrees_with_autograd_of_the_density(compute, name, t):
    centers = doubles(compute("E.shapeCenters[a]", name))
    bar = doubles(compute("E.alphaBars"))[t]
    variance = bar * 0.1**2 + 1 - bar
    generator = torch.Generator().manual_seed(t)
    far = doubles([[0.0, 0.0], [40.0, -3.0], [1e4, 1e4]])
    points = torch.cat([randoms(generator, 20, 2, scale=2), far]).requires_grad_()
    gaps = points[:, None] - bar.sqrt() * centers
    squares = gaps.square().sum(dim=-1)
    (-squares / (2 * variance)).logsumexp(dim=1).sum().backward()

    found = compute(
        "a.map((point) => E.expectedNoise(point, b, c, 0.1))",
        points.tolist(),
        t,
        centers.tolist(),
    )

    expected = -(1 - bar).sqrt() * points.grad
    assert_agrees(found, expected, rtol=1e-7, atol=1e-9)


def test_the_guess_of_the_data_takes_the_noise_out(compute):
    bars = doubles(compute("E.alphaBars"))
    noisy = bars[30].sqrt() * 1.5 - (1 - bars[30]).sqrt() * 0.7

    found = compute("E.cleanGuess([a, a], 30, [-0.7, -0.7])", noisy.item())

    assert_agrees(found, doubles([1.5, 1.5]))


@pytest.mark.parametrize("jumps", [1, 2, 3, 8, 20, 37, 50])
def test_a_walk_ends_where_that_of_the_package_ends(compute, jumps):
    schedule = NoiseSchedule.linear(100)
    centers = shape_centers("spiral")
    starts = torch.randn(15, 2, generator=torch.Generator().manual_seed(0))
    denoiser = MixtureDenoiser(centers, 0.1, schedule)
    expected = sample_ddim(denoiser, schedule, starts, num_steps=jumps)

    walks = compute(
        "a.map((start) => E.walkBack(start, b, E.shapeCenters.spiral, 0.1))",
        starts.tolist(),
        jumps,
    )

    ends = doubles([walk[-1] for walk in walks])
    assert [len(walk) for walk in walks] == [jumps + 1] * 15
    # The package computes in single precision.
    torch.testing.assert_close(ends.float(), expected, rtol=0.02, atol=0.02)
