from __future__ import annotations

import numpy as np
import pytest
import torch

from mlpspec.catalog.activations.prelu import Prelu
from mlpspec.ir.lowering import parameter_count
from mlpspec.ir.shape import Shape, ShapeFault, UnknownSize


@pytest.mark.parametrize("initial", [0.25, -0.5, 0.0])
def test_starts_as_a_leaky_relu(curve, initial):
    x, y, slope = curve(Prelu(initial=initial))
    np.testing.assert_allclose(y, np.maximum(0, x) + initial * np.minimum(0, x))
    np.testing.assert_allclose(slope, np.where(x > 0, 1, initial))


def test_the_slope_learns_from_negative_inputs(make):
    module = make(Prelu().lower(Shape((3,))))
    module(torch.tensor([[-2.0, 1.0, -0.5]])).sum().backward()
    assert module.weight.grad.item() == -2.5  # the sum of min(0, x)


def test_one_slope_per_unit(make):
    record = Prelu(per_unit=True).lower(Shape((3,)))
    assert parameter_count(record) == 3
    module = make(record)
    with torch.no_grad():
        module.weight.copy_(torch.tensor([0.1, 0.2, 0.3]))
    torch.testing.assert_close(module(-torch.ones(2, 3)), torch.tensor([[-0.1, -0.2, -0.3]] * 2))


def test_one_slope_for_any_shape():
    assert parameter_count(Prelu().lower(Shape((4, 5)))) == 1


def test_a_slope_per_unit_needs_plain_features():
    with pytest.raises(ShapeFault) as fault:
        Prelu(per_unit=True).output_shape(Shape((4, 5)))
    assert (fault.value.option, fault.value.inputs, fault.value.got) == ("per_unit", (0,), "(batch, 4, 5)")


def test_a_slope_per_unit_needs_the_width():
    assert Prelu(per_unit=True).output_shape(Shape(("x.width",))) == Shape(("x.width",))
    with pytest.raises(UnknownSize):
        Prelu(per_unit=True).lower(Shape(("x.width",)))


def test_bounds(option_of):
    initial = option_of(Prelu, "initial")
    assert (initial.minimum, initial.maximum, initial.default, Prelu.main) == (-1, 1, 0.25, "initial")
