"""The network with masks against the trained one: thinned by hand, sample by sample, and with PyTorch's own dropout."""

from __future__ import annotations

import copy

import numpy as np
import onnxruntime as ort
import pytest
import torch
from torch import fx, nn
from torch.nn import functional as F  # noqa: N812

from mlpspec.compiler import build_graph, loads
from mlpspec.diagnostics import SpecError
from mlpspec.exporting.network import network_model, sample_arguments
from mlpspec.exporting.thinned import MASK_SHAPES, Masked, thinned
from mlpspec.ir.facts import Facts, InputFacts, TargetFacts
from mlpspec.ir.graph import Graph, GraphInput
from mlpspec.ir.shape import Shape
from mlpspec.passes.lints.without_dropout import DROPOUTS as KNOWN_TO_THE_CHECK
from mlpspec.pytorch.module import build_module

SAMPLES = 6
FACTS = Facts(
    {"x": InputFacts(3, 3), "e": InputFacts(2, 2), "t": InputFacts(1, 12, shape=(4, 3))}, {"y": TargetFacts(1), "z": TargetFacts(2)}
)

NETWORKS = {
    "a line": """
  - dense: {units: 5, activation: relu, batchnorm: true, dropout: 0.5, from: x}
  - dense: {units: 4, dropout: 0.2}
  - head: y""",
    "a layer of its own": "[{linear: {units: 4, from: x}}, {dropout: 0.4}, {layernorm: {}}, {dropout: 0.3}, {head: y}]",
    "right on an input": "[{dropout: {rate: 0.5, from: x}}, {dense: 4}, {head: y}]",
    "branches of which one drops": """
  - dense: {name: left, from: x, units: 4, activation: tanh, dropout: 0.5}
  - dense: {name: right, from: e, units: 4, activation: gelu}
  - add: {name: sum, from: [left, right]}
  - multiply: {from: [sum, right]}
  - head: y""",
    "around a dropout": """
  - dense: {name: inner, from: x, units: 4, activation: tanh}
  - dropout: {name: thin, rate: 0.5}
  - concat: {name: both, from: [thin, inner, x]}
  - head: y""",
    "shared": """
  - dense: {name: first, from: x, units: 3, activation: relu, dropout: 0.5}
  - share: {name: second, of: first}
  - add: {from: [first, second]}
  - head: y""",
    "rows with several axes": """
  - dense: {from: t, units: 6, activation: relu, dropout: 0.5}
  - dense: {units: 2, activation: {maxout: 2}, dropout: 0.3}
  - flatten
  - head: y""",
    "two heads": """
  - dense: {name: body, from: x, units: 6, activation: relu, dropout: 0.5}
  - head: y
  - head: {target: z, from: body}""",
}


def built(layers, *, seed=0):
    inputs = [name for name in ("x", "e", "t") if f"from: {name}" in layers or f", {name}]" in layers]
    kinds = {"x": "{numeric: [a, b, c]}", "e": "{numeric: [d, e]}", "t": "{tensor: {shape: [4, 3]}}"}
    targets = "{y: numeric, z: {numeric: [q, r]}}" if "target: z" in layers else "{y: numeric}"
    written = ", ".join(f"{name}: {kinds[name]}" for name in inputs)
    document = loads(f"mlpspec: 1\ninputs: {{{written}}}\ntargets: {targets}\nmodel: {layers}\n")
    facts = Facts({name: FACTS.inputs[name] for name in inputs}, {name: FACTS.targets[name] for name in document.spec.targets})
    graph = build_graph(document, facts)
    torch.manual_seed(seed)
    module = build_module(graph)
    with torch.no_grad():
        for name, value in module.state_dict().items():
            if "running" in name:
                value.uniform_(0.5, 2)
    return graph, module


def rows_for(graph, count):
    torch.manual_seed(count)
    return [torch.randn(count, *value.shape.known) for value in graph.inputs]


def masks_of(network):
    """The masks in the order of the calls."""
    return [network.get_submodule(node.target) for node in network.graph.nodes if node.op == "call_module" and is_masked(network, node)]


def is_masked(network, node):
    return isinstance(network.get_submodule(node.target), Masked)


