from __future__ import annotations

import pytest

from mlpspec.catalog.layers.elementwise import Elementwise, equal_shapes, exactly_two
from mlpspec.ir.shape import Shape, ShapeFault


def test_equal_shapes_give_that_shape():
    assert equal_shapes(Shape((2, 3)), Shape((2, 3)), Shape((2, 3))) == Shape((2, 3))


def test_a_size_that_one_input_knows_is_known():
    assert equal_shapes(Shape(("x.width", 3)), Shape((2, "y.width"))) == Shape((2, 3))
    assert equal_shapes(Shape(("x.width",)), Shape(("y.width",))) == Shape(("x.width",))


@pytest.mark.parametrize(
    ("shapes", "culprits"),
    [
        (((64,), (32,)), (0, 1)),
        (((64,), (64,), (64, 1)), (0, 2)),
        ((("x.width",), (64,), (32,)), (1, 2)),  # the first may have any width: the second and third contradict each other
        (((2, 3), (3, 2)), (0, 1)),
    ],
)
def test_names_two_inputs_that_differ(shapes, culprits):
    shapes = [Shape(shape) for shape in shapes]
    with pytest.raises(ShapeFault) as fault:
        equal_shapes(*shapes)
    assert fault.value.inputs == culprits
    assert fault.value.got == f"{shapes[culprits[0]]} and {shapes[culprits[1]]}"
    assert fault.value.help


def test_one_input_is_nothing_to_merge():
    with pytest.raises(ShapeFault, match="at least two inputs, got 1") as fault:
        equal_shapes(Shape((3,)))
    assert "from:" in fault.value.help


@pytest.mark.parametrize("count", [1, 3])
def test_two_and_no_other_number(count):
    exactly_two(Shape((3,)), Shape((3,)))
    with pytest.raises(ShapeFault, match=f"exactly two inputs, got {count}"):
        exactly_two(*[Shape((3,))] * count)


def test_merges():
    assert Elementwise.merges
