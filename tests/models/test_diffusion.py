"""Diffusion models: the schedule, noise in one go, exact denoising, and sampling."""

import math

import pytest
import torch
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal
from torch.testing import assert_close

from d2lnotes.models.diffusion import (
    LinearCode,
    MixtureDenoiser,
    NoiseSchedule,
    PointDenoiser,
    add_noise,
    draw_mixture,
    fit_denoiser,
    noise_loss,
    remove_noise,
    sample_ddim,
    sample_ddpm,
    shape_centers,
    time_embedding,
    walk_back,
)


@pytest.fixture
def schedule() -> NoiseSchedule:
    return NoiseSchedule.linear(100)


def test_alpha_bars_are_products_that_begin_at_one() -> None:
    schedule = NoiseSchedule([0.1, 0.2, 0.5])
    assert schedule.num_steps == 3
    assert_close(schedule.alpha_bars, torch.tensor([1.0, 0.9, 0.72, 0.36]))
    assert_close(schedule.betas, torch.tensor([0.0, 0.1, 0.2, 0.5]))


@pytest.mark.parametrize("num_steps", [50, 100, 1000])
def test_a_linear_schedule_ends_in_noise(num_steps: int) -> None:
    bars = NoiseSchedule.linear(num_steps).alpha_bars
    assert (bars.diff() < 0).all()
    assert bars[-1] < 1e-4


def test_a_cosine_schedule_follows_its_formula() -> None:
    schedule = NoiseSchedule.cosine(100)
    middle = math.cos((0.5 + 0.008) / 1.008 * math.pi / 2) ** 2
    start = math.cos(0.008 / 1.008 * math.pi / 2) ** 2
    assert schedule.alpha_bars[50].item() == pytest.approx(middle / start, rel=1e-5)
    assert schedule.betas.max() <= 0.999


@pytest.mark.parametrize("betas", [[], [0.1, 0.0], [0.5, 1.0], [[0.1]]])
def test_betas_outside_zero_and_one_are_refused(betas: list) -> None:
    with pytest.raises(ValueError, match="each between 0 and 1"):
        NoiseSchedule(betas)


def test_a_linear_schedule_of_few_steps_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 25 steps"):
        NoiseSchedule.linear(24)


def test_noise_in_one_go_has_the_moments_of_step_by_step() -> None:
    schedule = NoiseSchedule([0.1, 0.2, 0.5])
    generator = torch.Generator().manual_seed(0)
    x = torch.full((100_000, 1), 2.0)
    for t in range(1, 4):
        beta = schedule.betas[t]
        fresh = torch.randn(x.shape, generator=generator)
        x = (1 - beta).sqrt() * x + beta.sqrt() * fresh
    assert_close(x.mean(), torch.tensor(0.6 * 2), atol=0.01, rtol=0)
    assert_close(x.var(), torch.tensor(1 - 0.36), atol=0.01, rtol=0)
    t = torch.full((100_000,), 3)
    noise = torch.randn(x.shape, generator=generator)
    direct = add_noise(torch.full_like(x, 2.0), t, noise, schedule)
    assert_close(direct.mean(), torch.tensor(0.6 * 2), atol=0.01, rtol=0)
    assert_close(direct.var(), torch.tensor(1 - 0.36), atol=0.01, rtol=0)


def test_each_example_gets_the_noise_of_its_own_step(schedule: NoiseSchedule) -> None:
    x0, noise = torch.randn(3, 2, 5, 5), torch.randn(3, 2, 5, 5)
    t = torch.tensor([0, 17, 100])
    noisy = add_noise(x0, t, noise, schedule)
    assert_close(noisy[0], x0[0])
    for row in (1, 2):
        bar = schedule.alpha_bars[t[row]]
        assert_close(noisy[row], bar.sqrt() * x0[row] + (1 - bar).sqrt() * noise[row])


def test_removing_the_true_noise_gives_the_data_back() -> None:
    schedule = NoiseSchedule([0.1, 0.2, 0.5])
    x0, noise, t = torch.randn(4, 2), torch.randn(4, 2), torch.tensor([0, 1, 2, 3])
    noisy = add_noise(x0, t, noise, schedule)
    assert_close(remove_noise(noisy, t, noise, schedule), x0)


@pytest.mark.parametrize("t", [-1, 101])
def test_a_step_that_does_not_exist_is_refused(schedule: NoiseSchedule, t: int) -> None:
    x0 = torch.zeros(1, 2)
    with pytest.raises(ValueError, match="steps go from 0 to 100"):
        add_noise(x0, torch.tensor([t]), x0, schedule)


