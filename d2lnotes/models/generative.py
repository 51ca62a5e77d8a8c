"""Small models that make new examples: autoencoder, VAE and GAN.

All of them are multilayer perceptrons on vectors, so that each trains within seconds on
a CPU. What differs is the loss.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

__all__ = [
    "VAE",
    "Discriminator",
    "Generator",
    "VAEOutput",
    "fit_gan",
    "fit_vae",
    "gaussian_kl",
    "generator_loss",
]


class VAEOutput(NamedTuple):
    """What a variational autoencoder makes of a batch.

    Parameters
    ----------
    reconstruction : (batch, num_features) float
    mean : (batch, latent_size) float
        Of the normal distribution of the code.
    log_variance : (batch, latent_size) float
        Its logarithm of the variance; minus infinity for a code without noise.
    """

    reconstruction: Tensor
    mean: Tensor
    log_variance: Tensor


def gaussian_kl(mean: Tensor, log_variance: Tensor) -> Tensor:
    r"""Return the KL divergence of normal distributions from the standard one, in nats.

    .. math:: \tfrac12 \bigl(\mu^2 + \sigma^2 - \ln \sigma^2 - 1\bigr)

    Parameters
    ----------
    mean, log_variance : (...) float

    Returns
    -------
    Tensor : (...) float
        One number for each; add over the latent numbers of an example.
    """
    return 0.5 * (mean.square() + log_variance.exp() - log_variance - 1)


class VAE(nn.Module):
    """A variational autoencoder of two multilayer perceptrons.

    Parameters
    ----------
    num_features
        Numbers of an example, such as 784 pixels.
    latent_size
        Numbers of a code.
    hidden_size
        Units of the hidden layer of encoder and decoder; 0 for none, which makes both
        linear.
    """

    def __init__(
        self, num_features: int, latent_size: int, *, hidden_size: int = 128
    ) -> None:
        super().__init__()
        if min(num_features, latent_size) < 1 or hidden_size < 0:
            raise ValueError(
                "an example and its code have at least 1 number and a hidden layer at "
                f"least 0 units, got {num_features}, {latent_size} and {hidden_size}"
            )
        self.latent_size = latent_size
        self.encoder = _perceptron(num_features, hidden_size, 2 * latent_size)
        self.decoder = _perceptron(latent_size, hidden_size, num_features)

    def encode(self, examples: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log-variance of the code, each (batch, latent_size)."""
        mean, log_variance = self.encoder(examples).chunk(2, dim=1)
        return mean, log_variance

    def decode(self, codes: Tensor) -> Tensor:
        """Return the examples (batch, num_features) of codes (batch, latent_size)."""
        return self.decoder(codes)

    def forward(
        self, examples: Tensor, *, generator: torch.Generator | None = None
    ) -> VAEOutput:
        """Encode, draw a code, decode.

        Parameters
        ----------
        examples : (batch, num_features) float
        generator
            Of the CPU; draws the noise of the codes. ``None`` draws nothing and decodes
            the mean, which is what a plain autoencoder does.
        """
        mean, log_variance = self.encode(examples)
        codes = mean
        if generator is not None:
            noise = torch.randn(mean.shape, generator=generator).to(mean.device)
            codes = mean + (log_variance / 2).exp() * noise
        return VAEOutput(self.decode(codes), mean, log_variance)

    def elbo(
        self, examples: Tensor, *, noise: float, generator: torch.Generator
    ) -> Tensor:
        r"""Return a lower bound of the log-density of each example, in nats.

        The decoder's output is the mean of a normal distribution with the standard
        deviation ``noise`` for each feature. One code is drawn for each example, so the
        bound holds on average over draws.

        Parameters
        ----------
        examples : (batch, num_features) float
        noise
            Positive, in the unit of the features.
        generator
            Of the CPU; draws the codes.

        Returns
        -------
        Tensor : (batch,) float
        """
        if noise <= 0:
            raise ValueError(f"noise must be positive, got {noise}; try 0.1")
        output = self(examples, generator=generator)
        error = (examples - output.reconstruction).square().sum(dim=1)
        constant = examples.shape[1] * math.log(noise * math.sqrt(2 * math.pi))
        divergence = gaussian_kl(output.mean, output.log_variance).sum(dim=1)
        return -error / (2 * noise**2) - constant - divergence

    @torch.no_grad()
    def sample(self, num_samples: int, generator: torch.Generator) -> Tensor:
        """Return new examples (num_samples, num_features), decoded from the prior."""
        codes = torch.randn(num_samples, self.latent_size, generator=generator)
        return self.decode(codes.to(next(self.parameters()).device))


