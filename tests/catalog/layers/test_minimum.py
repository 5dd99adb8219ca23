from __future__ import annotations

import pytest
import torch

from mlpspec.catalog.layers.minimum import Minimum
from mlpspec.ir.lowering import parameter_count
from mlpspec.ir.shape import Shape, ShapeFault


@pytest.mark.parametrize("shape", [(4,), (2, 4), ()])
@pytest.mark.parametrize("count", [2, 3])
def test_values(apply, tensors, shape, count):
    inputs = tensors(*[shape] * count)
    expected = torch.stack(inputs).amin(0)
    torch.testing.assert_close(apply(Minimum(), *inputs), expected)


def test_shapes_must_be_equal():
    with pytest.raises(ShapeFault, match="equal shapes"):
        Minimum().output_shape(Shape((4,)), Shape((3,)))


def test_merges_without_parameters():
    assert Minimum.merges
    assert parameter_count(Minimum().lower(Shape((4,)), Shape((4,)))) == 0
