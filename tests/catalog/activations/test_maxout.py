from __future__ import annotations

import numpy as np
import pytest
import torch

from mlpspec.catalog.activations.maxout import Maxout
from mlpspec.ir.shape import Shape, ShapeFault


@pytest.mark.parametrize("shape", [(6,), (2, 6)])
def test_the_largest_of_each_neighbours(make, shape):
    x = torch.randn(5, *shape, generator=torch.Generator().manual_seed(2))
    y = make(Maxout(pieces=3).lower(Shape(shape)))(x)
    np.testing.assert_array_equal(y.numpy(), x.numpy().reshape(5, *shape[:-1], 2, 3).max(-1))
    assert y.shape[1:] == Maxout(pieces=3).output_shape(Shape(shape)).known


def test_only_the_largest_piece_learns(make):
    x = torch.tensor([[1.0, 3.0, -2.0, -5.0]], requires_grad=True)
    make(Maxout().lower(Shape((4,))))(x).sum().backward()
    assert x.grad.tolist() == [[0, 1, 1, 0]]


def test_widens_the_layer_in_front():
    assert Maxout(pieces=4).input_width(16) == 64


def test_the_last_axis_must_divide():
    with pytest.raises(ShapeFault) as fault:
        Maxout(pieces=3).output_shape(Shape((2, 7)))
    assert (fault.value.expected, fault.value.got, fault.value.option) == ("a last axis divisible by 3", "(batch, 2, 7)", "pieces")


def test_an_unknown_width_stays_a_name():
    assert Maxout().output_shape(Shape((3, "x.width"))) == Shape((3, "x.width/2"))


def test_bounds(option_of):
    pieces = option_of(Maxout, "pieces")
    assert (pieces.default, pieces.minimum, pieces.maximum) == (2, 2, 64)