def thinned_by_hand(module, masks, rows, sample):
    """What one sample's thinned network answers: the trained module, with its dropouts replaced call by call."""
    module = copy.deepcopy(module).eval()
    calls = iter(masks)

    def drop(layer, inputs, output):
        return inputs[0] * next(calls).kept[sample] / (1 - layer.p)

    for layer in module.modules():
        if isinstance(layer, nn.Dropout):
            layer.register_forward_hook(drop)
    with torch.inference_mode():
        return {name: value.numpy() for name, value in module(*rows).items()}


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("count", [1, 5])
def test_every_sample_is_the_trained_network_thinned(kind, count):
    graph, module = built(NETWORKS[kind])
    network = thinned(module, sample_arguments(graph), samples=SAMPLES, seed=1).eval()
    rows = rows_for(graph, count)
    with torch.inference_mode():
        found = {name: value.numpy().reshape(count, SAMPLES, -1) for name, value in network(*rows).items()}
    masks = masks_of(network)
    assert masks
    for sample in range(SAMPLES):
        for name, expected in thinned_by_hand(module, masks, rows, sample).items():
            np.testing.assert_allclose(found[name][:, sample], expected, rtol=1e-5, atol=1e-6)
    assert all(found[name].std(axis=1).max() > 0.01 for name in found)


@pytest.mark.parametrize("kind", NETWORKS)
def test_as_onnx(kind):
    graph, module = built(NETWORKS[kind])
    network = thinned(module, sample_arguments(graph), samples=SAMPLES, seed=1).eval()
    names = [value.name for value in graph.inputs]
    model = network_model(network, graph, names, list(graph.outputs), 20)
    assert not {"Dropout", "RandomUniformLike", "Bernoulli", "BatchNormalization", "Shape", "Loop"} & {n.op_type for n in model.graph.node}
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    for count in (0, 1, 7):
        rows = rows_for(graph, count)
        with torch.inference_mode():
            expected = network(*rows)
        found = session.run(list(graph.outputs), dict(zip(names, [row.numpy() for row in rows], strict=True)))
        for name, value in zip(graph.outputs, found, strict=True):
            np.testing.assert_allclose(value, expected[name].numpy(), rtol=1e-5, atol=1e-6)


def test_mean_and_spread_are_those_of_pytorchs_dropout():
    """2,000 samples against 2,000 passes of the module in inference mode with its dropouts switched on: within 5 standard errors."""
    graph, module = built(NETWORKS["a line"])
    rows = rows_for(graph, 20)
    count = 2000
    network = thinned(module, sample_arguments(graph), samples=count, seed=5).eval()
    with torch.inference_mode():
        found = network(*rows)["y"].numpy().reshape(20, count)
        module.eval()
        for layer in module.modules():
            if isinstance(layer, nn.Dropout):
                layer.train()
        torch.manual_seed(9)
        drawn = np.stack([module(*rows)["y"].numpy()[:, 0] for _ in range(count)], axis=1)
    error = np.sqrt(found.var(axis=1, ddof=1) / count + drawn.var(axis=1, ddof=1) / count)
    assert (np.abs(found.mean(axis=1) - drawn.mean(axis=1)) < 5 * error).all()
    np.testing.assert_allclose(found.std(axis=1), drawn.std(axis=1), rtol=0.1)


def test_a_mask_drops_its_share():
    """A binomial share: 200 samples of 50 numbers are 10,000 draws, so that 5 standard errors of 0.3 are 0.023."""
    graph, module = built("[{dense: {from: x, units: 50, dropout: 0.3}}, {head: y}]")
    [mask] = masks_of(thinned(module, sample_arguments(graph), samples=200, seed=0))
    assert mask.kept.dtype is torch.bool
    assert mask.kept.shape == (200, 50)
    assert mask.kept.float().mean().item() == pytest.approx(0.7, abs=0.023)


def test_the_seed_decides():
    graph, module = built(NETWORKS["a line"])
    before = torch.get_rng_state()
    one, same, other = (masks_of(thinned(module, sample_arguments(graph), samples=SAMPLES, seed=seed)) for seed in (1, 1, 2))
    assert all(torch.equal(a.kept, b.kept) for a, b in zip(one, same, strict=True))
    assert not torch.equal(one[0].kept, other[0].kept)
    assert torch.equal(torch.get_rng_state(), before), "torch's own random numbers are left alone"


def test_the_trained_network_stays_as_it_is():
    graph, module = built(NETWORKS["a line"])
    before = {name: value.clone() for name, value in module.state_dict().items()}
    module.train()
    network = thinned(module, sample_arguments(graph), samples=SAMPLES, seed=1)
    assert module.training
    assert network.training
    assert list(module.state_dict()) == list(before)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def test_what_lies_before_the_first_dropout_is_calculated_once():
    graph, module = built(NETWORKS["branches of which one drops"])
    network = thinned(module, sample_arguments(graph), samples=SAMPLES, seed=1).eval()
    seen = {}

    def count(name):
        def hook(_layer, inputs, _output):
            seen[name] = len(inputs[0])

        return hook

    for name, layer in network.named_modules():
        layer.register_forward_hook(count(name))
    network(*rows_for(graph, 5))
    assert seen["left.linear"] == seen["right.activation"] == 5
    assert seen["head_y"] == 5 * SAMPLES
    assert [name for name in seen if "repeated" in name] == ["right_activation_repeated"], "repeated once, though read twice"


