from __future__ import annotations

import pytest
import torch

from mlpspec.catalog.layers.reshape import Reshape
from mlpspec.ir.shape import Shape, ShapeFault, UnknownSize


@pytest.mark.parametrize(
    ("before", "shape", "after"),
    [
        ((12,), (3, 4), (3, 4)),
        ((12,), (3, -1), (3, 4)),
        ((3, 4), (-1,), (12,)),
        ((2, 3, 4), (4, -1, 2), (4, 3, 2)),
        ((6,), (6, 1), (6, 1)),
    ],
)
def test_keeps_numbers_and_order(apply, tensors, before, shape, after):
    (x,) = tensors(before)
    y = apply(Reshape(shape=shape), x)
    assert y.shape == (5, *after)
    assert torch.equal(y.flatten(), x.flatten())


@pytest.mark.parametrize(
    ("before", "shape", "expected", "got"),
    [
        ((12,), (5, 2), "10 numbers a row for (batch, 5, 2)", "(batch, 12), which is 12"),
        ((3, 4), (5, -1), "a multiple of 5 numbers a row", "(batch, 3, 4), which is 12"),
    ],
)
def test_other_counts_do_not_fit(before, shape, expected, got):
    with pytest.raises(ShapeFault) as fault:
        Reshape(shape=shape).output_shape(Shape(before))
    assert (fault.value.expected, fault.value.got, fault.value.option) == (expected, got, "shape")


def test_unknown_sizes():
    unknown = Shape((2, "x.width"))
    assert Reshape(shape=(-1,)).output_shape(unknown) == Shape(("2*x.width",))
    assert Reshape(shape=(4, -1)).output_shape(unknown) == Shape((4, "2*x.width/4"))
    assert Reshape(shape=(4, 5)).output_shape(unknown) == Shape((4, 5))
    with pytest.raises(UnknownSize):
        Reshape(shape=(4, -1)).lower(unknown)


@pytest.mark.parametrize(("shape", "word"), [((3, 0), "0"), ((-1, 2, -1), "more than once")])
def test_contradictions(shape, word):
    assert word in (Reshape(shape=shape).problem() or "")


def test_valid_shapes_are_no_problem():
    assert Reshape(shape=(3, -1)).problem() is None


def test_bounds(option_of):
    shape = option_of(Reshape, "shape")
    assert shape.required
    assert (shape.minimum, shape.min_items, Reshape.main) == (-1, 1, "shape")
