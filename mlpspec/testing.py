"""Conformance checks for catalog entries, public so that plugins test themselves the same way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from mlpspec.catalog.entry import Entry
from mlpspec.catalog.layers.base import Layer
from mlpspec.exporting.network import network_model
from mlpspec.exporting.tolerance import ABSOLUTE, RELATIVE
from mlpspec.ir.graph import Graph, GraphInput, Node
from mlpspec.ir.lowering import weights
from mlpspec.ir.shape import Dim, Shape
from mlpspec.language.build import build_entry
from mlpspec.language.writer import plain
from mlpspec.pytorch.module import build_module
from mlpspec.pytorch.source import print_source

SEED = 7


def check_layer(layer: Layer, *inputs: Sequence[int], output: Sequence[Dim], batches: Sequence[int] = (1, 2, 7)) -> None:
    """Check all that a layer promises.

    1. Its options survive being written as a spec and read again.
    2. Its shape rule gives `output`, and so does the real module.
    3. The weights that its record declares are the module's.
    4. The printed source, with the same seed, has the same state_dict and the same output.
    5. Gradients of all weights and inputs are finite.
    6. ONNX Runtime gives what torch gives, at each of the batch sizes.

    Args:
        layer: the layer with its options.
        inputs: the shape of each input, without the batch axis.
        output: the shape of the output, without the batch axis.
        batches: batch sizes for the comparison with ONNX.

    Raises:
        AssertionError: naming the first promise that is broken.
    """
    check_options(layer, Layer)
    shapes = [Shape(tuple(shape)) for shape in inputs]
    assert layer.output_shape(*shapes) == Shape(tuple(output)), (
        f"shape rule: {layer.output_shape(*shapes)}, expected {Shape(tuple(output))}"
    )
    graph = _graph_of(layer, shapes)
    torch.manual_seed(SEED)
    module = build_module(graph)
    _check_weights(graph, module)
    rows = [_random_rows(shape, 5) for shape in shapes]
    _check_source(graph, module, rows)
    _check_gradients(module, rows, output)
    _check_onnx(graph, module, shapes, batches)


def check_options(entry: Entry, base: type[Entry]) -> None:
    """The options of an entry survive being written as a spec and read again, in the short and in the complete form."""
    for complete in (False, True):
        written = plain(entry, complete=complete)
        assert build_entry(base, written) == entry, f"options: {written} is read as {build_entry(base, written)}"


def _graph_of(layer: Layer, shapes: Sequence[Shape]) -> Graph:
    names = tuple(f"x{number}" for number in range(len(shapes)))
    node = Node("layer", layer, names, ("model", 0), layer.output_shape(*shapes), layer.lower(*shapes))
    return Graph("check", tuple(map(GraphInput, names, shapes)), (node,), {"y": "layer"})


def _random_rows(shape: Shape, rows: int) -> torch.Tensor:
    generator = np.random.default_rng(rows)
    return torch.from_numpy(generator.normal(0, 1.5, (rows, *shape.known)).astype(np.float32))


def _check_weights(graph: Graph, module: torch.nn.Module) -> None:
    record = graph.nodes[0].lowering
    declared = {f"layer.{name}": shape for name, shape in weights(record)} if record is not None else {}
    real = {name: tuple(parameter.shape) for name, parameter in module.named_parameters()}
    assert declared == real, f"weights: declared {declared}, real {real}"
    assert graph.parameters == sum(math.prod(shape) for shape in real.values())


def _check_source(graph: Graph, module: torch.nn.Module, rows: Sequence[torch.Tensor]) -> None:
    space: dict[str, Any] = {}
    exec(compile(print_source(graph), "<printed>", "exec"), space)  # our own output is what is under test
    torch.manual_seed(SEED)
    printed = space["Check"]()
    ours, theirs = module.state_dict(), printed.state_dict()
    assert list(ours) == list(theirs), f"source: state_dict {list(theirs)}, expected {list(ours)}"
    for name in ours:
        assert torch.equal(ours[name], theirs[name]), f"source: `{name}` starts with other values"
    module.eval()
    printed.eval()
    assert torch.equal(module(*rows)["y"], printed(*rows)["y"]), "source: another output"


def _check_gradients(module: torch.nn.Module, rows: Sequence[torch.Tensor], output: Sequence[Dim]) -> None:
    module.train()
    leaves = [row.clone().requires_grad_() for row in rows]
    result = module(*leaves)["y"]
    assert tuple(result.shape) == (len(rows[0]), *output), f"real shape {tuple(result.shape)}, the rule says (batch, {output})"
    (result * torch.linspace(0.5, 1.5, result.numel()).reshape(result.shape)).sum().backward()
    for name, tensor in [*module.named_parameters(), *((f"input {i}", leaf) for i, leaf in enumerate(leaves))]:
        assert tensor.grad is not None, f"gradients: none reaches {name}"
        assert torch.isfinite(tensor.grad).all(), f"gradients: not finite for {name}"


def _check_onnx(graph: Graph, module: torch.nn.Module, shapes: Sequence[Shape], batches: Sequence[int]) -> None:
    import onnxruntime as ort

    names = [value.name for value in graph.inputs]
    model = network_model(module, graph, names, ["y"], 20)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    module.eval()
    for batch in batches:
        rows = [_random_rows(shape, batch) for shape in shapes]
        found = np.asarray(session.run(["y"], {name: row.numpy() for name, row in zip(names, rows, strict=True)})[0])
        with torch.inference_mode():
            expected = module(*rows)["y"].numpy()
        assert found.shape == expected.shape, f"ONNX at batch {batch}: shape {found.shape}, torch {expected.shape}"
        np.testing.assert_allclose(found, expected, rtol=RELATIVE, atol=ABSOLUTE, err_msg=f"ONNX at batch {batch}")