def test_a_dropout_of_nothing_has_no_mask():
    graph, module = built("[{dense: {from: x, units: 4, dropout: 0.5}}, {dropout: 0.0}, {head: y}]")
    assert len(masks_of(thinned(module, sample_arguments(graph), samples=SAMPLES, seed=1))) == 1


def as_graph(layers, shape):
    """Layers in a line as a network with one input `x` and one head `y`."""
    root, wired = nn.Module(), fx.Graph()
    value = wired.placeholder("x")
    for name, layer in layers.items():
        root.add_module(name, layer)
        value = wired.call_module(name, (value,))
    wired.output({"y": value})
    return Graph("made", (GraphInput("x", Shape(shape)),), (), {"y": "last"}), fx.GraphModule(root, wired)


DROPOUTS = {
    "numbers": (nn.Dropout(0.4), (5,)),
    "alpha": (nn.AlphaDropout(0.4), (5,)),
    "channels of a sequence": (nn.Dropout1d(0.4), (3, 4)),
    "channels of an image": (nn.Dropout2d(0.4), (3, 4, 2)),
    "channels of a volume": (nn.Dropout3d(0.4), (3, 2, 2, 2)),
}


@pytest.mark.parametrize("kind", DROPOUTS)
def test_a_mask_does_what_the_dropout_does(kind):
    """What PyTorch drops is read off its output, put into the mask, and calculated again; the rows are the samples."""
    layer, shape = DROPOUTS[kind]
    graph, module = as_graph({"drop": layer}, shape)
    network = thinned(module, sample_arguments(graph), samples=8, seed=0).eval()
    mask = network.get_submodule("drop")
    torch.manual_seed(3)
    x = torch.rand(8, *shape) + 1
    dropped = layer.train()(x)
    kept = dropped != (dropped.min() if kind == "alpha" else 0)
    assert kept.any()
    assert not kept.all()
    if mask.kept.shape != kept.shape:
        assert mask.kept.shape == (8, shape[0], *(1 for _ in shape[1:])), "whole channels"
        kept = kept.flatten(2).all(-1).reshape(mask.kept.shape)
    mask.kept = kept
    with torch.inference_mode():
        found = network(x)["y"].reshape(8, 8, *shape)
    for row in range(8):
        torch.testing.assert_close(found[row, row], dropped[row])


def test_a_network_of_convolutions():
    layers = {
        "conv": nn.Conv2d(1, 4, 3),
        "relu": nn.ReLU(),
        "drop": nn.Dropout2d(0.5),
        "second": nn.Sequential(nn.Conv2d(4, 2, 2), nn.BatchNorm2d(2), nn.Dropout(0.2)),
        "flat": nn.Flatten(),
        "head": nn.LazyLinear(2),
    }
    x = torch.randn(5, 1, 6, 6)
    graph, module = as_graph(layers, (1, 6, 6))
    module(x)  # which gives the last layer its size
    network = thinned(module, sample_arguments(graph), samples=SAMPLES, seed=1).eval()
    model = network_model(network, graph, ["x"], ["y"], 20)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    with torch.inference_mode():
        expected = network(x)["y"].numpy()
    assert expected.shape == (5 * SAMPLES, 2)
    np.testing.assert_allclose(session.run(["y"], {"x": x.numpy()})[0], expected, rtol=1e-5, atol=1e-6)


class Hidden(nn.Module):
    """A layer with a dropout inside."""

    def forward(self, x):
        return F.dropout(x, 0.5, self.training)


@pytest.mark.parametrize("layer", [Hidden(), nn.LSTM(3, 4, num_layers=2, dropout=0.5), nn.RReLU()])
def test_a_dropout_inside_a_layer_is_refused(layer):
    graph, module = as_graph({"drop": nn.Dropout(0.5), "inside": layer}, (3,))
    with pytest.raises(SpecError) as error:
        thinned(module, sample_arguments(graph), samples=SAMPLES, seed=1)
    [finding] = error.value.diagnostics
    assert finding.code == "no-dropout"
    assert "`inside` draws random numbers" in finding.message


def test_the_check_of_specs_knows_the_same_dropouts():
    assert {f"nn.{layer.__name__}" for layer in MASK_SHAPES} == KNOWN_TO_THE_CHECK
