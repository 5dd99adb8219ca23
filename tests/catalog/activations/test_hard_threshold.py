from __future__ import annotations

import numpy as np
import torch

from mlpspec.catalog.activations.hard_threshold import HardThreshold
from mlpspec.ir.shape import Shape


def test_values_and_derivative(curve):
    x, y, slope = curve(HardThreshold())
    np.testing.assert_array_equal(y, x > 0)
    np.testing.assert_array_equal(slope, 0)
    assert curve(HardThreshold(), [0.0]).y == 0


def test_weights_in_front_get_a_gradient_of_zero_rather_than_none(make):
    in_front = torch.nn.Linear(2, 3)
    make(HardThreshold().lower(Shape((3,))))(in_front(torch.ones(4, 2))).sum().backward()
    assert in_front.weight.grad is not None
    assert not in_front.weight.grad.any()
