from __future__ import annotations

import pytest
import torch
from torch import nn

from mlpspec.training.compiled.decisions import Decisions
from mlpspec.training.compiled.onednn import linear
from mlpspec.training.compiled.passes import matmul
from mlpspec.training.compiled.passes.matmul import Product, choose_libraries
from mlpspec.training.compiled.passes.noise import drop_noise
from mlpspec.training.compiled.trace import Layout

NETWORK = (nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 4, bias=False), nn.ReLU(), nn.Linear(4, 3))


@pytest.fixture(autouse=True)
def all_are_large(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(matmul, "SMALL", 0)


@pytest.mark.parametrize("faster", [True, False])
def test_products_go_to_the_faster_library(recorded, monkeypatch, faster):
    if linear() is None:
        pytest.skip("torch without oneDNN")
    monkeypatch.setattr(matmul, "first_is_faster", lambda first, second: (first(), second(), faster)[-1])
    step = recorded(*NETWORK)
    drop_noise(step.traced)
    decisions = Decisions()
    choose_libraries(step.traced, decisions)
    assert set(decisions.used.values()) == {"1", "onednn" if faster else "blas"}
    assert "6x5x4 nt bias relu" in decisions.used
    assert step.targets().count("mkldnn._linear_pointwise") == (8 if faster else 0)
    assert step.targets().count("aten.relu") == (1 if faster else 2)  # only a product with a bias takes the ReLU in
    for name, gradient in step.expected().items():
        torch.testing.assert_close(step.gradients()[name], gradient)


def test_a_rare_batch_goes_where_most_went(recorded, monkeypatch):
    def never(first, second):
        raise AssertionError

    monkeypatch.setattr(matmul, "first_is_faster", never)
    decisions = Decisions({"a": "onednn"})
    decisions.get("a", str, "blas")
    step = recorded(*NETWORK)
    choose_libraries(step.traced, decisions, by_trial=False)
    assert step.targets().count("mkldnn._linear_pointwise") == (8 if linear() else 0)
    assert decisions.used == {"threads": "1", "a": "onednn"}


def test_products_stay_without_onednn(recorded, monkeypatch):
    monkeypatch.setattr(matmul, "linear", lambda: None)
    step = recorded(*NETWORK)
    choose_libraries(step.traced, Decisions())
    assert "mkldnn._linear_pointwise" not in step.targets()


def test_a_products_key_and_cost():
    turned = Layout((784, 256), (1, 784), torch.float32)
    product = Product(Layout((128, 784), (784, 1), torch.float32), turned, bias=True, relu=False)
    assert product.key == "128x784x256 nt bias"
    assert product.operations == 2 * 128 * 784 * 256
