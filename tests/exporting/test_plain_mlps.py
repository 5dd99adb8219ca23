"""A plain network exports as lean as PyTorch's exporter writes the same network, written by hand."""

import warnings

import onnx
import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812  # the name everyone knows

from mlpspec.compiler import build_graph, loads
from mlpspec.exporting.network import network_model
from mlpspec.ir.facts import Facts, InputFacts, TargetFacts
from mlpspec.pytorch.module import build_module


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.start, self.inner, self.end = nn.Linear(5, 8), nn.Linear(8, 8), nn.Linear(8, 3)

    def forward(self, x):
        x = F.relu(self.start(x))
        return self.end(x + F.relu(self.inner(x)))


class TwoBranches(nn.Module):
    def __init__(self):
        super().__init__()
        self.left, self.right, self.end = nn.Linear(5, 8), nn.Linear(5, 8), nn.Linear(16, 3)

    def forward(self, x):
        return self.end(torch.cat([torch.tanh(self.left(x)), F.silu(self.right(x))], dim=-1))


def plain(*layers):
    return nn.Sequential(*layers)


MLPS = {
    "two layers": (
        ["dense: {units: 64, activation: relu}", "dense: {units: 32, activation: relu}"],
        plain(nn.Linear(5, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 3)),
    ),
    "ten layers": (
        ["dense: {units: 16, activation: gelu, repeat: 10}"],
        plain(nn.Linear(5, 16), nn.GELU(), *(part for _ in range(9) for part in (nn.Linear(16, 16), nn.GELU())), nn.Linear(16, 3)),
    ),
    "norms and dropout": (
        ["dense: {units: 16, activation: leaky_relu, batchnorm: true, dropout: 0.3, repeat: 2}"],
        plain(
            nn.Linear(5, 16), nn.BatchNorm1d(16), nn.LeakyReLU(), nn.Dropout(0.3),
            nn.Linear(16, 16), nn.BatchNorm1d(16), nn.LeakyReLU(), nn.Dropout(0.3), nn.Linear(16, 3),
        ),
    ),
    "norms on the input and behind an activation": (
        ["batchnorm", "dense: {units: 16, activation: relu}", "batchnorm"],
        plain(nn.BatchNorm1d(5), nn.Linear(5, 16), nn.ReLU(), nn.BatchNorm1d(16), nn.Linear(16, 3)),
    ),
    "layer norms": (
        ["layernorm", "dense: {units: 16, activation: silu}", "layernorm"],
        plain(nn.LayerNorm(5), nn.Linear(5, 16), nn.SiLU(), nn.LayerNorm(16), nn.Linear(16, 3)),
    ),
    "celu and mish": (
        ["dense: {units: 16, activation: {celu: 2}}", "dense: {units: 16, activation: mish}"],
        plain(nn.Linear(5, 16), nn.ELU(), nn.Linear(16, 16), nn.Mish(), nn.Linear(16, 3)),
    ),
    "residual": (
        ["dense: {units: 8, activation: relu, name: a}", "dense: {units: 8, activation: relu, name: b}", "add: {from: [a, b]}"],
        Residual(),
    ),
    "two branches": (
        [
            "dense: {units: 8, activation: tanh, name: a}",
            "dense: {units: 8, activation: silu, name: b, from: x}",
            "concat: {from: [a, b]}",
        ],
        TwoBranches(),
    ),
}  # fmt: skip


def nodes_by_hand(module: nn.Module) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module.eval(), (torch.zeros(2, 5),), dynamic_shapes=({0: "batch"},), opset_version=20, dynamo=True, verbose=False
        )
    assert program is not None
    model: onnx.ModelProto = program.model_proto
    return [node.op_type for node in model.graph.node]


@pytest.mark.parametrize("name", MLPS)
def test_no_more_nodes_than_by_hand(name):
    layers, module = MLPS[name]
    text = "mlpspec: 1\ninputs: {x: {numeric: [a, b, c, d, e]}}\ntargets: {y: category}\nmodel:\n"
    document = loads(text + "".join(f"  - {layer}\n" for layer in layers) + "  - head: y\n")
    graph = build_graph(document, Facts({"x": InputFacts(5, 5)}, {"y": TargetFacts(3, 3)}))
    ours = [node.op_type for node in network_model(build_module(graph), graph, ["x"], ["y"], 20).graph.node]
    theirs = nodes_by_hand(module)
    extra = 2 if name == "celu and mish" else 0  # Elu(x / 2) * 2, which runs on the GPU, where Celu does not
    assert len(ours) <= len(theirs) + extra, (ours, theirs)
