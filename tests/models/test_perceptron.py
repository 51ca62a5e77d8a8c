"""Tests for d2lnotes.models.perceptron."""

import pytest
import sklearn.linear_model
import torch

from d2lnotes.models.perceptron import Perceptron

# Two counts in four mails, worked out by hand on the page.
MAILS = torch.tensor([[2.0, 0.0], [3.0, 2.0], [1.0, 3.0], [0.0, 4.0]])
SPAM = torch.tensor([1, 1, -1, -1])


def separable(generator, num_examples=60, num_inputs=4, margin=0.05):
    """Return points and labels that a hyperplane through the origin separates."""
    normal = torch.zeros(num_inputs)
    normal[0] = 1.0
    points = torch.nn.functional.normalize(
        torch.randn(4 * num_examples, num_inputs, generator=generator), dim=1
    )
    points = points[(points @ normal).abs() > margin][:num_examples]
    return points, (points @ normal).sign().long()


def test_the_run_by_hand_is_reproduced():
    model = Perceptron(2).fit(MAILS, SPAM)

    assert model.weight.tolist() == [3, -4]
    assert model.bias.item() == 0
    assert (model.num_mistakes, model.num_epochs, model.converged) == (4, 3, True)


def test_scores_and_labels_are_those_of_the_hyperplane():
    model = Perceptron(2).fit(MAILS, SPAM)

    assert model.scores(MAILS).tolist() == [6, 1, -9, -16]
    torch.testing.assert_close(model.predict(MAILS), SPAM)


def test_a_score_of_zero_is_named_the_negative_class():
    assert Perceptron(1).predict(torch.tensor([[3.0]])).tolist() == [-1]


@pytest.mark.parametrize("bias", [True, False])
def test_weights_are_those_of_scikit_learn_in_the_same_order(generator, bias):
    points, labels = separable(generator)
    model = Perceptron(4, bias=bias).fit(points, labels)
    oracle = sklearn.linear_model.Perceptron(
        shuffle=False, tol=None, max_iter=model.num_epochs, fit_intercept=bias
    )

    oracle.fit(points.double().numpy(), labels.numpy())

    torch.testing.assert_close(model.weight, torch.tensor(oracle.coef_[0]))
    torch.testing.assert_close(model.bias.item(), oracle.intercept_.item())


@pytest.mark.parametrize("margin", [0.3, 0.1, 0.03])
def test_mistakes_stay_within_the_bound(generator, margin):
    points, labels = separable(generator, margin=margin)  # of norm 1

    model = Perceptron(4, bias=False).fit(points, labels)

    assert model.converged
    assert 0 < model.num_mistakes <= 1 / margin**2


def test_the_bound_is_reached_on_perpendicular_examples():
    model = Perceptron(7, bias=False).fit(torch.eye(7), torch.ones(7))

    # Their largest margin is 1 / sqrt(7), and all of them have length 1.
    assert model.num_mistakes == 7


def test_without_a_separating_line_it_gives_up_and_says_so():
    corners = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])

    model = Perceptron(2).fit(corners, torch.tensor([-1, 1, 1, -1]), max_epochs=50)

    assert not model.converged
    assert model.num_epochs == 50


def test_fitting_again_starts_from_zero():
    model = Perceptron(2).fit(MAILS, SPAM)

    again = model.fit(MAILS, SPAM)

    assert again.num_mistakes == 4
    assert again.weight.tolist() == [3, -4]


def test_without_bias_the_hyperplane_passes_through_the_origin():
    model = Perceptron(2, bias=False).fit(MAILS, SPAM, max_epochs=5)

    assert model.scores(torch.zeros(1, 2)).item() == 0


@pytest.mark.parametrize(
    ("inputs", "labels", "message"),
    [
        (MAILS[0], SPAM, r"shape \(n, 2\)"),
        (MAILS[:, :1], SPAM, r"shape \(n, 2\)"),
        (MAILS[:0], SPAM[:0], "at least one row"),
        (MAILS / 0, SPAM, "finite"),
        (MAILS, SPAM[:3], r"shape \(4,\)"),
        (MAILS, (SPAM + 1) // 2, "-1 or 1"),
    ],
)
def test_bad_examples_are_refused(inputs, labels, message):
    with pytest.raises(ValueError, match=message):
        Perceptron(2).fit(inputs, labels)


def test_inputs_to_predict_are_checked_too():
    with pytest.raises(ValueError, match=r"shape \(n, 2\)"):
        Perceptron(2).predict(torch.zeros(4, 3))


def test_no_pass_at_all_is_refused():
    with pytest.raises(ValueError, match="max_epochs"):
        Perceptron(2).fit(MAILS, SPAM, max_epochs=0)
