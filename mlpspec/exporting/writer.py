"""Collects nodes and constants of an ONNX graph under names that cannot collide."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper


class GraphWriter:
    """What a graph is made of, in order of calculation.

    Args:
        taken: names that other parts of the graph have.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.nodes: list[NodeProto] = []
        self.initializers: list[TensorProto] = []
        self._names: set[str] = set(taken)

    @property
    def taken(self) -> frozenset[str]:
        """The names that nothing else in the graph may have."""
        return frozenset(self._names)

    def constant(self, value: Any, dtype: Any, near: str) -> str:
        """A constant tensor; its name, made from that of the value it belongs to. Texts have dtype object."""
        array = np.array(value, dtype=dtype)
        name = self.unused(f"{near}.constant")
        self.initializers.append(numpy_helper.from_array(array, name))
        return name

    def node(self, op_type: str, inputs: list[str], output: str, *others: str, domain: str = "", **attributes: Any) -> str:
        """A node; the name of its output, or of the first, behind which `others` are named."""
        name = self.unused(f"{output}/{op_type}")
        self.nodes.append(helper.make_node(op_type, inputs, [output, *others], name=name, domain=domain, **attributes))
        return output

    def unused(self, name: str) -> str:
        """The name, or the name and a number when it is taken; taken from now on."""
        candidate, number = name, 1
        while candidate in self._names:
            number += 1
            candidate = f"{name}_{number}"
        self._names.add(candidate)
        return candidate
