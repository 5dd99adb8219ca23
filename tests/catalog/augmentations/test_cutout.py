from __future__ import annotations

import pytest
import torch

from mlpspec.catalog.augmentations import Cutout
from mlpspec.ir.shape import Shape, ShapeFault


def test_a_square_of_zeros(changed, images):
    found = changed(Cutout(size=3), images)
    holes = found == 0
    assert torch.equal(found[~holes], images[~holes])
    rows, columns = holes[:, 0].any(2).sum(1), holes[:, 0].any(1).sum(1)
    assert torch.equal(holes[:, 0].sum((1, 2)), rows * columns), "a rectangle"
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (2, 3, 2, 3), "cut off at the border"
    assert holes[:, 0].float().mean(0).min() > 0, "anywhere"


def test_some_images_only(changed, images):
    found = changed(Cutout(size=3, probability=0.25), images)
    assert (found == 0).flatten(1).any(1).float().mean().item() == pytest.approx(0.25, abs=0.08)


def test_a_square_larger_than_the_image():
    with pytest.raises(ShapeFault, match="leaves something of"):
        Cutout(size=9).check(Shape((8, 8)))
