from __future__ import annotations

import pytest
import torch

from mlpspec.catalog.initializers.constant import Constant
from mlpspec.catalog.initializers.zeros import Zeros
from mlpspec.catalog.layers.linear import Linear
from mlpspec.ir.lowering import parameter_count
from mlpspec.ir.shape import Shape, ShapeFault, UnknownSize


@pytest.mark.parametrize("shape", [(4,), (2, 4), (3, 2, 4)])
def test_maps_the_last_axis(make, tensors, shape):
    module = make(Linear(units=3).lower(Shape(shape)))
    (x,) = tensors(shape)
    expected = torch.einsum("...i,oi->...o", x, module.weight) + module.bias
    torch.testing.assert_close(module(x), expected)
    assert Linear(units=3).output_shape(Shape(shape)) == Shape((*shape[:-1], 3))


def test_parameters():
    assert parameter_count(Linear(units=3).lower(Shape((4,)))) == 4 * 3 + 3
    assert parameter_count(Linear(units=3, bias=False).lower(Shape((4,)))) == 4 * 3


def test_initializers_fill_weights_and_offset(make):
    module = make(Linear(units=3, initializer=Constant(value=0.5), bias_initializer=Zeros()).lower(Shape((4,))))
    assert (module.weight == 0.5).all()
    assert (module.bias == 0).all()


def test_without_offset_its_initializer_has_nothing_to_fill(make):
    module = make(Linear(units=3, bias=False, bias_initializer=Zeros()).lower(Shape((4,))))
    assert module.bias is None


def test_the_width_in_front_may_be_unknown_until_the_data_is_read():
    assert Linear(units=3).output_shape(Shape(("x.width",))) == Shape((3,))
    with pytest.raises(UnknownSize):
        Linear(units=3).lower(Shape(("x.width",)))


def test_needs_an_axis():
    with pytest.raises(ShapeFault):
        Linear(units=3).output_shape(Shape(()))


def test_bounds(option_of):
    units = option_of(Linear, "units")
    assert units.required
    assert (units.minimum, units.maximum, Linear.main) == (1, 1_000_000, "units")
