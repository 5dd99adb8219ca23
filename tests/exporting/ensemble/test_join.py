from __future__ import annotations

import onnx

from mlpspec.exporting.ensemble.export import export_ensemble


def test_one_graph_without_dead_ends(crossed):
    """Every constant is read, every node makes something that is used, and nothing lies outside the file."""
    model = onnx.load(export_ensemble(crossed).path)
    graph = model.graph
    made = [name for node in graph.node for name in node.output]
    read = {name for node in graph.node for name in node.input}
    outputs = {output.name for output in graph.output}
    assert len(made) == len(set(made))
    assert all({*node.output} & (read | outputs) for node in graph.node)
    assert {tensor.name for tensor in graph.initializer} <= read
    assert [value.name for value in graph.input] == ["size", "colour"]
    assert not any(tensor.external_data for tensor in graph.initializer)
