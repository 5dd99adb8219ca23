from __future__ import annotations

import pytest
import torch

from mlpspec.catalog.layers.layernorm import LayerNorm
from mlpspec.ir.lowering import parameter_count
from mlpspec.ir.shape import Shape, ShapeFault, UnknownSize


@pytest.mark.parametrize("shape", [(6,), (2, 6)])
def test_normalizes_each_row_over_its_last_axis(apply, tensors, shape):
    (x,) = tensors(shape)
    expected = (x - x.mean(-1, keepdim=True)) / torch.sqrt(x.var(-1, unbiased=False, keepdim=True) + 0.1)
    torch.testing.assert_close(apply(LayerNorm(epsilon=0.1), x), expected)


def test_a_row_does_not_depend_on_the_others(make, tensors):
    module = make(LayerNorm().lower(Shape((6,))))
    (x,) = tensors((6,))
    torch.testing.assert_close(module(x)[:1], module(x[:1]))


def test_parameters():
    assert parameter_count(LayerNorm().lower(Shape((2, 6)))) == 12


def test_sizes_that_do_not_fit():
    with pytest.raises(ShapeFault):
        LayerNorm().output_shape(Shape(()))
    with pytest.raises(UnknownSize):
        LayerNorm().lower(Shape(("x.width",)))


def test_bounds(option_of):
    epsilon = option_of(LayerNorm, "epsilon")
    assert (epsilon.default, epsilon.above, epsilon.maximum) == (1e-5, 0, 1)
