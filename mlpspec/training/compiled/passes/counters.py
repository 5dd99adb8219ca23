"""Counters of batches, such as batch norm's, grow once a block instead of once a step."""

from __future__ import annotations

import torch

from mlpspec.training.compiled.trace import Traced, layout

aten = torch.ops.aten


def hoist_counters(traced: Traced) -> None:
    """`add_(buffer, 1)` of a whole number that nothing else reads leaves the graph; `traced.counters` remembers the buffer."""
    for node in list(traced.graph.nodes):
        if node.target is not aten.add_.Tensor or node.users or node.kwargs or node.args[1] != 1:
            continue
        buffer = node.args[0]
        role = traced.roles.get(buffer)  # type: ignore[arg-type]
        if role is None or role.kind != "buffer" or layout(buffer).dtype != torch.int64 or len(buffer.users) != 1:  # type: ignore[arg-type, union-attr]
            continue
        traced.counters.append(role.key)
        traced.graph.erase_node(node)
