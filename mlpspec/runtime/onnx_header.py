"""What an ONNX file says about itself, read from its bytes: versions, operators, data outside the file. Needs no onnx package.

An ONNX file is a protocol buffer message (https://protobuf.dev/programming-guides/encoding/) of the type `ModelProto`
(https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). Weights are skipped, not read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

MAX_FIELDS = 5_000_000
"""Fields that are looked at before a file counts as hostile: a model of 100,000 nodes has about a million."""

_NESTED: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph", 8: "opset", 20: "training", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 9: "opset", 11: "attribute"},
    "tensor": {13: "external"},
    "opset": {},
    "external": {},
}
"""Which fields of which message are messages that can lead to operators, versions or data outside the file."""


class MalformedMessage(Exception):
    """The bytes are not such a message; the text says why."""


@dataclass
class OnnxHeader:
    """What was found. `opsets` are versions by domain ("" is ONNX's own), `operators` counts by (domain, type), subgraphs included.

    `external` are the places of weights kept outside the file, "" for one that names no place.
    """

    ir_version: int = 0
    producer: str = ""
    producer_version: str = ""
    opsets: dict[str, int] = field(default_factory=dict)
    operators: Counter[tuple[str, str]] = field(default_factory=Counter)
    functions: int = 0
    external: list[str] = field(default_factory=list)

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
        for number, value in _fields(data, start, end):
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
    elif kind == "node":
        header.operators[_text(own.get(7)), _text(own.get(4))] += 1
    elif kind == "function":
        header.functions += 1
    elif kind == "external" and own.get(1) == b"location":
        header.external.append(_text(own.get(2)))
    elif kind == "tensor" and own.get(14) == 1:
        header.external.append("")


def _fields(data: bytes, start: int, end: int) -> Iterator[tuple[int, int | tuple[int, int]]]:
    """The fields of a message: their numbers, and an integer or the stretch of bytes they hold."""
    at = start
    while at < end:
        tag, at = _varint(data, at, end)
        number, wire = tag >> 3, tag & 7
        if number == 0:
            raise MalformedMessage(f"byte {at} starts no field")
        if wire == 0:
            value, at = _varint(data, at, end)
            yield number, value
            continue
        if wire == 2:
            length, at = _varint(data, at, end)
        elif wire in (1, 5):
            length = 8 if wire == 1 else 4
        else:
            raise MalformedMessage(f"byte {at} starts a field of an unknown form")
        if length > end - at:
            raise MalformedMessage(f"it ends early: the field at byte {at} announces {length} bytes, {end - at} are left")
        yield number, (at, at + length)
        at += length


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """An integer of seven bits a byte, lowest first, and the place after it."""
    value = shift = 0
    while at < end:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise MalformedMessage(f"the number before byte {at} is too long")
    raise MalformedMessage("it ends early, within a number")


def _number(value: int | bytes | None) -> int:
    return value if isinstance(value, int) else 0


def _text(value: int | bytes | None) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""