def fit_vae(
    model: VAE,
    examples: Tensor,
    *,
    beta: float,
    num_epochs: int,
    generator: torch.Generator,
    learning_rate: float = 0.002,
    batch_size: int = 64,
) -> list[float]:
    r"""Train with Adam and return the mean loss of each epoch.

    .. math::

        \tfrac12 \lVert \mathbf{x} - \hat{\mathbf{x}} \rVert^2 + \beta \,
        \mathrm{KL}\bigl(q(\mathbf{z} \mid \mathbf{x}) \,\Vert\, p(\mathbf{z})\bigr)

    Up to a constant this is :math:`-\beta` times the ELBO of a decoder with noise of
    the variance :math:`\beta`.

    Parameters
    ----------
    model
        Trained where it is.
    examples : (num_examples, num_features) float
        On the device of the model.
    beta
        Weight of the divergence. With 0 no code is drawn either, and the model is a
        plain autoencoder.
    num_epochs
        How often each example is seen.
    generator
        Of the CPU; draws the order and the codes.
    learning_rate
        At the start; it falls to 0 along a cosine.
    batch_size
        Examples of a batch.

    Raises
    ------
    ValueError
        If ``beta`` is negative or there is no epoch.
    """
    if beta < 0 or num_epochs < 1:
        raise ValueError(
            "beta is at least 0 and num_epochs at least 1, got "
            f"{beta} and {num_epochs}; beta = 0 makes a plain autoencoder"
        )
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    num_steps = num_epochs * -(-len(examples) // batch_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, num_steps)
    means = []
    for _ in range(num_epochs):
        total = 0.0
        for places in torch.randperm(len(examples), generator=generator).split(
            batch_size
        ):
            batch = examples[places]
            output = model(batch, generator=generator if beta else None)
            loss = 0.5 * (batch - output.reconstruction).square().sum(dim=1).mean()
            if beta:
                divergence = gaussian_kl(output.mean, output.log_variance)
                loss = loss + beta * divergence.sum(dim=1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(batch)
        means.append(total / len(examples))
    return means


class Generator(nn.Module):
    """A perceptron that turns noise into examples.

    Parameters
    ----------
    latent_size
        Numbers of the noise.
    num_features
        Numbers of an example.
    hidden_size
        Units of each of the two hidden layers.
    """

    def __init__(
        self, latent_size: int, num_features: int, *, hidden_size: int = 64
    ) -> None:
        super().__init__()
        self.latent_size = latent_size
        self.layers = _two_hidden_layers(latent_size, hidden_size, num_features)

    def forward(self, noise: Tensor) -> Tensor:
        """Return examples (batch, num_features) of noise (batch, latent_size)."""
        return self.layers(noise)

    @torch.no_grad()
    def sample(self, num_samples: int, generator: torch.Generator) -> Tensor:
        """Return examples (num_samples, num_features) of standard normal noise."""
        return self(_noise(self, num_samples, generator))


class Discriminator(nn.Module):
    """A perceptron that says how real examples look, as a logit.

    Parameters
    ----------
    num_features
        Numbers of an example.
    pack
        How many examples it sees at once. With more than 1 it can notice that those of
        a generator resemble each other.
    hidden_size
        Units of each of the two hidden layers.
    """

    def __init__(
        self, num_features: int, *, pack: int = 1, hidden_size: int = 64
    ) -> None:
        super().__init__()
        if pack < 1:
            raise ValueError(f"pack must be at least 1, got {pack}; 1 sees one example")
        self.pack = pack
        self.layers = _two_hidden_layers(pack * num_features, hidden_size, 1)

    def forward(self, examples: Tensor) -> Tensor:
        """Return logits of being real.

        Parameters
        ----------
        examples : (batch, num_features) float
            The batch is a multiple of ``pack``; neighbors are packed together.

        Returns
        -------
        Tensor : (batch / pack,) float
        """
        if len(examples) % self.pack:
            raise ValueError(
                f"this discriminator sees {self.pack} examples at once, and "
                f"{len(examples)} is no multiple of that; change the batch"
            )
        return self.layers(examples.reshape(len(examples) // self.pack, -1))[:, 0]


def generator_loss(logits: Tensor, *, saturating: bool = False) -> Tensor:
    r"""Return the loss of a generator, from the discriminator's view of its samples.

    With :math:`D` the sigmoid of the logit, it is :math:`-\ln D`, or in its saturating
    form :math:`\ln (1 - D)`. Both fall as :math:`D` rises.

    Parameters
    ----------
    logits : (batch,) float
    saturating
        Use the form of the game itself, whose gradient vanishes near :math:`D = 0`.

    Returns
    -------
    Tensor : () float
        Mean over the batch, in nats.
    """
    return -softplus(logits).mean() if saturating else softplus(-logits).mean()


def fit_gan(
    generator: Generator,
    discriminator: Discriminator,
    examples: Tensor,
    *,
    num_steps: int,
    rng: torch.Generator,
    saturating: bool = False,
    discriminator_steps: int = 1,
    generator_steps: int = 1,
    penalty: float = 0.0,
    learning_rate: float = 0.001,
    batch_size: int = 128,
) -> list[tuple[float, float]]:
    r"""Train both by turns with Adam, and return their losses at each step.

    Parameters
    ----------
    generator, discriminator
        Trained where they are.
    examples : (num_examples, num_features) float
        Real ones, on the device of the models.
    num_steps
        How often both have their turn.
    rng
        Of the CPU; draws batches and noise.
    saturating
        Of :func:`generator_loss`.
    discriminator_steps, generator_steps
        Updates of each in its turn; the discriminator comes first.
    penalty
        Weight of half the squared gradient of the discriminator's logit in real
        examples (R1).
    learning_rate
        Of both; the momentum is 0.5.
    batch_size
        Real examples of a batch, and as many made ones.

    Returns
    -------
    list
        Last loss of the discriminator and of the generator in each turn, in nats.

    Raises
    ------
    ValueError
        If a number is too small.
    """
    if min(num_steps, discriminator_steps, generator_steps) < 1 or penalty < 0:
        raise ValueError(
            "the three numbers of steps are at least 1 and penalty at least 0, got "
            f"{num_steps}, {discriminator_steps}, {generator_steps} and {penalty}"
        )
    optimizers = [
        torch.optim.Adam(model.parameters(), lr=learning_rate, betas=(0.5, 0.999))
        for model in (generator, discriminator)
    ]
    losses = []
    for _ in range(num_steps):
        for _ in range(discriminator_steps):
            places = torch.randint(len(examples), (batch_size,), generator=rng)
            real = examples[places].requires_grad_(penalty > 0)
            made = generator.sample(batch_size, rng)
            on_real = discriminator(real)
            d_loss = softplus(-on_real).mean() + softplus(discriminator(made)).mean()
            if penalty:
                (slope,) = torch.autograd.grad(on_real.sum(), real, create_graph=True)
                d_loss = d_loss + penalty / 2 * slope.square().sum() / len(on_real)
            optimizers[1].zero_grad()
            d_loss.backward()
            optimizers[1].step()
        for _ in range(generator_steps):
            made = generator(_noise(generator, batch_size, rng))
            g_loss = generator_loss(discriminator(made), saturating=saturating)
            optimizers[0].zero_grad()
            g_loss.backward()
            optimizers[0].step()
        losses.append((d_loss.item(), g_loss.item()))
    return losses


def _noise(generator: Generator, size: int, rng: torch.Generator) -> Tensor:
    """Return standard normal noise on the device of the generator."""
    noise = torch.randn(size, generator.latent_size, generator=rng)
    return noise.to(next(generator.parameters()).device)


def _perceptron(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    """Return a perceptron with one hidden layer, or a linear layer if ``hidden`` is 0."""
    if not hidden:
        return nn.Sequential(nn.Linear(inputs, outputs))
    return nn.Sequential(
        nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, outputs)
    )


def _two_hidden_layers(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, hidden),
        nn.ReLU(),
        nn.Linear(hidden, hidden),
        nn.ReLU(),
        nn.Linear(hidden, outputs),
    )
