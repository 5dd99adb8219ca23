from __future__ import annotations

import torch

from mlpspec.catalog.activations.maxout import Maxout
from mlpspec.catalog.activations.tanh import Tanh
from mlpspec.catalog.layers.activation import ActivationLayer


def test_applies_the_function(apply, tensors):
    (x,) = tensors((2, 4))
    torch.testing.assert_close(apply(ActivationLayer(function=Tanh()), x), torch.tanh(x))


def test_takes_the_shape_from_the_function(apply, tensors):
    assert apply(ActivationLayer(function=Maxout(pieces=2)), *tensors((4,))).shape == (5, 2)


def test_needs_a_function(option_of):
    assert option_of(ActivationLayer, "function").required
    assert ActivationLayer.main == "function"
