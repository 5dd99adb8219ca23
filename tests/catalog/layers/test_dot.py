from __future__ import annotations

import pytest
import torch

from mlpspec.catalog.layers.dot import Dot
from mlpspec.ir.shape import Shape, ShapeFault


@pytest.mark.parametrize("shape", [(4,), (2, 4)])
def test_sum_of_products_over_the_last_axis(apply, tensors, shape):
    a, b = tensors(shape, shape)
    torch.testing.assert_close(apply(Dot(), a, b), torch.einsum("...i,...i->...", a, b)[..., None])


@pytest.mark.parametrize("shapes", [[(4,)], [(4,)] * 3, [(4,), (3,)], [(), ()]])
def test_needs_two_equal_shapes_with_an_axis(shapes):
    with pytest.raises(ShapeFault):
        Dot().output_shape(*map(Shape, shapes))


def test_an_unknown_width_does_not_matter():
    assert Dot().output_shape(Shape(("x.width",)), Shape(("y.width",))) == Shape((1,))
    assert Dot.merges
