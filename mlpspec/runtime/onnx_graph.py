"""The graph of an ONNX file, taken apart so that models can be made of some of its nodes. Needs no onnx package.

The numbers of fields are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mlpspec.runtime.card import Value
from mlpspec.runtime.protobuf import fields, head, integer, message, packed_integers

Span = tuple[int, int]
"""Where a message's bytes begin and end in the file."""

ELEMENT_TYPES: Mapping[str, int] = {
    "tensor(float)": 1,
    "tensor(uint8)": 2,
    "tensor(int8)": 3,
    "tensor(uint16)": 4,
    "tensor(int16)": 5,
    "tensor(int32)": 6,
    "tensor(int64)": 7,
    "tensor(string)": 8,
    "tensor(bool)": 9,
    "tensor(float16)": 10,
    "tensor(double)": 11,
    "tensor(uint32)": 12,
    "tensor(uint64)": 13,
    "tensor(bfloat16)": 16,
}
"""ONNX's number of a type, by the name that ONNX Runtime has for it."""

STRING = ELEMENT_TYPES["tensor(string)"]


@dataclass(frozen=True)
class Node:
    """An operator with the values it reads and gives ("" for one that is left out). `integers` are its whole-number attributes."""

    operator: tuple[str, str]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    integers: Mapping[str, int]
    has_subgraphs: bool
    span: Span = field(repr=False)


@dataclass(frozen=True)
class Weight:
    """A constant tensor of the graph: ONNX's number of its type, its shape, and for texts their bytes."""

    type: int
    shape: tuple[int, ...]
    texts: tuple[bytes, ...]
    span: Span = field(repr=False)


