"""Diffusion models: adding noise in small steps, predicting it, and sampling backwards.

Data become noise in T steps, t = 1 … T, by a fixed rule. A network is trained to say
which noise is in a noisy example. Samples are made by starting from noise alone and
taking the predicted noise out again, step by step. A network here is anything that is
called as ``model(x, t)`` and returns noise of the shape of ``x``.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss, softmax

__all__ = [
    "LinearCode",
    "MixtureDenoiser",
    "NoiseSchedule",
    "PointDenoiser",
    "add_noise",
    "draw_mixture",
    "fit_denoiser",
    "noise_loss",
    "remove_noise",
    "sample_ddim",
    "sample_ddpm",
    "shape_centers",
    "time_embedding",
    "walk_back",
]

_MOST_BETA = 0.999
_EMBEDDING = 32

Denoiser = Callable[[Tensor, Tensor], Tensor]


class NoiseSchedule:
    """How much noise each of T steps adds.

    Step t turns ``x`` into ``sqrt(1 - beta_t) * x + sqrt(beta_t) * noise``. The
    product of the ``1 - beta`` up to t is ``alpha_bars[t]``: the share of variance
    that is still data.

    Parameters
    ----------
    betas : (T,) float
        Variance of the noise added in steps 1 … T, in (0, 1).

    Attributes
    ----------
    betas, alpha_bars : (T + 1,) float
        By step; index 0 is the data, with ``betas[0] = 0`` and ``alpha_bars[0] = 1``.

    Raises
    ------
    ValueError
        If there is no step, or a beta lies outside (0, 1).
    """

    def __init__(self, betas: Tensor | Sequence[float]) -> None:
        given = torch.as_tensor(betas, dtype=torch.float64)
        if given.ndim != 1 or not len(given) or not ((given > 0) & (given < 1)).all():
            raise ValueError(
                "a schedule needs a row of betas, each between 0 and 1; got "
                f"{given.tolist()}; NoiseSchedule.linear(100) makes a usual one"
            )
        start = torch.zeros(1, dtype=torch.float64)
        padded = torch.cat([start, given])
        self.betas = padded.float()
        self.alpha_bars = (1 - padded).cumprod(dim=0).float()

    @property
    def num_steps(self) -> int:
        """The number T of steps."""
        return len(self.betas) - 1

    @classmethod
    def linear(cls, num_steps: int) -> NoiseSchedule:
        """Return betas that grow evenly, to an end that is nearly all noise.

        With 1,000 steps they go from 0.0001 to 0.02. With fewer steps each is larger
        in proportion, so that the end has about as much noise.

        Parameters
        ----------
        num_steps
            T, at least 25.

        Raises
        ------
        ValueError
            If there are too few steps for that much noise.
        """
        if num_steps < 25:
            raise ValueError(
                f"a linear schedule needs at least 25 steps, got {num_steps}; with "
                "fewer the last betas would be near 1; use NoiseSchedule.cosine"
            )
        scale = 1000 / num_steps
        return cls(torch.linspace(1e-4 * scale, 0.02 * scale, num_steps))

    @classmethod
    def cosine(cls, num_steps: int, *, offset: float = 0.008) -> NoiseSchedule:
        """Return betas for which ``alpha_bars`` falls like a squared cosine.

        Parameters
        ----------
        num_steps
            T, at least 1.
        offset
            Keeps the first betas from being too small.
        """
        times = torch.arange(num_steps + 1, dtype=torch.float64) / num_steps
        angles = (times + offset) / (1 + offset) * math.pi / 2
        bars = angles.cos().square()
        return cls((1 - bars[1:] / bars[:-1]).clamp(max=_MOST_BETA))


def _levels(schedule: NoiseSchedule, t: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the factors of data and noise at steps ``t``, shaped to multiply ``x``."""
    bars = schedule.alpha_bars.to(x.device)[t].view(-1, *[1] * (x.ndim - 1))
    return bars.sqrt(), (1 - bars).sqrt()


