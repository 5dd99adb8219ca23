from __future__ import annotations

import pytest
import torch

from mlpspec.catalog.initializers.zeros import Zeros
from mlpspec.catalog.layers.head import Head
from mlpspec.ir.lowering import parameter_count
from mlpspec.ir.shape import Shape, ShapeFault, UnknownSize


def test_is_an_affine_map_as_wide_as_the_target_needs(make, tensors):
    head = Head(target="species").answering(3)
    module = make(head.lower(Shape((4,))))
    (x,) = tensors((4,))
    torch.testing.assert_close(module(x), x @ module.weight.T + module.bias)
    assert head.output_shape(Shape((4,))) == Shape((3,))
    assert parameter_count(head.lower(Shape((4,)))) == 15
    assert head.kind == Head.kind == "head"


def test_before_the_data_is_read_the_width_is_a_name():
    assert Head(target="species").output_shape(Shape((4,))) == Shape(("species.outputs",))
    with pytest.raises(UnknownSize):
        Head(target="species").lower(Shape((4,)))


def test_initializers_are_used(make):
    module = make(Head(target="species", initializer=Zeros(), bias_initializer=Zeros()).answering(2).lower(Shape((4,))))
    assert not any(weight.any() for weight in module.parameters())


def test_needs_plain_features():
    with pytest.raises(ShapeFault) as fault:
        Head(target="species").answering(3).output_shape(Shape((2, 4)))
    assert "flatten" in fault.value.help


def test_names_its_target(option_of):
    assert option_of(Head, "target").required
    assert Head.main == "target"