class OnnxGraph:
    """What a file's graph consists of, in the file's order.

    Attributes:
        nodes: the operators.
        weights: the constants by name.
        inputs, outputs: ONNX's number of the type of each, 0 for one that is no tensor; inputs that are constants too are left out.
        is_plain: whether there is nothing beside these that a part of the graph would need: functions, sparse constants, subgraphs.

    Raises:
        MalformedMessage: when the bytes are no such message.
    """

    def __init__(self, data: bytes):
        self._data = data
        self.nodes: list[Node] = []
        self.weights: dict[str, Weight] = {}
        self.inputs: dict[str, int] = {}
        self.outputs: dict[str, int] = {}
        self.is_plain = True
        self._input_spans: dict[str, Span] = {}
        self._versions: list[Span] = []
        self._ir_version = 0
        for number, value in fields(data, 0, len(data)):
            if isinstance(value, int):
                self._ir_version = value if number == 1 else self._ir_version
            elif number == 7:
                self._read(value)
            elif number == 8:
                self._versions.append(value)
            elif number == 25:
                self.is_plain = False
        self.inputs = {name: type for name, type in self.inputs.items() if name not in self.weights}

    def _read(self, graph: Span) -> None:
        for number, value in fields(self._data, *graph):
            if isinstance(value, int):
                continue
            if number == 1:
                self.nodes.append(self._node(value))
                self.is_plain = self.is_plain and not self.nodes[-1].has_subgraphs
            elif number == 5:
                name, weight = self._weight(value)
                self.weights[name] = weight
            elif number == 11:
                name, type = self._value(value)
                self.inputs[name], self._input_spans[name] = type, value
            elif number == 12:
                name, type = self._value(value)
                self.outputs[name] = type
            elif number == 15:
                self.is_plain = False

    def with_outputs(self, names: Iterable[str]) -> bytes:
        """The whole model that also gives the values called `names`, which are no outputs yet.

        Two messages one after the other are the two merged, so that the outputs stand in a second graph behind the first.
        """
        return self._data + message(7, b"".join(map(_output, names)))

    def part(self, nodes: Sequence[Node], inputs: Iterable[str], given: Iterable[Value], outputs: Iterable[str]) -> bytes:
        """A model of some of the nodes and the constants they read.

        Args:
            nodes: in the file's order.
            inputs: those of the graph's own inputs that it has.
            given: values of the graph that become inputs.
            outputs: values that become outputs.
        """
        read = dict.fromkeys(name for node in nodes for name in node.inputs if name in self.weights)
        pieces = [
            *(piece for node in nodes for piece in self._copy(1, node.span)),
            message(2, b"part"),
            *(piece for name in read for piece in self._copy(5, self.weights[name].span)),
            *(piece for name in inputs for piece in self._copy(11, self._input_spans[name])),
            *map(_input, given),
            *map(_output, outputs),
        ]
        versions = [piece for span in self._versions for piece in self._copy(8, span)]
        return b"".join((integer(1, self._ir_version), *versions, head(7, sum(map(len, pieces))), *pieces))

    def _copy(self, number: int, span: Span) -> tuple[bytes, memoryview]:
        """A field with the bytes of a message of the file, which may be many."""
        return head(number, span[1] - span[0]), memoryview(self._data)[span[0] : span[1]]

    def _node(self, span: Span) -> Node:
        inputs, outputs, integers = [], [], {}
        kind = domain = ""
        has_subgraphs = False
        for number, value in self._fields(span):
            if number == 1:
                inputs.append(self._text(value))
            elif number == 2:
                outputs.append(self._text(value))
            elif number == 4:
                kind = self._text(value)
            elif number == 7:
                domain = self._text(value)
            elif number == 5:
                name, found, nested = self._attribute(value)
                has_subgraphs = has_subgraphs or nested
                if found is not None:
                    integers[name] = found
        return Node((domain, kind), tuple(inputs), tuple(outputs), integers, has_subgraphs, span)

    def _attribute(self, span: Span) -> tuple[str, int | None, bool]:
        """Name, whole number if it is one, and whether a graph is in it."""
        name, found, nested = "", None, False
        for number, value in fields(self._data, *span):
            if isinstance(value, int):
                found = value if number == 3 else found
            elif number == 1:
                name = self._text(value)
            elif number in (6, 11):
                nested = True
        return name, found, nested

    def _weight(self, span: Span) -> tuple[str, Weight]:
        name, type = "", 0
        shape: list[int] = []
        texts: list[bytes] = []
        for number, value in fields(self._data, *span):
            if isinstance(value, int):
                type = value if number == 2 else type
                shape += [value] if number == 1 else []
            elif number == 1:
                shape += packed_integers(self._data, *value)
            elif number == 6:
                texts.append(self._bytes(value))
            elif number == 8:
                name = self._text(value)
        return name, Weight(type, tuple(shape), tuple(texts), span)

    def _value(self, span: Span) -> tuple[str, int]:
        """Name, and ONNX's number of the type of the tensor."""
        name, type = "", 0
        for number, value in self._fields(span):
            if number == 1:
                name = self._text(value)
            elif number == 2:
                for kind, tensor in self._fields(value):
                    if kind == 1:
                        types = [entry for field_, entry in fields(self._data, *tensor) if field_ == 1 and isinstance(entry, int)]
                        type = types[-1] if types else 0
        return name, type

    def _fields(self, span: Span) -> Iterator[tuple[int, Span]]:
        """The fields of a message that hold bytes."""
        for number, value in fields(self._data, *span):
            if not isinstance(value, int):
                yield number, value

    def _bytes(self, span: Span) -> bytes:
        return self._data[span[0] : span[1]]

    def _text(self, span: Span) -> str:
        return self._bytes(span).decode("utf-8", "replace")


def _output(name: str) -> bytes:
    """A value whose type is left for the reader to find out."""
    return message(12, message(1, name.encode()))


def _input(value: Value) -> bytes:
    sizes = [integer(1, size) if isinstance(size, int) else message(2, (size or "").encode()) for size in value.shape]
    tensor = integer(1, ELEMENT_TYPES[value.type]) + message(2, b"".join(message(1, size) for size in sizes))
    return message(11, message(1, value.name.encode()) + message(2, message(1, tensor)))
