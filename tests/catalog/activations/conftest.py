"""Activations as curves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from mlpspec.catalog.activations.base import Activation
from mlpspec.ir.shape import Shape


class Curve(NamedTuple):
    """Points of a function of one variable, with its values and its derivative there; all (points,) float64."""

    x: np.ndarray
    y: np.ndarray
    slope: np.ndarray


@pytest.fixture
def curve(make: Callable[..., Any]) -> Callable[..., Curve]:
    """The curve at the given points, by default from -8 to 8 without the kinks at whole numbers; the derivative is autograd's."""

    def draw(activation: Activation, points: Any = None) -> Curve:
        x = np.arange(-80, 80) / 10 + 0.05 if points is None else np.asarray(points, dtype=float)
        module = make(activation.lower(Shape((1,)))).double()
        at = torch.tensor(x[:, None], requires_grad=True)
        y = module(at)
        assert y.shape == (len(x), *activation.output_shape(Shape((1,))).known)
        (slope,) = torch.autograd.grad(y.sum(), at)
        return Curve(x, y.detach().numpy()[:, 0], slope.numpy()[:, 0])

    return draw
