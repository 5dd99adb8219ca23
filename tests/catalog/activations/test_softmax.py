from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import softmax

from mlpspec.catalog.activations.softmax import Softmax
from mlpspec.ir.shape import Shape, ShapeFault


@pytest.mark.parametrize("shape", [(5,), (3, 5)])
def test_values_along_the_last_axis(make, shape):
    x = torch.randn(4, *shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    y = make(Softmax().lower(Shape(shape)))(x)
    np.testing.assert_allclose(y.numpy(), softmax(x.numpy(), axis=-1))


def test_derivative(make):
    x = torch.tensor([0.3, -1.0, 2.0], dtype=torch.float64)
    p = softmax(x.numpy())
    found = torch.autograd.functional.jacobian(make(Softmax().lower(Shape((3,)))), x)
    np.testing.assert_allclose(found.numpy(), np.diag(p) - np.outer(p, p), atol=1e-12)


def test_needs_an_axis():
    with pytest.raises(ShapeFault):
        Softmax().output_shape(Shape(()))
