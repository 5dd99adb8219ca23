from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from mlpspec.catalog.augmentations import Crop
from mlpspec.ir.shape import Shape, ShapeFault


@pytest.mark.parametrize("border", ["zeros", "reflect"])
def test_a_part_of_the_padded_image(border, changed, images):
    """torch's own padding is the reference."""
    found = changed(Crop(padding=3, border=border), images[:60])
    padded = functional.pad(images[:60], (3, 3, 3, 3), mode="constant" if border == "zeros" else "reflect")
    windows = padded.unfold(2, 6, 1).unfold(3, 5, 1).permute(0, 2, 3, 1, 4, 5).flatten(1, 2)  # (batch, places, channels, height, width)
    there = (windows == found.unsqueeze(1)).flatten(2).all(2)
    assert there.any(1).all()
    assert len(torch.nonzero(there)[:, 1].unique()) > 20


def test_more_padding_than_image():
    with pytest.raises(ShapeFault, match="larger than its padding of 8"):
        Crop(padding=8).check(Shape((3, 32, 8)))
    Crop(padding=7).check(Shape((3, 32, 8)))
