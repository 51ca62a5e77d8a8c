"""Maps of what a network looks at: which pixels its score depends on, and how.

Each function takes a network, a batch of pictures and the class of each picture whose
score is to be explained. The score is the network's output before any softmax. The
network is used in evaluation mode and is left as it was, without gradients in its
parameters.
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import interpolate

from d2lnotes._checks import check_labels
from d2lnotes._modes import evaluating

__all__ = [
    "all_maps",
    "grad_cam",
    "gradient_saliency",
    "guided_backpropagation",
    "heat_map",
    "integrated_gradients",
    "occlusion",
    "rank_correlation",
    "smooth_grad",
]


def gradient_saliency(network: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """Return the gradient of the score of a class by the pixels.

    Parameters
    ----------
    network
        From pictures to scores, (batch, num_classes).
    images : (batch, channels, height, width) float
        Pictures, standardized as the network wants them.
    labels : (batch,) integer
        The class whose score is explained, for each picture.

    Returns
    -------
    Tensor : (batch, channels, height, width)
        In units of the score per unit of the pixel, with its sign.

    Raises
    ------
    ValueError
        If there is not one class number for each picture.

    References
    ----------
    Simonyan, Vedaldi and Zisserman (2014), "Deep Inside Convolutional Networks",
    section 3.
    """
    _check(images, labels)
    with evaluating(network):
        return _gradient(network, images, labels)


def smooth_grad(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    generator: Generator,
    noise: float = 0.15,
    num_samples: int = 20,
) -> Tensor:
    """Return the mean gradient over noisy copies of each picture.

    Parameters
    ----------
    network, images, labels
        As for :func:`gradient_saliency`.
    generator
        Where the noise comes from; on the CPU.
    noise
        Standard deviation of the noise, as a fraction of the difference between the
        largest and the smallest number of each picture.
    num_samples
        Copies of each picture.

    Returns
    -------
    Tensor : (batch, channels, height, width)

    Raises
    ------
    ValueError
        If there is not one class number for each picture, if ``noise`` is negative or
        if there are no copies.
    """
    _check(images, labels)
    if noise < 0 or num_samples < 1:
        raise ValueError(
            "noise must not be negative and num_samples at least 1, got "
            f"{noise} and {num_samples}; 0.15 and 20 are usual values"
        )
    flat = images.flatten(1)
    spread = noise * (flat.amax(dim=1) - flat.amin(dim=1)).view(-1, 1, 1, 1)
    total = torch.zeros_like(images)
    with evaluating(network):
        for _ in range(num_samples):
            draws = torch.randn(images.shape, generator=generator).to(images)
            total += _gradient(network, images + spread * draws, labels)
    return total / num_samples


def integrated_gradients(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    baseline: Tensor | float = 0.0,
    num_steps: int = 32,
) -> Tensor:
    r"""Divide the change of the score between a baseline and a picture among the pixels.

    .. math::
        a_i = (x_i - b_i) \int_0^1 \frac{\partial s}{\partial x_i}
        \bigl(\mathbf{b} + t (\mathbf{x} - \mathbf{b})\bigr) \,\mathrm{d}t

    The integral is a sum over the middles of ``num_steps`` equal steps. The shares of
    a picture add up to the difference of the two scores, but for its error.

    Parameters
    ----------
    network, images, labels
        As for :func:`gradient_saliency`.
    baseline : (channels, height, width) or (batch, channels, height, width) float
        The picture that stands for nothing, or one number for all of its pixels. With
        standardized pictures 0 is the mean color.
    num_steps
        Steps from the baseline to the picture.

    Returns
    -------
    Tensor : (batch, channels, height, width)
        In units of the score.

    Raises
    ------
    ValueError
        If there is not one class number for each picture, or no step.

    References
    ----------
    Sundararajan, Taly and Yan (2017), "Axiomatic Attribution for Deep Networks",
    equations 1 and 3, there with the right ends of the steps.
    """
    _check(images, labels)
    if num_steps < 1:
        raise ValueError(f"num_steps must be at least 1, got {num_steps}; 32 is usual")
    start = torch.as_tensor(baseline, dtype=images.dtype, device=images.device)
    way = images - start
    total = torch.zeros_like(images)
    with evaluating(network):
        for step in range(num_steps):
            place = start + (step + 0.5) / num_steps * way
            total += _gradient(network, place, labels)
    return way * total / num_steps


def guided_backpropagation(
    network: nn.Module, images: Tensor, labels: Tensor
) -> Tensor:
    """Return a gradient of which each ReLU passes back only what is positive.

    It is no gradient of any function. It makes sharp pictures, which need not depend
    on what the network has learned.

    Parameters
    ----------
    network, images, labels
        As for :func:`gradient_saliency`. Its ReLU layers must be modules.

    Returns
    -------
    Tensor : (batch, channels, height, width)

    Raises
    ------
    ValueError
        If there is not one class number for each picture, or no ``nn.ReLU``.

    References
    ----------
    Springenberg, Dosovitskiy, Brox and Riedmiller (2015), "Striving for Simplicity",
    section 3.4.
    """
    _check(images, labels)
    layers = [layer for layer in network.modules() if isinstance(layer, nn.ReLU)]
    if not layers:
        raise ValueError(
            "guided backpropagation changes the nn.ReLU layers of a network and this "
            "one has none; write nn.ReLU() instead of torch.relu"
        )
    hooks = [layer.register_full_backward_hook(_only_positive) for layer in layers]
    try:
        with evaluating(network):
            return _gradient(network, images, labels)
    finally:
        for hook in hooks:
            hook.remove()


def grad_cam(
    network: nn.Module, images: Tensor, labels: Tensor, *, layer: nn.Module
) -> Tensor:
    r"""Return where the maps of a layer speak for a class.

    .. math::
        M = \operatorname{ReLU}\Bigl(\sum_k \alpha_k \mathbf{A}_k\Bigr)

    Here :math:`\mathbf{A}_k` is map number k of the layer and :math:`\alpha_k` the mean
    over its places of the gradient of the score.

    Parameters
    ----------
    network, images, labels
        As for :func:`gradient_saliency`.
    layer
        A module inside ``network`` that puts out maps; usually the last that does.

    Returns
    -------
    Tensor : (batch, rows, columns)
        Of the size of the layer's maps, never negative.

    Raises
    ------
    ValueError
        If there is not one class number for each picture, or if the layer is not used
        or puts out no maps.

    References
    ----------
    Selvaraju and others (2017), "Grad-CAM", equations 1 and 2.
    """
    _check(images, labels)
    seen: list[Tensor] = []
    hook = layer.register_forward_hook(lambda *given: seen.append(given[2]))
    try:
        with evaluating(network), torch.enable_grad():
            score = _score(network, images.detach().requires_grad_(), labels)
    finally:
        hook.remove()
    if len(seen) != 1 or seen[0].ndim != 4:
        shapes = [tuple(maps.shape) for maps in seen]
        raise ValueError(
            "the layer must put out maps, (batch, channels, rows, columns), once in a "
            f"pass, got outputs of shapes {shapes}; take a layer of this network "
            "before its maps are averaged or flattened"
        )
    (gradient,) = torch.autograd.grad(score, seen[0])
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    return (weights * seen[0].detach()).sum(dim=1).relu()


@torch.no_grad()
def occlusion(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    size: int,
    stride: int | None = None,
    fill: float = 0.0,
) -> Tensor:
    """Return by how much the score falls when a square that covers a pixel is hidden.

    Parameters
    ----------
    network, images, labels
        As for :func:`gradient_saliency`.
    size
        Side of the square, in pixels.
    stride
        From one place of the square to the next, in pixels; ``size`` if not given.
    fill
        What the square is filled with. With standardized pictures 0 is the mean color.

    Returns
    -------
    Tensor : (batch, height, width)
        For each pixel the mean over the squares that cover it, in units of the score.
        Negative where hiding raises the score.

    Raises
    ------
    ValueError
        If there is not one class number for each picture, or if the squares do not
        cover each pixel.
    """
    _check(images, labels)
    stride = size if stride is None else stride
    sides = images.shape[-2:]
    if not 1 <= stride <= size or any(n < size or (n - size) % stride for n in sides):
        raise ValueError(
            "squares must cover the picture exactly, with a stride of at most their "
            f"size, got size {size} and stride {stride} for pictures of "
            f"{tuple(sides)}; choose a stride that divides side - size"
        )
    fall, times = torch.zeros_like(images[:, 0]), torch.zeros_like(images[0, 0])
    with evaluating(network):
        score = _scores(network, images, labels)
        for row in range(0, sides[0] - size + 1, stride):
            for column in range(0, sides[1] - size + 1, stride):
                square = (
                    ...,
                    slice(row, row + size),
                    slice(column, column + size),
                )
                hidden = images.clone()
                hidden[square] = fill
                change = score - _scores(network, hidden, labels)
                fall[square] += change.view(-1, 1, 1)
                times[square] += 1
    return fall / times


def heat_map(attributions: Tensor) -> Tensor:
    """Return the largest size over the channels at each pixel.

    Parameters
    ----------
    attributions : (batch, channels, height, width) float

    Returns
    -------
    Tensor : (batch, height, width)
        Never negative; the sign is lost.
    """
    return attributions.abs().amax(dim=1)


def rank_correlation(first: Tensor, second: Tensor) -> Tensor:
    """Return Spearman's rank correlation of two maps, for each picture.

    It is the correlation of the ranks of the pixels. Equal numbers share the mean of
    their ranks. 1 means the same order of all pixels.

    Parameters
    ----------
    first, second : (batch, *) float
        Maps of equal shape.

    Returns
    -------
    Tensor : (batch,) double
        In [-1, 1]; ``nan`` for a map that is the same everywhere.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    if first.shape != second.shape:
        raise ValueError(
            "maps must have the same shape to be compared pixel by pixel, got "
            f"{tuple(first.shape)} and {tuple(second.shape)}; bring the coarser one "
            "to the size of the other with torch.nn.functional.interpolate"
        )
    ranks = torch.stack([_ranks(maps.flatten(1)) for maps in (first, second)])
    ranks -= ranks.mean(dim=-1, keepdim=True)
    ranks /= ranks.norm(dim=-1, keepdim=True)
    return (ranks[0] * ranks[1]).sum(dim=-1)


