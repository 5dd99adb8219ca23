from __future__ import annotations

import pytest
import torch

from mlpspec.catalog.layers.batchnorm import BatchNorm
from mlpspec.ir.lowering import parameter_count
from mlpspec.ir.shape import Shape, ShapeFault, UnknownSize


def test_normalizes_over_the_batch(apply, tensors):
    (x,) = tensors((3,))
    expected = (x - x.mean(0)) / torch.sqrt(x.var(0, unbiased=False) + 0.1)
    torch.testing.assert_close(apply(BatchNorm(epsilon=0.1), x), expected)


def test_running_averages_move_by_momentum(make, tensors):
    module = make(BatchNorm(momentum=0.25).lower(Shape((3,))))
    (x,) = tensors((3,))
    module(x)
    torch.testing.assert_close(module.running_mean, 0.25 * x.mean(0))
    torch.testing.assert_close(module.running_var, 0.75 + 0.25 * x.var(0))


def test_at_inference_it_is_linear(make, tensors):
    module = make(BatchNorm().lower(Shape((3,))))
    module(tensors((3,))[0])
    module.eval()
    a, b, zero = torch.randn(1, 3), torch.randn(1, 3), torch.zeros(1, 3)
    torch.testing.assert_close(module(a + b) - module(zero), module(a) + module(b) - 2 * module(zero))


def test_parameters():
    assert parameter_count(BatchNorm().lower(Shape((3,)))) == 6


def test_needs_plain_features():
    with pytest.raises(ShapeFault):
        BatchNorm().output_shape(Shape((2, 3)))
    with pytest.raises(UnknownSize):
        BatchNorm().lower(Shape(("x.width",)))


def test_bounds(option_of):
    momentum, epsilon = option_of(BatchNorm, "momentum"), option_of(BatchNorm, "epsilon")
    assert (momentum.default, momentum.above, momentum.maximum) == (0.1, 0, 1)
    assert (epsilon.default, epsilon.above, epsilon.maximum) == (1e-5, 0, 1)
