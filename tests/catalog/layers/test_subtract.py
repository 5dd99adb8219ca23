from __future__ import annotations

import pytest
import torch

from mlpspec.catalog.layers.subtract import Subtract
from mlpspec.ir.shape import Shape, ShapeFault


@pytest.mark.parametrize("shape", [(4,), (2, 4)])
def test_the_second_from_the_first(apply, tensors, shape):
    a, b = tensors(shape, shape)
    assert torch.equal(apply(Subtract(), a, b), a - b)


@pytest.mark.parametrize("shapes", [[(4,)], [(4,)] * 3, [(4,), (3,)]])
def test_needs_two_equal_shapes(shapes):
    with pytest.raises(ShapeFault):
        Subtract().output_shape(*map(Shape, shapes))


def test_merges():
    assert Subtract.merges