def add_noise(x0: Tensor, t: Tensor, noise: Tensor, schedule: NoiseSchedule) -> Tensor:
    """Return the data after t steps of noise, in one go.

    This is ``sqrt(alpha_bars[t]) * x0 + sqrt(1 - alpha_bars[t]) * noise``.

    Parameters
    ----------
    x0 : (batch, …) float
        Data of about unit variance.
    t : (batch,) long
        Steps in 0 … T.
    noise : (batch, …) float
        Standard normal.
    schedule
        Of T steps.

    Raises
    ------
    ValueError
        If a step does not exist.
    """
    if t.numel() and not 0 <= int(t.min()) <= int(t.max()) <= schedule.num_steps:
        raise ValueError(
            f"steps go from 0 to {schedule.num_steps} in this schedule; got steps "
            f"from {int(t.min())} to {int(t.max())}"
        )
    data_level, noise_level = _levels(schedule, t, x0)
    return data_level * x0 + noise_level * noise


def remove_noise(
    x: Tensor, t: Tensor, noise: Tensor, schedule: NoiseSchedule
) -> Tensor:
    """Return the data that, with this noise, give ``x`` after t steps.

    The inverse of :func:`add_noise` in its first argument.

    Parameters
    ----------
    x : (batch, …) float
    t : (batch,) long
        Steps in 0 … T.
    noise : (batch, …) float
        True or predicted.
    schedule
        Of T steps.
    """
    data_level, noise_level = _levels(schedule, t, x)
    return (x - noise_level * noise) / data_level


def noise_loss(
    model: Denoiser, x0: Tensor, schedule: NoiseSchedule, *, generator: torch.Generator
) -> Tensor:
    """Return how far the model is from the noise in ``x0``, at random steps.

    A mean of squares over all examples and features. A model that always says 0 has a
    loss of 1.

    Parameters
    ----------
    model
        Called as ``model(x, t)``.
    x0 : (batch, …) float
        Data.
    schedule
        Of T steps.
    generator
        Of the CPU; draws steps and noise.

    Returns
    -------
    Tensor : () float
    """
    t = torch.randint(1, schedule.num_steps + 1, (len(x0),), generator=generator)
    noise = torch.randn(x0.shape, generator=generator).to(x0.device)
    t = t.to(x0.device)
    return mse_loss(model(add_noise(x0, t, noise, schedule), t), noise)


def fit_denoiser(
    model: nn.Module,
    x0: Tensor,
    schedule: NoiseSchedule,
    *,
    num_updates: int,
    generator: torch.Generator,
    batch_size: int = 256,
    learning_rate: float = 2e-3,
) -> list[float]:
    """Train a denoiser with AdamW and return the loss of each update.

    The learning rate rises and then falls to nearly 0.

    Parameters
    ----------
    model
        Trained where it is.
    x0 : (num_examples, …) float
        Data of about unit variance, on the device of the model.
    schedule
        Of T steps.
    num_updates
        Batches to train on, at least 1.
    generator
        Of the CPU; draws batches, steps and noise.
    batch_size
        Examples of a batch, drawn with replacement.
    learning_rate
        The largest.

    Raises
    ------
    ValueError
        If there are no data or no update.
    """
    if not len(x0) or num_updates < 1:
        raise ValueError(
            "a denoiser needs data and at least one update; got "
            f"{len(x0)} examples and {num_updates} updates"
        )
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, num_updates)
    model.train()
    losses = []
    for _ in range(num_updates):
        batch = torch.randint(len(x0), (batch_size,), generator=generator)
        loss = noise_loss(model, x0[batch], schedule, generator=generator)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rates.step()
        losses.append(loss.item())
    return losses


