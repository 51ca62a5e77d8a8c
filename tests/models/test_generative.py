"""Autoencoder, VAE and GAN: their losses and their training."""

import math

import pytest
import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence
from torch.nn.functional import binary_cross_entropy_with_logits

from d2lnotes.models.generative import (
    VAE,
    Discriminator,
    Generator,
    fit_gan,
    fit_vae,
    gaussian_kl,
    generator_loss,
)


@pytest.fixture
def rng() -> torch.Generator:
    torch.manual_seed(0)
    return torch.Generator().manual_seed(0)


def test_kl_agrees_with_torch(rng: torch.Generator) -> None:
    mean, log_variance = torch.randn(2, 3, 5, generator=rng)
    expected = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0))
    torch.testing.assert_close(gaussian_kl(mean, log_variance), expected)


def test_codes_have_the_mean_and_the_variance_of_the_encoder(
    rng: torch.Generator,
) -> None:
    model = VAE(3, 2, hidden_size=0)
    torch.nn.init.zeros_(model.encoder[0].weight)
    with torch.no_grad():
        model.encoder[0].bias.copy_(torch.tensor([2.0, -1, math.log(0.25), 0]))
        model.decoder[0].weight.copy_(torch.tensor([[1.0, 0], [0, 1], [1, 1]]))
        model.decoder[0].bias.zero_()
        codes = model(torch.zeros(20_000, 3), generator=rng).reconstruction[:, :2]
    assert codes.mean(dim=0).tolist() == pytest.approx([2, -1], abs=0.03)
    assert codes.std(dim=0).tolist() == pytest.approx([0.5, 1], abs=0.03)


def test_without_a_generator_nothing_is_drawn(rng: torch.Generator) -> None:
    model, examples = VAE(5, 2), torch.randn(7, 5, generator=rng)
    first, second = model(examples), model(examples)
    torch.testing.assert_close(first.reconstruction, model.decode(first.mean))
    torch.testing.assert_close(first.reconstruction, second.reconstruction)


def test_elbo_is_the_log_density_if_the_encoder_is_the_posterior(
    rng: torch.Generator,
) -> None:
    # z ~ N(0, 1), x = w z + noise: the posterior is normal, its bound exact on average.
    w, noise = torch.tensor([[0.6], [0.8]]), 0.5
    variance = 1 / (1 + 1 / noise**2)  # w has length 1
    model = VAE(2, 1, hidden_size=0)
    with torch.no_grad():
        model.decoder[0].weight.copy_(w)
        model.decoder[0].bias.zero_()
        gain = variance / noise**2 * w.T
        model.encoder[0].weight.copy_(torch.cat([gain, torch.zeros(1, 2)]))
        model.encoder[0].bias.copy_(torch.tensor([0.0, math.log(variance)]))
        example = torch.tensor([[0.7, -0.4]])
        bound = model.elbo(example.expand(50_000, 2), noise=noise, generator=rng)
    covariance = w @ w.T + noise**2 * torch.eye(2)
    evidence = MultivariateNormal(torch.zeros(2), covariance).log_prob(example[0])
    assert float(bound.mean()) == pytest.approx(float(evidence), abs=0.02)


def test_elbo_of_a_poor_encoder_is_below_the_log_density(rng: torch.Generator) -> None:
    model = VAE(2, 1, hidden_size=0)
    with torch.no_grad():
        w = model.decoder[0].weight
        covariance = w @ w.T + 0.25 * torch.eye(2)
        truth = MultivariateNormal(model.decoder[0].bias, covariance)
        example = torch.tensor([[0.7, -0.4]])
        bound = model.elbo(example.expand(9000, 2), noise=0.5, generator=rng).mean()
    assert bound < truth.log_prob(example[0]) - 0.01


def test_a_plain_linear_autoencoder_finds_the_principal_components(
    rng: torch.Generator,
) -> None:
    scale = torch.tensor([3.0, 2.0, 0.5, 0.3, 0.1])
    examples = torch.randn(500, 5, generator=rng) * scale
    model = VAE(5, 2, hidden_size=0)
    fit_vae(model, examples, beta=0, num_epochs=40, generator=rng, learning_rate=0.02)
    with torch.no_grad():
        error = (model(examples).reconstruction - examples).square().sum(dim=1).mean()
    best = torch.linalg.eigvalsh(torch.cov(examples.T))[:3].sum()
    assert float(error) == pytest.approx(float(best), rel=0.05)


def test_a_large_beta_switches_the_code_off(rng: torch.Generator) -> None:
    examples = torch.randn(300, 3, generator=rng)
    kls = []
    for beta in (0.05, 20.0):
        model = VAE(3, 2, hidden_size=8)
        options = {"num_epochs": 30, "learning_rate": 0.01}
        fit_vae(model, examples, beta=beta, generator=rng, **options)
        with torch.no_grad():
            kls.append(float(gaussian_kl(*model.encode(examples)).sum(dim=1).mean()))
    assert kls[0] > 1
    assert kls[1] < 0.05