def all_maps(
    network: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    layer: nn.Module,
    size: int,
) -> dict[str, Tensor]:
    """Return six maps of the same pictures, so that they can be compared.

    Parameters
    ----------
    network, images, labels
        As for :func:`gradient_saliency`.
    layer
        Whose maps :func:`grad_cam` reads.
    size
        Side of the square of :func:`occlusion`, in pixels.

    Returns
    -------
    dict of (batch, height, width) Tensor
        ``"gradient"``, ``"smooth"`` (8 copies), ``"path"`` (integrated gradients, 16
        steps), ``"guided"``, ``"cam"`` (enlarged to the size of the pictures) and
        ``"occlusion"`` (where the score falls, otherwise 0); none is negative.
    """
    given = network, images, labels
    draws = torch.Generator().manual_seed(0)  # the same noise for each network
    cam = grad_cam(*given, layer=layer)[:, None]
    sides = list(images.shape[-2:])
    cam = interpolate(cam, size=sides, mode="bilinear", align_corners=False)
    smooth = smooth_grad(*given, generator=draws, num_samples=8)
    return {
        "gradient": heat_map(gradient_saliency(*given)),
        "smooth": heat_map(smooth),
        "path": heat_map(integrated_gradients(*given, num_steps=16)),
        "guided": heat_map(guided_backpropagation(*given)),
        "cam": cam[:, 0],
        "occlusion": occlusion(*given, size=size).relu(),
    }


