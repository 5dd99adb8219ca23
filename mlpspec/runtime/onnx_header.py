"""What an ONNX file says about itself, read from its bytes: versions, operators, data outside the file. Needs no onnx package.

An ONNX file is a message of the type `ModelProto` (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). Weights are skipped, not read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from mlpspec.runtime.protobuf import MalformedMessage, fields

MAX_FIELDS = 5_000_000
"""Fields that are looked at before a file counts as hostile: a model of 100,000 nodes has about a million."""

_NESTED: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph", 8: "opset", 14: "metadata", 20: "training", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 9: "opset", 11: "attribute"},
    "tensor": {13: "external"},
    "opset": {},
    "metadata": {},
    "external": {},
}
"""Which fields of which message are messages that can lead to operators, versions, metadata or data outside the file."""


@dataclass
class OnnxHeader:
    """What was found. `opsets` are versions by domain ("" is ONNX's own), `operators` counts by (domain, type), subgraphs included.

    `external` are the places of weights kept outside the file, "" for one that names no place. `metadata` are its texts by key, long ones
    left empty.
    """

    ir_version: int = 0
    producer: str = ""
    producer_version: str = ""
    opsets: dict[str, int] = field(default_factory=dict)
    operators: Counter[tuple[str, str]] = field(default_factory=Counter)
    functions: int = 0
    external: list[str] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def nodes(self) -> int:
        """How many nodes all graphs of the file have."""
        return self.operators.total()


def read_header(data: bytes) -> OnnxHeader:
    """Read the header of a model file.

    Raises:
        MalformedMessage: when the bytes end early or are no protocol buffer message.
    """
    header = OnnxHeader()
    seen = 0
    pending = [("model", 0, len(data))]
    while pending:
        kind, start, end = pending.pop()
        nested = _NESTED[kind]
        own: dict[int, int | bytes] = {}
        for number, value in fields(data, start, end):
            seen += 1
            if seen > MAX_FIELDS:
                raise MalformedMessage(f"it has more than {MAX_FIELDS:,} fields")
            if isinstance(value, int):
                own[number] = value
            elif number in nested:
                pending.append((nested[number], *value))
            elif value[1] - value[0] <= 4096:
                own[number] = data[value[0] : value[1]]
        _take(header, kind, own)
    return header


def _take(header: OnnxHeader, kind: str, own: Mapping[int, int | bytes]) -> None:
    """Keep what a message says itself, by field number."""
    if kind == "model":
        header.ir_version = _number(own.get(1))
        header.producer, header.producer_version = _text(own.get(2)), _text(own.get(3))
    elif kind == "opset":
        domain = _text(own.get(1))
        header.opsets[domain] = max(header.opsets.get(domain, 0), _number(own.get(2)))
    elif kind == "metadata":
        header.metadata[_text(own.get(1))] = _text(own.get(2))
    elif kind == "node":
        header.operators[_text(own.get(7)), _text(own.get(4))] += 1
    elif kind == "function":
        header.functions += 1
    elif kind == "external" and own.get(1) == b"location":
        header.external.append(_text(own.get(2)))
    elif kind == "tensor" and own.get(14) == 1:
        header.external.append("")


def _number(value: int | bytes | None) -> int:
    return value if isinstance(value, int) else 0


def _text(value: int | bytes | None) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""
