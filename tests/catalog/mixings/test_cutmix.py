from __future__ import annotations

import pytest
import torch

from mlpspec.catalog.mixings import Cutmix
from mlpspec.ir.shape import Shape


@pytest.mark.parametrize("shape", [(7, 2, 10, 12), (7, 10, 12)])
def test_a_rectangle_of_the_partner_and_the_share_of_the_area_that_stays(shape, mixed):
    """Yun et al. 2019, section 3.1: the share is that of the area after what lies outside is cut off."""
    images = torch.rand(shape)
    shares = []
    for seed in range(60):
        (found,), share, partners = mixed(Cutmix(alpha=1.0), images, seed=seed)
        own = found == images
        same = (partners == torch.arange(7)).view(-1, *[1] * (len(shape) - 1))
        taken = ~own & ~same
        assert torch.equal(found[taken], images[partners][taken])
        one = (~own)[~same.flatten()]
        if len(one):
            assert (one == one[0]).all(), "one rectangle a step"
            piece = one[0].reshape(-1, 10, 12)[0]
            assert piece.any(1).sum() * piece.any(0).sum() == piece.sum()
            assert share == pytest.approx(1 - piece.sum().item() / 120)
        shares.append(share)
    assert min(shares) < 0.4
    assert max(shares) > 0.9


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"x": (Shape((7,)), "float32")}, "needs an image"),
        ({"x": (Shape((8, 8)), "float32"), "z": (Shape((2,)), "float32")}, "one input"),
        ({"x": (Shape((8, 8)), "float32")}, None),
        ({"x": (Shape(("x.size",)), "float32")}, None),
    ],
)
def test_it_needs_one_image(inputs, said):
    found = Cutmix().check(inputs)
    assert found is None if said is None else said in found[1]