@pytest.mark.parametrize("t", [1, 30, 100])
def test_exact_noise_is_the_score_of_the_noisy_mixture(
    schedule: NoiseSchedule, t: int
) -> None:
    centers = shape_centers("ring").double()
    bar = schedule.alpha_bars[t].double()
    variance = bar * 0.2**2 + 1 - bar
    components = MultivariateNormal(bar.sqrt() * centers, variance * torch.eye(2))
    mixture = MixtureSameFamily(Categorical(torch.ones(8)), components)
    x = (2 * torch.randn(50, 2, dtype=torch.float64)).requires_grad_()
    mixture.log_prob(x).sum().backward()
    denoiser = MixtureDenoiser(centers, 0.2, schedule)
    found = denoiser(x.detach(), torch.full((50,), t))
    assert_close(found, -(1 - bar).sqrt() * x.grad, rtol=1e-4, atol=1e-4)


def test_exact_noise_far_away_is_finite(schedule: NoiseSchedule) -> None:
    denoiser = MixtureDenoiser(shape_centers("moons"), 0.0, schedule)
    assert denoiser(torch.full((1, 2), 1e4), torch.tensor([1])).isfinite().all()


def test_no_denoiser_has_a_smaller_loss_than_the_exact_one(
    schedule: NoiseSchedule,
) -> None:
    generator = torch.Generator().manual_seed(0)
    centers = shape_centers("ring")
    x0 = centers.repeat(500, 1) + 0.1 * torch.randn(4000, 2, generator=generator)
    exact = MixtureDenoiser(centers, 0.1, schedule)
    losses = []
    for model in (exact, lambda x, t: 0.95 * exact(x, t), lambda x, t: 0 * x):
        generator.manual_seed(1)
        losses.append(noise_loss(model, x0, schedule, generator=generator).item())
    assert losses == sorted(losses)
    assert losses[2] == pytest.approx(1, abs=0.05)


def test_a_negative_deviation_is_refused(schedule: NoiseSchedule) -> None:
    with pytest.raises(ValueError, match="not negative"):
        MixtureDenoiser(torch.zeros(1, 2), -0.1, schedule)


def test_ddim_with_fresh_noise_in_each_step_is_ddpm(schedule: NoiseSchedule) -> None:
    denoiser = MixtureDenoiser(shape_centers("ring"), 0.1, schedule)
    start = torch.randn(20, 2)
    old = sample_ddpm(
        denoiser, schedule, start, generator=torch.Generator().manual_seed(3)
    )
    new = sample_ddim(
        denoiser,
        schedule,
        start,
        num_steps=100,
        eta=1.0,
        generator=torch.Generator().manual_seed(3),
    )
    assert_close(old, new, rtol=1e-3, atol=1e-3)


def test_ddpm_samples_of_a_gaussian_have_its_moments() -> None:
    schedule = NoiseSchedule.linear(100)
    denoiser = MixtureDenoiser(torch.tensor([[1.0, -0.5]]), 0.5, schedule)
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(8_000, 2, generator=generator)
    samples = sample_ddpm(denoiser, schedule, start, generator=generator)
    assert_close(samples.mean(0), torch.tensor([1.0, -0.5]), atol=0.03, rtol=0)
    assert_close(samples.std(0), torch.tensor([0.5, 0.5]), atol=0.06, rtol=0)


def test_ddim_scales_the_start_of_a_gaussian() -> None:
    # Each jump maps a Gaussian to a Gaussian; with many jumps the map is x -> s x.
    schedule = NoiseSchedule.linear(1000)
    denoiser = MixtureDenoiser(torch.zeros(1, 2), 0.5, schedule)
    start = torch.randn(10, 2)
    samples = sample_ddim(denoiser, schedule, start, num_steps=1000)
    assert_close(samples, 0.5 * start, rtol=0.02, atol=0.001)


def test_one_jump_ends_at_the_mean_of_the_data() -> None:
    schedule = NoiseSchedule.linear(1000)
    denoiser = MixtureDenoiser(torch.tensor([[2.0, 0], [-1.0, 0]]), 0.1, schedule)
    samples = sample_ddim(denoiser, schedule, torch.randn(10, 2), num_steps=1)
    assert_close(samples, torch.tensor([0.5, 0.0]).expand(10, 2), atol=0.1, rtol=0)


@pytest.mark.parametrize("wrong", [{"num_steps": 0}, {"num_steps": 101}])
def test_jumps_that_do_not_exist_are_refused(
    schedule: NoiseSchedule, wrong: dict
) -> None:
    with pytest.raises(ValueError, match="1 to 100 jumps"):
        sample_ddim(PointDenoiser(), schedule, torch.zeros(1, 2), **wrong)


