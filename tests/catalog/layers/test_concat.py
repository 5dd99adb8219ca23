from __future__ import annotations

import pytest
import torch

from mlpspec.catalog.layers.concat import Concat
from mlpspec.ir.shape import Shape, ShapeFault


def test_joins_along_the_last_axis(apply, tensors):
    a, b, c = tensors((2, 3), (2, 1), (2, 4))
    y = apply(Concat(), a, b, c)
    assert torch.equal(y[:, :, :3], a)
    assert torch.equal(y[:, :, 3:4], b)
    assert torch.equal(y[:, :, 4:], c)


def test_one_input_stays(apply, tensors):
    (x,) = tensors((3,))
    assert torch.equal(apply(Concat(), x), x)


def test_unknown_sizes_are_added_by_name():
    assert Concat().output_shape(Shape((3,)), Shape(("island.width",)), Shape((2,))) == Shape(("5+island.width",))


@pytest.mark.parametrize(
    ("shapes", "culprits"),
    [(((3,), (2, 3)), (0, 1)), (((4, 3), (4, 5), (2, 3)), (0, 2)), (((3,), ()), (1,))],
)
def test_other_axes_must_agree(shapes, culprits):
    with pytest.raises(ShapeFault) as fault:
        Concat().output_shape(*map(Shape, shapes))
    assert fault.value.inputs == culprits


def test_merges():
    assert Concat.merges
