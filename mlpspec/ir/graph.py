"""The graph: inputs, nodes in order of calculation, and which node answers each target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from mlpspec.ir.lowering import Lowering, parameter_count
from mlpspec.ir.shape import Shape

Path = tuple[str | int, ...]


class Operation(Protocol):
    """What a node does: a layer of the spec, or what the compiler puts in itself (an embedding, a sized head)."""

    kind: ClassVar[str]
    """Its name in the catalog."""

    def output_shape(self, *inputs: Shape) -> Shape:
        """The shape of the output, or `ShapeFault`."""
        ...

    def lower(self, *inputs: Shape) -> Lowering:
        """The lowering record, or `UnknownSize`."""
        ...


@dataclass(frozen=True)
class GraphInput:
    """A tensor that the network is called with: an input of the spec after preprocessing."""

    name: str
    shape: Shape
    dtype: str = "float32"
    path: Path = ()


@dataclass(frozen=True)
class Node:
    """One operation in place. `sources` are names of inputs or earlier nodes; `shape` and `lowering` are filled by passes.

    `lowering` stays None while a size is unknown.
    """

    name: str
    operation: Operation
    sources: tuple[str, ...]
    path: Path
    shape: Shape | None = None
    lowering: Lowering | None = None

    @property
    def parameters(self) -> int | None:
        """How many numbers the node learns; None while a size is unknown."""
        return None if self.lowering is None else parameter_count(self.lowering)


@dataclass(frozen=True)
class Graph:
    """A network. `outputs` maps each target to the node that answers it."""

    name: str
    inputs: tuple[GraphInput, ...]
    nodes: tuple[Node, ...]
    outputs: Mapping[str, str] = field(default_factory=dict)

    def node(self, name: str) -> Node:
        """The node of that name; KeyError otherwise."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)

    def shape_of(self, name: str) -> Shape:
        """The shape of an input or node, after shape inference."""
        for value in (*self.inputs, *self.nodes):
            if value.name == name and value.shape is not None:
                return value.shape
        raise KeyError(name)

    @property
    def parameters(self) -> int | None:
        """How many numbers the network learns; None while a size is unknown."""
        counts = [node.parameters for node in self.nodes]
        return None if any(count is None for count in counts) else sum(count or 0 for count in counts)