@pytest.mark.parametrize("eta", [-0.1, 0.5, 1.1])
def test_fresh_noise_needs_a_generator_and_a_share(
    schedule: NoiseSchedule, eta: float
) -> None:
    with pytest.raises(ValueError, match=r"eta lies in \[0, 1\]"):
        sample_ddim(PointDenoiser(), schedule, torch.zeros(1, 2), num_steps=5, eta=eta)


def test_embeddings_tell_steps_apart() -> None:
    embedded = time_embedding(torch.arange(1001), 32)
    assert embedded.shape == (1001, 32)
    assert (torch.cdist(embedded, embedded) + 9 * torch.eye(1001)).min() > 1e-3
    assert_close(embedded[7, 0], torch.tensor(7.0).sin())
    assert_close(embedded[7, 31], torch.tensor(0.007).cos())


def test_training_lowers_the_loss_below_that_of_saying_zero(
    schedule: NoiseSchedule,
) -> None:
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    model = PointDenoiser(width=32, num_blocks=1)
    losses = fit_denoiser(
        model, shape_centers("moons"), schedule, num_updates=300, generator=generator
    )
    assert len(losses) == 300
    assert sum(losses[-50:]) / 50 < 0.7


def test_the_step_changes_the_answer_of_a_network() -> None:
    torch.manual_seed(0)
    model, x = PointDenoiser(5, width=16), torch.randn(2, 5)
    assert model(x, torch.tensor([1, 1])).shape == (2, 5)
    change = model(x, torch.tensor([1, 1])) - model(x, torch.tensor([50, 50]))
    assert change.abs().max() > 1e-3


def test_training_without_data_is_refused(schedule: NoiseSchedule) -> None:
    with pytest.raises(ValueError, match="needs data and at least one update"):
        fit_denoiser(
            PointDenoiser(),
            torch.zeros(0, 2),
            schedule,
            num_updates=1,
            generator=torch.Generator(),
        )


@pytest.mark.parametrize("name", ["moons", "ring", "spiral"])
def test_shapes_have_mean_zero_and_unit_variance(name: str) -> None:
    centers = shape_centers(name)
    assert_close(centers.mean(0), torch.zeros(2), atol=1e-5, rtol=0)
    assert_close(centers.square().mean(), torch.tensor(1.0))


def test_an_unknown_shape_is_refused_with_the_known_ones() -> None:
    with pytest.raises(LookupError, match="'moons', 'ring' and 'spiral'"):
        shape_centers("square")


def test_a_walk_through_the_jumps_of_ddim_ends_where_it_ends(
    schedule: NoiseSchedule,
) -> None:
    denoiser = MixtureDenoiser(shape_centers("ring"), 0.1, schedule)
    start = torch.randn(20, 2)
    walk = walk_back(denoiser, schedule, start, [100, 75, 50, 25, 0])
    assert len(walk) == 5
    assert walk[0] is start
    end = sample_ddim(denoiser, schedule, start, num_steps=4)
    assert_close(walk[-1], end, rtol=1e-4, atol=1e-4)


def test_a_walk_forward_is_refused(schedule: NoiseSchedule) -> None:
    with pytest.raises(ValueError, match="ever smaller steps"):
        walk_back(PointDenoiser(), schedule, torch.zeros(1, 2), [0, 50])


def test_points_of_a_mixture_have_its_variance() -> None:
    generator = torch.Generator().manual_seed(0)
    centers = torch.tensor([[-2.0, 0, 0], [2.0, 0, 0]])
    points = draw_mixture(centers, 10_000, deviation=0.5, generator=generator)
    expected = torch.tensor([4.25, 0.25, 0.25])
    assert_close(points.var(dim=0), expected, rtol=0.05, atol=0)


def test_as_many_codes_as_features_lose_nothing() -> None:
    data = torch.rand(50, 1, 2, 3)
    code = LinearCode(data, 6)
    codes = code.encode(data)
    assert_close(code.decode(codes), data, rtol=1e-4, atol=1e-5)
    assert_close(codes.var(dim=0, correction=0).mean(), torch.tensor(1.0))


def test_codes_lose_the_variance_of_the_other_directions() -> None:
    data = torch.randn(200, 5) * torch.tensor([5.0, 4, 3, 2, 1])
    code = LinearCode(data, 2)
    lost = (code.decode(code.encode(data)) - data).square().sum(dim=1).mean()
    singular = torch.linalg.svdvals(data - data.mean(dim=0)) ** 2 / 200
    assert_close(lost, singular[2:].sum(), rtol=1e-3, atol=0)


@pytest.mark.parametrize("num_codes", [0, 7])
def test_more_codes_than_features_are_refused(num_codes: int) -> None:
    with pytest.raises(ValueError, match="1 to 6 codes"):
        LinearCode(torch.rand(9, 2, 3), num_codes)
