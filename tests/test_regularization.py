"""Tests for d2lnotes.regularization, with scikit-learn, torch and algebra as oracles."""

import pytest
import torch
from sklearn.linear_model import Lasso, Ridge
from torch.nn import functional

from d2lnotes.regularization import ProximalSGD, ridge, soft_threshold


def make_examples(n, d, outputs=(), *, seed=0):
    draws = torch.Generator().manual_seed(seed)
    inputs = torch.randn(n, d, generator=draws, dtype=torch.float64)
    return inputs, torch.randn(n, *outputs, generator=draws, dtype=torch.float64)


@pytest.mark.parametrize("shape", [(30, 5), (5, 30)], ids=["tall", "wide"])
@pytest.mark.parametrize("outputs", [(), (3,)], ids=["vector", "matrix"])
def test_ridge_agrees_with_scikit_learn_whose_alpha_is_n_times_the_decay(
    shape, outputs
):
    inputs, targets = make_examples(*shape, outputs)
    model = Ridge(alpha=len(inputs) * 0.3, fit_intercept=False).fit(inputs, targets)
    expected = torch.tensor(model.coef_.T)  # scikit-learn has a row per output
    torch.testing.assert_close(ridge(inputs, targets, decay=0.3), expected)


@pytest.mark.parametrize("shape", [(30, 5), (5, 30)], ids=["tall", "wide"])
def test_ridge_without_decay_is_the_shortest_solution_of_least_squares(shape):
    inputs, targets = make_examples(*shape)
    expected = torch.linalg.pinv(inputs) @ targets
    torch.testing.assert_close(ridge(inputs, targets, decay=0.0), expected)


def test_ridge_without_decay_survives_equal_columns():
    inputs, targets = make_examples(30, 2)
    twice = torch.cat([inputs, inputs], dim=1)
    found = ridge(twice, targets, decay=0.0)
    once = ridge(inputs, targets, decay=0.0)
    torch.testing.assert_close(found, torch.cat([once, once]) / 2)


def test_ridge_of_inputs_without_columns_that_differ_from_0_is_0():
    found = ridge(torch.zeros(4, 2), torch.ones(4), decay=0.0)
    assert (found == 0).all()


def test_ridge_refuses_a_negative_decay():
    with pytest.raises(ValueError, match=r"decay must be at least 0, got -0\.1"):
        ridge(*make_examples(4, 2), decay=-0.1)


def test_ridge_refuses_targets_of_another_number_of_examples():
    inputs, _ = make_examples(4, 2)
    with pytest.raises(ValueError, match=r"\(4, 2\) and \(5,\)"):
        ridge(inputs, torch.ones(5), decay=0.1)


def test_soft_threshold_is_softshrink():
    x = torch.linspace(-3, 3, 61)
    torch.testing.assert_close(soft_threshold(x, 0.7), functional.softshrink(x, 0.7))


def test_soft_threshold_minimizes_its_distance_and_penalty():
    grid = torch.linspace(-3, 3, 6001, dtype=torch.float64)
    for x in (-2.0, -0.3, 0.0, 0.5, 1.7):
        cost = (grid - x) ** 2 / 2 + 0.5 * grid.abs()
        best = soft_threshold(torch.tensor(x, dtype=torch.float64), 0.5)
        torch.testing.assert_close(best, grid[cost.argmin()], atol=5e-4, rtol=0)


def test_the_threshold_may_differ_from_number_to_number():
    found = soft_threshold(torch.tensor([2.0, 2.0]), torch.tensor([0.5, 3.0]))
    assert found.tolist() == [1.5, 0.0]


def trained(optimizer_of, inputs, targets, *, num_steps=3000):
    weights = torch.zeros(inputs.shape[1], dtype=torch.float64, requires_grad=True)
    optimizer = optimizer_of(weights)
    for _ in range(num_steps):
        loss = (inputs @ weights - targets).square().mean() / 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return weights.detach()


def test_proximal_steps_end_at_the_lasso_with_its_zeros():
    inputs, targets = make_examples(40, 20)
    lasso = Lasso(alpha=0.1, fit_intercept=False, tol=1e-12, max_iter=10**5)
    expected = torch.tensor(lasso.fit(inputs, targets).coef_)
    found = trained(lambda w: ProximalSGD([w], lr=0.2, l1=0.1), inputs, targets)
    torch.testing.assert_close(found, expected, atol=1e-8, rtol=0)
    assert ((found == 0) == (expected == 0)).all()
    assert 0 < (found == 0).sum() < 20


def test_proximal_sgd_without_penalty_is_sgd():
    inputs, targets = make_examples(40, 20)
    found = trained(lambda w: ProximalSGD([w], lr=0.2), inputs, targets, num_steps=5)
    by_torch = trained(
        lambda w: torch.optim.SGD([w], lr=0.2), inputs, targets, num_steps=5
    )
    torch.testing.assert_close(found, by_torch)


def test_each_group_has_its_own_penalty():
    weight, bias = (torch.ones(1, requires_grad=True) for _ in range(2))
    groups = [{"params": [weight], "l1": 0.5}, {"params": [bias]}]
    optimizer = ProximalSGD(groups, lr=1.0)
    (0 * weight + 0 * bias).backward()
    optimizer.step()
    assert (weight.item(), bias.item()) == (0.5, 1.0)


def test_a_parameter_without_gradient_stays():
    idle = torch.ones(1, requires_grad=True)
    ProximalSGD([idle], lr=1.0, l1=0.5).step()
    assert idle.item() == 1.0


def test_step_returns_the_loss_of_its_closure():
    weight = torch.ones(1, requires_grad=True)

    def closure():
        loss = 2 * weight.sum()
        loss.backward()
        return loss.item()

    assert ProximalSGD([weight], lr=0.1).step(closure) == 2.0
    assert weight.item() == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"lr": 0.0}, "lr must be positive"), ({"lr": 0.1, "l1": -1.0}, "l1 must be")],
)
def test_proximal_sgd_refuses_rates_and_penalties_that_make_no_sense(settings, message):
    with pytest.raises(ValueError, match=message):
        ProximalSGD([torch.ones(1, requires_grad=True)], **settings)
