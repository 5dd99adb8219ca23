"""A folded norm calculates what the norm did; one that cannot be folded stays."""

import numpy as np
import onnxruntime as ort
import pytest
import torch

from mlpspec.compiler import build_graph, loads
from mlpspec.exporting.batchnorm import FARTHEST_MEAN
from mlpspec.exporting.network import network_model
from mlpspec.ir.facts import Facts, InputFacts, TargetFacts
from mlpspec.pytorch.module import build_module

HEAD = "mlpspec: 1\ninputs: {x: {numeric: [a, b, c]}}\ntargets: {y: numeric}\nmodel:\n"


def exported(layers, *, far=0.0):
    """The network's ONNX, and the module; every norm has statistics of its own, `far` standard deviations from zero."""
    document = loads(HEAD + "".join(f"  - {layer}\n" for layer in layers) + "  - head: y\n")
    graph = build_graph(document, Facts({"x": InputFacts(3, 3)}, {"y": TargetFacts(1)}))
    torch.manual_seed(4)
    module = build_module(graph)
    with torch.no_grad():
        for name, value in module.state_dict().items():
            if "running_var" in name:
                value.uniform_(0.5, 2)
            elif "running_mean" in name:
                value.uniform_(-1, 1).add_(far)
            elif "batchnorm" in name and value.is_floating_point():
                value.uniform_(-2, 2)
    return network_model(module, graph, ["x"], ["y"], 20), module.eval()


def check(layers, operators, **options):
    """The network has these operators, and answers as the module."""
    model, module = exported(layers, **options)
    assert [node.op_type for node in model.graph.node] == operators
    rows = torch.randn(20, 3, generator=torch.Generator().manual_seed(1))
    [found] = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(["y"], {"x": rows.numpy()})
    with torch.inference_mode():
        np.testing.assert_allclose(found, module(rows)["y"].numpy(), rtol=1e-5, atol=2e-6)
    return model


FOLDED = {
    "of a dense layer": (["dense: {units: 4, activation: relu, batchnorm: true}"], ["Gemm", "Relu", "Gemm"]),
    "of a dense layer with bias": (["dense: {units: 4, activation: relu, batchnorm: true, bias: true}"], ["Gemm", "Relu", "Gemm"]),
    "on the input": (["batchnorm", "dense: {units: 4, activation: relu}"], ["Gemm", "Relu", "Gemm"]),
    "behind an activation": (["dense: {units: 4, activation: relu}", "batchnorm"], ["Gemm", "Relu", "Gemm"]),
    "behind an activation, in front of a layer without bias": (
        ["dense: {units: 4, activation: relu}", "batchnorm", "linear: {units: 4, bias: false}", "activation: relu"],
        ["Gemm", "Relu", "Gemm", "Relu", "Gemm"],
    ),
    "three in a row": (["batchnorm", "batchnorm", "batchnorm"], ["Gemm"]),
    "two behind a linear layer": (["linear: {units: 4}", "batchnorm", "batchnorm", "activation: tanh"], ["Gemm", "Tanh", "Gemm"]),
    "behind dropout": (["dense: {units: 4, activation: relu, dropout: 0.5}", "batchnorm"], ["Gemm", "Relu", "Gemm"]),
    "read by two linear layers": (
        ["batchnorm", "linear: {units: 4, name: l}", "linear: {units: 4, name: r, from: batchnorm_1}", "add: {from: [l, r]}"],
        ["Gemm", "Gemm", "Add", "Gemm"],
    ),
}


@pytest.mark.parametrize("case", FOLDED)
def test_a_norm_beside_a_linear_layer_is_folded(case):
    model = check(*FOLDED[case])
    assert not [tensor.name for tensor in model.graph.initializer if "running" in tensor.name or "batchnorm" in tensor.name]


STAYS = {
    "in front of an activation alone": (["batchnorm", "activation: relu"], ["BatchNormalization", "Relu", "Gemm"]),
    "read by something else as well": (
        ["dense: {units: 4, activation: relu, name: d}", "batchnorm", "linear: {units: 4, name: l}", "add: {from: [l, batchnorm_1]}"],
        ["Gemm", "Relu", "BatchNormalization", "Gemm", "Add", "Gemm"],
    ),
    "behind a linear layer that something else reads": (
        ["linear: {units: 4, name: l}", "batchnorm", "activation: relu", "add: {from: [l, activation_1]}"],
        ["Gemm", "BatchNormalization", "Relu", "Add", "Gemm"],
    ),
    "in front of weights that are shared": (
        ["batchnorm", "linear: {units: 3, name: l}", "share: {of: l}"],
        ["BatchNormalization", "Gemm", "Gemm", "Gemm"],
    ),
    "in front of a merge": (
        ["batchnorm", "concat: {from: [batchnorm_1, x]}"],
        ["BatchNormalization", "Concat", "Gemm"],
    ),
}


@pytest.mark.parametrize("case", STAYS)
def test_a_norm_elsewhere_stays(case):
    check(*STAYS[case])


@pytest.mark.parametrize(("far", "operators"), [(FARTHEST_MEAN / 4, ["Gemm"]), (1e4, ["BatchNormalization", "Gemm"])])
def test_a_mean_far_from_zero_keeps_its_norm(far, operators):
    """Folded, the linear layer would take the mean away in its sum, and lose digits."""
    model, _ = exported(["batchnorm"], far=far)
    assert [node.op_type for node in model.graph.node] == operators


def test_a_far_mean_behind_a_linear_layer_is_folded_all_the_same():
    """The linear layer's numbers are rounded before the norm sees them; nothing more is lost."""
    model, _ = exported(["linear: {units: 4}", "batchnorm", "activation: relu"], far=1e4)
    assert [node.op_type for node in model.graph.node] == ["Gemm", "Relu", "Gemm"]


def test_the_weights_keep_their_names():
    layers = [
        "dense: {units: 4, batchnorm: true, activation: relu, name: first}",
        "batchnorm",
        "linear: {units: 2, bias: false, name: second}",
    ]
    model = check(layers, ["Gemm", "Relu", "Gemm", "Gemm"])
    names = {tensor.name for tensor in model.graph.initializer}
    assert names == {"first.linear.weight", "first.linear.bias", "second.weight", "second.bias", "head_y.weight", "head_y.bias"}