def test_vae_training_repeats_with_the_seed() -> None:
    losses = []
    for _ in range(2):
        torch.manual_seed(0)
        rng = torch.Generator().manual_seed(1)
        model, examples = VAE(3, 2), torch.ones(11, 3)
        losses.append(fit_vae(model, examples, beta=0.1, num_epochs=2, generator=rng))
    assert losses[0] == losses[1]
    assert len(losses[0]) == 2


def test_samples_of_a_vae_are_decoded_from_the_prior(rng: torch.Generator) -> None:
    model = VAE(1, 1, hidden_size=0)
    with torch.no_grad():
        model.decoder[0].weight.fill_(2)
        model.decoder[0].bias.fill_(3)
    samples = model.sample(20_000, rng)
    assert float(samples.mean()) == pytest.approx(3, abs=0.05)
    assert float(samples.std()) == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize("saturating", [False, True])
def test_generator_loss_agrees_with_cross_entropy(
    saturating: bool, rng: torch.Generator
) -> None:
    logits = torch.randn(7, generator=rng)
    target = torch.zeros(7) if saturating else torch.ones(7)
    expected = binary_cross_entropy_with_logits(logits, target)
    expected = -expected if saturating else expected
    torch.testing.assert_close(generator_loss(logits, saturating=saturating), expected)


def test_generator_loss_is_finite_for_a_sure_discriminator() -> None:
    assert generator_loss(torch.tensor([-1000.0])) == 1000


def test_a_packing_discriminator_sees_neighbors_together(
    rng: torch.Generator,
) -> None:
    model, examples = Discriminator(3, pack=2), torch.randn(8, 3, generator=rng)
    logits = model(examples)
    assert logits.shape == (4,)
    changed = examples.clone()
    changed[5] += 1
    moved = (model(changed) - logits).abs() > 1e-6
    assert moved.tolist() == [False, False, True, False]


def test_a_batch_that_cannot_be_packed_is_refused() -> None:
    with pytest.raises(ValueError, match="no multiple"):
        Discriminator(3, pack=2)(torch.zeros(5, 3))


def test_a_gan_finds_a_normal_distribution(rng: torch.Generator) -> None:
    examples = 3 + 0.5 * torch.randn(2000, 1, generator=rng)
    networks = Generator(1, 1, hidden_size=16), Discriminator(1, hidden_size=16)
    fit_gan(*networks, examples, num_steps=500, rng=rng, learning_rate=0.005)
    samples = networks[0].sample(2000, rng)
    assert float(samples.mean()) == pytest.approx(3, abs=0.5)
    assert 0.1 < float(samples.std()) < 1.2


def test_the_penalty_flattens_the_discriminator(rng: torch.Generator) -> None:
    examples = torch.randn(200, 2, generator=rng)
    slopes = []
    for penalty in (0.0, 50.0):
        networks = Generator(2, 2), Discriminator(2)
        fit_gan(*networks, examples + 3, num_steps=40, rng=rng, penalty=penalty)
        real = (examples + 3).requires_grad_()
        (slope,) = torch.autograd.grad(networks[1](real).sum(), real)
        slopes.append(float(slope.square().sum(dim=1).mean()))
    assert slopes[1] < 0.2 * slopes[0]


def test_each_side_makes_the_steps_asked_for(
    rng: torch.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    stepped = []
    step = torch.optim.Adam.step
    monkeypatch.setattr(
        torch.optim.Adam,
        "step",
        lambda self: (stepped.append(id(self)), step(self))[1],
    )
    losses = fit_gan(
        Generator(2, 3),
        Discriminator(3),
        torch.zeros(11, 3),
        num_steps=2,
        rng=rng,
        discriminator_steps=3,
        generator_steps=2,
    )
    assert len(losses) == 2
    assert [stepped.count(i) for i in dict.fromkeys(stepped)] == [6, 4]


@pytest.mark.parametrize(
    "call",
    [
        lambda: VAE(0, 2),
        lambda: VAE(3, 2).elbo(torch.zeros(1, 3), noise=0, generator=torch.Generator()),
        lambda: fit_vae(
            VAE(3, 2),
            torch.zeros(2, 3),
            beta=-1,
            num_epochs=1,
            generator=torch.Generator(),
        ),
        lambda: Discriminator(3, pack=0),
        lambda: fit_gan(
            Generator(2, 3),
            Discriminator(3),
            torch.zeros(2, 3),
            num_steps=0,
            rng=torch.Generator(),
        ),
    ],
)
def test_a_number_without_a_meaning_is_refused(call) -> None:
    with pytest.raises(ValueError, match=r"at least|positive"):
        call()
