from __future__ import annotations

import pytest
import torch

from mlpspec.catalog.augmentations import VerticalFlip


def test_each_image_is_mirrored_or_not(changed, images):
    pairs = list(zip(changed(VerticalFlip(probability=0.3), images), images, strict=True))
    mirrored = [torch.equal(one, other.flip(-2)) for one, other in pairs]
    same = [torch.equal(one, other) for one, other in pairs]
    assert all(one != other for one, other in zip(mirrored, same, strict=True))
    assert sum(mirrored) / 500 == pytest.approx(0.3, abs=0.08)  # four standard errors: 4 sqrt(0.3 * 0.7 / 500)


def test_certain(changed, images):
    assert torch.equal(changed(VerticalFlip(probability=1.0), images), images.flip(-2))