def _ranks(rows: Tensor) -> Tensor:
    """Return the rank of each number in its row, equal ones with their mean rank."""
    order = rows.sort(dim=1).values.contiguous()
    low = torch.searchsorted(order, rows.contiguous())
    high = torch.searchsorted(order, rows.contiguous(), right=True)
    return (low + high - 1).double() / 2


def _gradient(network: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """Return the gradient of each picture's own score by its pixels."""
    with torch.enable_grad():
        images = images.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(_score(network, images, labels), images)
    return gradient


def _score(network: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """Return the sum of the scores; no picture has a part in another's in this mode."""
    return _scores(network, images, labels).sum()


def _scores(network: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """Return the score of each picture's class: (batch,)."""
    return network(images).gather(1, labels[:, None].to(images.device))[:, 0]


def _only_positive(
    layer: nn.Module, to_input: tuple[Tensor, ...], to_output: tuple[Tensor, ...]
) -> tuple[Tensor, ...]:
    """Drop what a ReLU would send back with a negative sign."""
    return tuple(gradient.clamp(min=0) for gradient in to_input)


def _check(images: Tensor, labels: Tensor) -> None:
    """Raise ``ValueError`` unless there is a class number for each picture."""
    check_labels("labels", labels)
    if images.ndim != 4 or labels.shape != images.shape[:1]:
        raise ValueError(
            "images must have shape (batch, channels, height, width) and labels "
            f"(batch,), got {tuple(images.shape)} and {tuple(labels.shape)}; a single "
            "picture needs a batch axis, image[None]"
        )