@torch.no_grad()
def sample_ddpm(
    model: Denoiser,
    schedule: NoiseSchedule,
    start: Tensor,
    *,
    generator: torch.Generator,
) -> Tensor:
    """Return samples made by taking all T steps back, with fresh noise in each.

    Parameters
    ----------
    model
        Called as ``model(x, t)``; its mode is left as it is.
    schedule
        The one it was trained with.
    start : (batch, …) float
        Standard normal; where the samples begin.
    generator
        Of the CPU; draws the fresh noise.

    Returns
    -------
    Tensor : (batch, …) float
    """
    x = start
    for t in range(schedule.num_steps, 0, -1):
        beta, bar = schedule.betas[t].item(), schedule.alpha_bars[t].item()
        before = schedule.alpha_bars[t - 1].item()
        steps = torch.full((len(x),), t, device=x.device)
        x = x - beta / math.sqrt(1 - bar) * model(x, steps)
        x = x / math.sqrt(1 - beta)
        if t > 1:
            deviation = math.sqrt(beta * (1 - before) / (1 - bar))
            fresh = torch.randn(x.shape, generator=generator).to(x.device)
            x = x + deviation * fresh
    return x


@torch.no_grad()
def sample_ddim(
    model: Denoiser,
    schedule: NoiseSchedule,
    start: Tensor,
    *,
    num_steps: int,
    eta: float = 0.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return samples made in ``num_steps`` jumps, by default without fresh noise.

    Each jump estimates the data from the predicted noise, and puts as much of that
    noise back as the earlier step has.

    Parameters
    ----------
    model
        Called as ``model(x, t)``; its mode is left as it is.
    schedule
        The one it was trained with.
    start : (batch, …) float
        Standard normal; with ``eta = 0`` it decides the sample.
    num_steps
        Jumps from step T to 0, in 1 … T, as even as whole numbers allow.
    eta
        How much of the noise is fresh: 0 for none; with 1 and T jumps this is
        :func:`sample_ddpm`.
    generator
        Of the CPU; needed if ``eta`` is not 0.

    Returns
    -------
    Tensor : (batch, …) float

    Raises
    ------
    ValueError
        If the number of jumps or ``eta`` is out of range, or a generator is missing.
    """
    if not 1 <= num_steps <= schedule.num_steps:
        raise ValueError(
            f"the schedule has {schedule.num_steps} steps, so there are 1 to "
            f"{schedule.num_steps} jumps; got num_steps={num_steps}"
        )
    if not 0 <= eta <= 1 or (eta > 0 and generator is None):
        raise ValueError(
            "eta lies in [0, 1], and more than 0 needs a generator for the fresh "
            f"noise; got eta={eta} and generator={generator}"
        )
    jumps = torch.linspace(schedule.num_steps, 0, num_steps + 1).round().long().tolist()
    x = start
    for t, earlier in itertools.pairwise(jumps):
        bar, target = (schedule.alpha_bars[k].item() for k in (t, earlier))
        steps = torch.full((len(x),), t, device=x.device)
        noise = model(x, steps)
        x0 = remove_noise(x, steps, noise, schedule)
        deviation = eta * math.sqrt((1 - target) / (1 - bar) * (1 - bar / target))
        kept = math.sqrt(max(1 - target - deviation**2, 0.0))
        x = math.sqrt(target) * x0 + kept * noise
        if deviation > 0:
            fresh = torch.randn(x.shape, generator=generator).to(x.device)
            x = x + deviation * fresh
    return x


@torch.no_grad()
def walk_back(
    model: Denoiser, schedule: NoiseSchedule, start: Tensor, steps: Sequence[int]
) -> list[Tensor]:
    """Return the points at each of some steps, on a walk without fresh noise.

    Parameters
    ----------
    model
        Called as ``model(x, t)``; its mode is left as it is.
    schedule
        The one it was trained with.
    start : (batch, …) float
        The points at the first of the steps.
    steps
        Falling, from T or less to 0 or more.

    Returns
    -------
    list of Tensor
        Each (batch, …) float. As many as there are steps, ``start`` first.

    Raises
    ------
    ValueError
        If the steps do not fall.
    """
    if any(later >= t for t, later in itertools.pairwise(steps)):
        raise ValueError(
            f"a walk back goes to ever smaller steps, got {list(steps)}; reverse them"
        )
    points = [start]
    for t, later in itertools.pairwise(steps):
        now = torch.full((len(start),), t, device=start.device)
        noise = model(points[-1], now)
        x0 = remove_noise(points[-1], now, noise, schedule)
        points.append(add_noise(x0, torch.full_like(now, later), noise, schedule))
    return points


def time_embedding(t: Tensor, num_features: int) -> Tensor:
    """Return sines and cosines of the steps, slow and fast ones.

    Parameters
    ----------
    t : (batch,) long
    num_features
        An even number. Half of the features are sines, the other half cosines; their
        angular frequencies fall from 1 to 1 / 1,000 per step.

    Returns
    -------
    Tensor : (batch, num_features) float
    """
    half = num_features // 2
    exponents = torch.linspace(0, -3, half, device=t.device)
    angles = t[:, None] * 10.0**exponents
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class PointDenoiser(nn.Module):
    """A network that predicts the noise in rows of numbers, such as points.

    The row, with sines and cosines of its numbers, goes through a linear layer, then
    through residual blocks of two linear layers. Each block is told the step.

    Parameters
    ----------
    num_features
        Numbers in a row; 2 for points in the plane.
    width
        Numbers between the layers.
    num_blocks
        Residual blocks.
    waves
        Angular frequencies of the sines and cosines. They help a network to follow
        shapes that are narrow beside their distance; none for long rows.
    """

    def __init__(
        self,
        num_features: int = 2,
        *,
        width: int = 128,
        num_blocks: int = 2,
        waves: Sequence[float] = (1.0, 2.0, 4.0),
    ) -> None:
        super().__init__()
        self.waves = tuple(waves)
        self.enter = nn.Linear(num_features * (1 + 2 * len(self.waves)), width)
        self.steps = nn.ModuleList(
            nn.Linear(_EMBEDDING, width) for _ in range(num_blocks)
        )
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width)
            )
            for _ in range(num_blocks)
        )
        self.leave = nn.Linear(width, num_features)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """Return the predicted noise.

        Parameters
        ----------
        x : (batch, num_features) float
        t : (batch,) long
            Steps.

        Returns
        -------
        Tensor : (batch, num_features) float
        """
        embedded = time_embedding(t, _EMBEDDING)
        scaled = [wave * x for wave in self.waves]
        waves = [f(row) for row in scaled for f in (torch.sin, torch.cos)]
        hidden = self.enter(torch.cat([x, *waves], dim=1))
        for step, block in zip(self.steps, self.blocks, strict=True):
            hidden = hidden + block(hidden + step(embedded))
        return self.leave(hidden)


class MixtureDenoiser(nn.Module):
    """The best possible denoiser of a mixture of Gaussians, by a formula.

    The data are drawn by choosing a center, each as often as another, and adding
    normal noise. What noise to expect in a noisy point can then be worked out, so
    nothing is trained. Trained denoisers can be compared with it.

    Parameters
    ----------
    centers : (num_centers, num_features) float
    deviation
        Standard deviation around each center, at least 0.
    schedule
        Of T steps.

    Raises
    ------
    ValueError
        If the deviation is negative.
    """

    centers: Tensor

    def __init__(
        self, centers: Tensor, deviation: float, schedule: NoiseSchedule
    ) -> None:
        super().__init__()
        if deviation < 0:
            raise ValueError(
                f"a standard deviation is not negative, got {deviation}; 0.1 is usual"
            )
        self.register_buffer("centers", centers)
        self.deviation = deviation
        self.schedule = schedule

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """Return the mean of the noise, given the noisy points.

        Parameters
        ----------
        x : (batch, num_features) float
        t : (batch,) long
            Steps, at least 1.

        Returns
        -------
        Tensor : (batch, num_features) float
        """
        data_level, noise_level = _levels(self.schedule, t, x)
        variance = (data_level * self.deviation).square() + noise_level.square()
        gaps = x[:, None] - data_level[:, None] * self.centers  # (batch, centers, n)
        shares = softmax(-gaps.square().sum(dim=-1) / (2 * variance), dim=1)
        mean_gap = (shares[..., None] * gaps).sum(dim=1)
        return noise_level * mean_gap / variance


def shape_centers(name: str) -> Tensor:
    """Return the centers of a mixture of Gaussians in the plane.

    Each shape has mean 0 and unit variance, taken over both coordinates, so that
    noise of unit variance hides it.

    Parameters
    ----------
    name
        ``"moons"`` for two half circles of 32 centers each, ``"ring"`` for eight
        centers, ``"spiral"`` for 64.

    Returns
    -------
    Tensor : (num_centers, 2) float

    Raises
    ------
    LookupError
        If the name is unknown.
    """
    places = torch.linspace(0, 1, 32, dtype=torch.float64)
    if name == "moons":
        x, y = (math.pi * places).cos(), (math.pi * places).sin()
        rows = [torch.stack([x, y], dim=1), torch.stack([1 - x, 0.5 - y], dim=1)]
    elif name == "ring":
        angles = torch.arange(8, dtype=torch.float64) * math.pi / 4
        rows = [torch.stack([angles.cos(), angles.sin()], dim=1)]
    elif name == "spiral":
        places = torch.linspace(0.05, 1, 64, dtype=torch.float64).sqrt()
        angles = 3 * math.pi * places
        rows = [places[:, None] * torch.stack([angles.cos(), angles.sin()], dim=1)]
    else:
        raise LookupError(
            f"there is no shape {name!r}; the shapes are 'moons', 'ring' and 'spiral'"
        )
    points = torch.cat(rows)
    points = points - points.mean(dim=0)
    return (points / points.square().mean().sqrt()).float()


def draw_mixture(
    centers: Tensor, number: int, *, deviation: float, generator: torch.Generator
) -> Tensor:
    """Return points of the mixture of Gaussians that a denoiser can know exactly.

    Parameters
    ----------
    centers : (num_centers, num_features) float
        Each is chosen as often as another.
    number
        Points to draw.
    deviation
        Standard deviation around a center.
    generator
        Of the CPU.

    Returns
    -------
    Tensor : (number, num_features) float
    """
    chosen = torch.randint(len(centers), (number,), generator=generator)
    noise = torch.randn(number, centers.shape[1], generator=generator)
    return centers[chosen] + deviation * noise


class LinearCode:
    """A linear autoencoder: coordinates along the directions of largest variance.

    Principal component analysis finds the directions. All coordinates are divided by
    one number, so that their mean variance is 1 and large ones stay large.

    Parameters
    ----------
    data : (num_examples, …) float
        What to fit it to, such as pictures.
    num_codes
        Numbers that stand for an example, at most its number of features.

    Raises
    ------
    ValueError
        If there are more codes than features.
    """

    def __init__(self, data: Tensor, num_codes: int) -> None:
        rows = data.flatten(1)
        if not 1 <= num_codes <= rows.shape[1]:
            raise ValueError(
                f"an example of {rows.shape[1]} numbers has 1 to {rows.shape[1]} codes; "
                f"got num_codes={num_codes}"
            )
        self.shape = data.shape[1:]
        self.mean = rows.mean(dim=0)
        variances, directions = torch.linalg.eigh(rows.T.cov(correction=0))
        self.directions = directions[:, -num_codes:]
        self.scale = variances[-num_codes:].mean().sqrt()

    def encode(self, data: Tensor) -> Tensor:
        """Return the codes of examples: (batch, …) to (batch, num_codes)."""
        return (data.flatten(1) - self.mean) @ self.directions / self.scale

    def decode(self, codes: Tensor) -> Tensor:
        """Return the examples that codes stand for: (batch, num_codes) to (batch, …)."""
        rows = codes * self.scale @ self.directions.T + self.mean
        return rows.view(-1, *self.shape)
