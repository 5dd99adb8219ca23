from __future__ import annotations

import pytest
import torch

from mlpspec.catalog.layers.dropout import Dropout
from mlpspec.ir.shape import Shape


def test_zeroes_a_share_and_rescales_the_rest(make):
    torch.manual_seed(0)
    y = make(Dropout(rate=0.2).lower(Shape((100,))))(torch.ones(1000, 100))
    assert (y == 0).float().mean().item() == pytest.approx(0.2, abs=0.01)
    assert y[y != 0].unique().tolist() == [1.25]


def test_passes_through_at_inference(make, tensors):
    (x,) = tensors((4, 3))
    assert torch.equal(make(Dropout(rate=0.9).lower(Shape((4, 3)))).eval()(x), x)


def test_any_shape():
    assert Dropout(rate=0.5).output_shape(Shape((3, "x.width"))) == Shape((3, "x.width"))


def test_bounds(option_of):
    rate = option_of(Dropout, "rate")
    assert rate.required
    assert (rate.minimum, rate.below, Dropout.main) == (0, 1, "rate")
