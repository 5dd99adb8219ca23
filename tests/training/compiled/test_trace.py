"""What is recorded of a step: torch's own operators, in order, and nothing changed by the recording."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch import nn
from torch.nn import functional

from mlpspec.training.compiled.trace import Layout, layout, matmul_operations, trace
from mlpspec.training.tensors import Tensors


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear, self.norm, self.drop = nn.Linear(5, 4), nn.BatchNorm1d(4), nn.Dropout(0.5)

    def forward(self, x):
        return {"y": self.drop(self.norm(self.linear(x)))}


def squared(outputs, targets):
    return functional.mse_loss(outputs["y"], targets["y"])


BATCH = Tensors(6, (torch.randn(6, 5),), {"y": torch.randn(6, 4)})


def test_records_forward_loss_and_gradients():
    traced = trace(Net(), squared, BATCH)
    names = [str(node.target) for node in traced.graph.nodes if node.op == "call_function"]
    for expected in (
        "aten.addmm.default",
        "aten.native_batch_norm.default",
        "aten.mse_loss.default",
        "aten.native_batch_norm_backward.default",
    ):
        assert expected in names
    assert traced.heads == ("y",)
    assert traced.division.rows == 6
    assert [layout(node).shape for node in traced.gradient_nodes.values()] == [(4, 5), (4,), (4,), (4,)]
    assert traced.loss_node is not None
    assert layout(traced.loss_node).shape == ()


def test_leaves_weights_statistics_and_random_state_alone():
    net = Net().eval()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    random = torch.get_rng_state()
    trace(net, squared, BATCH)
    assert all(torch.equal(before[name], tensor) for name, tensor in net.state_dict().items())
    assert torch.equal(random, torch.get_rng_state())
    assert not net.training
    assert all(parameter.grad is None for parameter in net.parameters())


def test_refuses_what_depends_on_the_data():
    class Branch(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(1))

        def forward(self, x):
            return {"y": x * self.weight if x.sum() > 0 else x}

    with pytest.raises(RuntimeError, match="depends on the data"):
        trace(Branch(), lambda o, t: o["y"].sum(), BATCH)


def test_counts_the_operations_of_matrix_products():
    # 6 x 5 x 4 forward and for the weights' gradient; no gradient of the input is needed
    assert matmul_operations(trace(Net(), squared, BATCH)) == 2 * (2 * 6 * 5 * 4)


def test_layout_knows_whether_numbers_lie_in_order():
    assert Layout.of(torch.empty(3, 4)).contiguous
    assert not Layout.of(torch.empty(3, 4).t()).contiguous
    assert Layout.of(torch.empty(1, 4).t()).contiguous


def test_does_not_import_the_machinery_of_torch_compile():
    program = """
import sys, torch
from torch import nn
from mlpspec.catalog.optimizers.adam import Adam
from mlpspec.training.compiled.step import CompiledStep
from mlpspec.training.tensors import Tensors

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(5, 4)
    def forward(self, x):
        return {"y": self.linear(x)}

data = Tensors(6, (torch.randn(6, 5),), {"y": torch.randn(6, 4)})
step = CompiledStep(Net(), lambda o, t: nn.functional.mse_loss(o["y"], t["y"]), Adam(), data, 3)
for _ in step.run_epoch(0, torch.arange(6), [(0, 3), (3, 6)], [0.1, 0.1]):
    pass
print(any(name.split(".")[0] == "sympy" or name.startswith("torch._dynamo") for name in sys.modules))
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False", said.stderr
