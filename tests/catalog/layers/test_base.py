from __future__ import annotations

import pytest

from mlpspec.catalog.layers.base import Layer, features
from mlpspec.catalog.layers.linear import Linear
from mlpspec.catalog.option import options_of
from mlpspec.ir.shape import Shape, ShapeFault


def test_every_layer_can_be_named_wired_and_repeated():
    assert [option.key for option in options_of(Linear)][:3] == ["name", "from", "repeat"]
    assert Linear(units=3).from_ == ()
    assert not Layer.merges


def test_repeat_has_bounds(option_of):
    repeat = option_of(Linear, "repeat")
    assert (repeat.default, repeat.minimum, repeat.maximum) == (1, 1, 1000)


def test_features_are_one_axis():
    assert features(Shape((3,)), "batchnorm") == Shape((3,))
    assert features(Shape(("x.width",)), "batchnorm") == Shape(("x.width",))
    with pytest.raises(ShapeFault) as fault:
        features(Shape((3, 4)), "batchnorm")
    assert (fault.value.expected, fault.value.got) == ("(batch, features)", "(batch, 3, 4)")
    assert "flatten" in fault.value.help
