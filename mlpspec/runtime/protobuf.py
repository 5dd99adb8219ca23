"""Protocol buffer messages taken apart and put together, as far as ONNX files need it; without the onnx and protobuf packages.

Source: https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

from collections.abc import Iterator


class MalformedMessage(Exception):
    """The bytes are not such a message; the text says why."""


def fields(data: bytes, start: int, end: int) -> Iterator[tuple[int, int | tuple[int, int]]]:
    """The fields of a message: their numbers, and an integer or the stretch of bytes they hold.

    Raises:
        MalformedMessage: when the bytes end early or are no such message.
    """
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


def packed_integers(data: bytes, start: int, end: int) -> list[int]:
    """The integers of a repeated field that is packed into one stretch of bytes."""
    found = []
    while start < end:
        value, start = _varint(data, start, end)
        found.append(value)
    return found


def integer(number: int, value: int) -> bytes:
    """A field that holds an integer, which is not negative."""
    return _as_varint(number << 3) + _as_varint(value)


def head(number: int, length: int) -> bytes:
    """What stands in front of the `length` bytes of a message, a text in UTF-8, or bytes."""
    return _as_varint(number << 3 | 2) + _as_varint(length)


def message(number: int, content: bytes) -> bytes:
    """A field that holds a message, a text in UTF-8, or bytes.

    >>> message(1, b"name").hex()
    '0a046e616d65'
    """
    return head(number, len(content)) + content


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


def _as_varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)
