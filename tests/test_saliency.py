"""Maps of what a network looks at agree with what they are defined to be."""

import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

from d2lnotes.saliency import (
    all_maps,
    grad_cam,
    gradient_saliency,
    guided_backpropagation,
    heat_map,
    integrated_gradients,
    occlusion,
    rank_correlation,
    smooth_grad,
)


@pytest.fixture
def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 5, 3, padding=1),
        nn.BatchNorm2d(5),
        nn.ReLU(),
        nn.Conv2d(5, 7, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(7, 4),
    ).double()


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(2, 3, 8, 12, generator=generator, dtype=torch.double)
    return images, torch.tensor([2, 0])


def linear() -> tuple[nn.Module, torch.Tensor]:
    """Return a linear model of pictures and its weights, as pictures."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 12, 4)).double()
    return model, model[1].weight.detach().view(4, 3, 8, 12)


def test_gradient_is_that_of_each_pictures_own_score(network: nn.Module) -> None:
    images, labels = batch()
    network.eval()

    def score(image: torch.Tensor, label: int) -> torch.Tensor:
        return network(image[None])[0, label]

    expected = [
        torch.autograd.functional.jacobian(lambda x, k=k: score(x, k), image)
        for image, k in zip(images, labels.tolist(), strict=True)
    ]
    found = gradient_saliency(network, images, labels)
    torch.testing.assert_close(found, torch.stack(expected))


def test_smooth_gradient_without_noise_is_the_gradient(network: nn.Module) -> None:
    images, labels = batch()
    draws = torch.Generator().manual_seed(0)
    found = smooth_grad(network, images, labels, generator=draws, noise=0.0)
    torch.testing.assert_close(found, gradient_saliency(network, images, labels))


def test_smooth_gradient_is_that_of_the_smoothed_score() -> None:
    # The score is the sum of squares, whose gradient is linear: noise drops out.
    class Squares(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return images.square().sum(dim=(1, 2, 3))[:, None]

    images, labels = batch()
    draws = torch.Generator().manual_seed(0)
    found = smooth_grad(
        Squares(), images, labels * 0, generator=draws, noise=0.1, num_samples=2000
    )
    span = images.flatten(1).amax(dim=1) - images.flatten(1).amin(dim=1)
    error = (found - 2 * images).std(dim=(1, 2, 3)) / (0.2 * span / 2000**0.5)
    assert ((error > 0.9) & (error < 1.1)).all()


@pytest.mark.parametrize("baseline", [0.0, 0.7])
def test_shares_add_up_to_the_change_of_the_score(
    network: nn.Module, baseline: float
) -> None:
    images, labels = batch()
    found = integrated_gradients(
        network, images, labels, baseline=baseline, num_steps=500
    )
    network.eval()
    change = network(images) - network(torch.full_like(images, baseline))
    own = change.gather(1, labels[:, None])[:, 0].detach()
    torch.testing.assert_close(found.sum(dim=(1, 2, 3)), own, rtol=0, atol=2e-4)


def test_a_baseline_may_be_a_picture() -> None:
    model, weights = linear()
    images, labels = batch()
    found = integrated_gradients(model, images, labels, baseline=images[1], num_steps=1)
    expected = (images - images[1]) * weights[labels]
    torch.testing.assert_close(found, expected)


def test_occlusion_of_a_linear_model_is_what_the_square_adds() -> None:
    model, weights = linear()
    images, labels = batch()
    found = occlusion(model, images, labels, size=4, fill=0.3)
    by_pixel = ((images - 0.3) * weights[labels]).sum(dim=1)
    squares = nn.functional.avg_pool2d(by_pixel, 4) * 16
    expected = squares.repeat_interleave(4, 1).repeat_interleave(4, 2)
    torch.testing.assert_close(found, expected)


def test_a_pixel_gets_the_mean_over_the_squares_that_cover_it() -> None:
    model, weights = linear()
    images, labels = batch()
    found = occlusion(model, images, labels, size=4, stride=2)
    by_pixel = (images * weights[labels]).sum(dim=1)
    squares = nn.functional.avg_pool2d(by_pixel, 4, 2) * 16  # (2, 3, 5)
    torch.testing.assert_close(found[:, 0, 0], squares[:, 0, 0])
    torch.testing.assert_close(found[:, 0, 2], squares[:, 0, :2].mean(dim=1))
    torch.testing.assert_close(found[:, 2, 2], squares[:, :2, :2].mean(dim=(1, 2)))


def test_grad_cam_before_a_mean_and_a_dense_layer_is_the_class_map(
    network: nn.Module,
) -> None:
    images, labels = batch()
    found = grad_cam(network, images, labels, layer=network[4])
    network.eval()
    maps = network[:5](images).detach()
    weights = network[7].weight.detach()[labels]
    expected = torch.einsum("nk,nkij->nij", weights, maps).relu() / (8 * 12)
    assert (found > 0).any()
    torch.testing.assert_close(found, expected)


def test_guided_backpropagation_sends_back_positive_numbers_only() -> None:
    # Two hidden units see one pixel; the second speaks against the class.
    network = nn.Sequential(
        nn.Flatten(), nn.Linear(1, 2, bias=False), nn.ReLU(), nn.Linear(2, 1)
    )
    with torch.no_grad():
        network[1].weight.copy_(torch.tensor([[2.0], [3.0]]))
        network[3].weight.copy_(torch.tensor([[1.0, -1.0]]))
    pixel, label = torch.ones(1, 1, 1, 1), torch.tensor([0])
    assert gradient_saliency(network, pixel, label).item() == -1
    assert guided_backpropagation(network, pixel, label).item() == 2
    # The hooks are gone afterwards.
    assert gradient_saliency(network, pixel, label).item() == -1


METHODS = {
    "gradient": gradient_saliency,
    "smooth": lambda *given: smooth_grad(
        *given, generator=torch.Generator().manual_seed(0), num_samples=2
    ),
    "path": lambda *given: integrated_gradients(*given, num_steps=3),
    "guided": guided_backpropagation,
    "cam": lambda network, *given: grad_cam(network, *given, layer=network[4]),
    "occlusion": lambda *given: occlusion(*given, size=4),
}


@pytest.mark.parametrize("name", METHODS)
def test_the_network_is_left_as_it_was(network: nn.Module, name: str) -> None:
    network[2].eval()
    running = network[1].running_mean.clone()
    images, labels = batch()
    METHODS[name](network, images, labels)
    assert network.training
    assert network[1].training
    assert not network[2].training
    assert torch.equal(network[1].running_mean, running)
    assert all(parameter.grad is None for parameter in network.parameters())
    assert not images.requires_grad


@pytest.mark.parametrize("name", sorted(METHODS.keys() - {"smooth"}))
def test_a_picture_has_the_same_map_alone_and_in_a_batch(
    network: nn.Module, name: str
) -> None:
    images, labels = batch()
    together = METHODS[name](network, images, labels)
    alone = METHODS[name](network, images[1:], labels[1:])
    torch.testing.assert_close(together[1:], alone)


@pytest.mark.parametrize("name", METHODS)
def test_a_class_is_needed_for_each_picture(network: nn.Module, name: str) -> None:
    images, labels = batch()
    with pytest.raises(ValueError, match="a single picture needs a batch axis"):
        METHODS[name](network, images, labels[:1])


def test_heat_map_is_the_largest_size_over_channels() -> None:
    values = torch.tensor([1.0, -3.0, 2.0]).view(1, 3, 1, 1)
    assert heat_map(values).tolist() == [[[3.0]]]


def test_rank_correlation_is_that_of_scipy() -> None:
    generator = torch.Generator().manual_seed(0)
    first, second = torch.randint(5, (2, 3, 7, 11), generator=generator).float()
    found = rank_correlation(first, second)
    expected = [
        spearmanr(a.flatten(), b.flatten()).statistic
        for a, b in zip(first, second, strict=True)
    ]
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.double))


def test_maps_of_different_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="interpolate"):
        rank_correlation(torch.zeros(1, 4, 4), torch.zeros(1, 8, 8))


@pytest.mark.parametrize("wrong", [{"size": 5}, {"size": 4, "stride": 5}])
def test_squares_that_miss_pixels_are_refused(network: nn.Module, wrong: dict) -> None:
    with pytest.raises(ValueError, match="cover the picture exactly"):
        occlusion(network, *batch(), **wrong)


def test_a_layer_without_maps_is_refused(network: nn.Module) -> None:
    with pytest.raises(ValueError, match="before its maps are averaged"):
        grad_cam(network, *batch(), layer=network[7])
    with pytest.raises(ValueError, match="before its maps are averaged"):
        grad_cam(network, *batch(), layer=nn.ReLU())


def test_guiding_needs_relu_layers() -> None:
    with pytest.raises(ValueError, match=r"nn\.ReLU"):
        guided_backpropagation(linear()[0], *batch())


def test_no_noise_below_zero_and_no_path_without_steps(network: nn.Module) -> None:
    with pytest.raises(ValueError, match="noise must not be negative"):
        smooth_grad(network, *batch(), generator=torch.Generator(), noise=-1.0)
    with pytest.raises(ValueError, match="num_steps must be at least 1"):
        integrated_gradients(network, *batch(), num_steps=0)


def test_all_maps_have_the_size_of_the_pictures(network: nn.Module) -> None:
    images, labels = batch()
    found = all_maps(network, images, labels, layer=network[4], size=4)
    assert {heat.shape for heat in found.values()} == {(2, 8, 12)}
    assert all((heat >= 0).all() for heat in found.values())
    cam = grad_cam(network, images, labels, layer=network[4])
    torch.testing.assert_close(found["cam"], cam)
