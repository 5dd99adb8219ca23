from __future__ import annotations

import pytest
import torch

from mlpspec.training.compiled import onednn
from mlpspec.training.compiled.onednn import linear


def test_is_the_linear_map_it_should_be():
    call = linear()
    if call is None:
        pytest.skip("torch without oneDNN")
    x, weight, bias = torch.randn(7, 5), torch.randn(4, 5), torch.randn(4)
    torch.testing.assert_close(call(x, weight, bias, "relu", [], ""), torch.relu(x @ weight.t() + bias))


def test_is_not_trusted_when_it_calculates_something_else(monkeypatch):
    class Other:
        @staticmethod
        def _linear_pointwise(x, weight, bias, *_):
            return x @ weight.t() + 1

    linear.cache_clear()
    monkeypatch.setattr(onednn.torch.ops, "mkldnn", Other)
    assert linear() is None
    monkeypatch.undo()
    linear.cache_clear()
