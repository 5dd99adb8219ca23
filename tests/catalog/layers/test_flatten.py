from __future__ import annotations

import pytest

from mlpspec.catalog.layers.flatten import Flatten
from mlpspec.ir.lowering import parameter_count
from mlpspec.ir.shape import Shape, ShapeFault


def test_the_last_axis_runs_fastest(apply, tensors):
    (x,) = tensors((2, 3, 4))
    y = apply(Flatten(), x)
    assert y.shape == (5, 24)
    assert y[1, 1 * 12 + 2 * 4 + 3] == x[1, 1, 2, 3]


def test_a_plain_vector_stays(apply, tensors):
    (x,) = tensors((7,))
    assert (apply(Flatten(), x) == x).all()


def test_unknown_sizes_are_multiplied_by_name():
    assert Flatten().output_shape(Shape((2, "x.width", 3))) == Shape(("6*x.width",))
    assert parameter_count(Flatten().lower(Shape((2, "x.width")))) == 0


def test_needs_an_axis():
    with pytest.raises(ShapeFault):
        Flatten().output_shape(Shape(()))
