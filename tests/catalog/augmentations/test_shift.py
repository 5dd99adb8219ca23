from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch

from mlpspec.catalog.augmentations import Shift

PAD = {"zeros": "constant", "edge": "edge", "reflect": "reflect"}


def moves(found, image, most_down, most_right, border):
    """By how much an image was moved, with NumPy's padding as the reference."""
    height, width = image.shape[-2:]
    padded = np.pad(image, ((0, 0), (most_down, most_down), (most_right, most_right)), mode=PAD[border])
    for down in range(-most_down, most_down + 1):
        for right in range(-most_right, most_right + 1):
            top, left = most_down - down, most_right - right
            if np.array_equal(padded[:, top : top + height, left : left + width], found):
                return down, right
    raise AssertionError("not a moved image")


@pytest.mark.parametrize("border", PAD)
def test_an_image_is_moved_by_whole_pixels_each_distance_equally_likely(border, changed, images):
    """0.4 of 6 and of 5 pixels: up to two in each direction, 25 moves."""
    found = changed(Shift(share=0.4, border=border), images)
    counts = Counter(moves(one.numpy(), other.numpy(), 2, 2, border) for one, other in zip(found, images, strict=True))
    assert len(counts) == 25
    assert max(counts.values()) < 20 + 5 * 20**0.5


def test_a_share_of_less_than_a_pixel_moves_nothing(changed, images):
    assert torch.equal(changed(Shift(share=0.1), images), images)
