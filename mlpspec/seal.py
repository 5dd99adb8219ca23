"""The seal of a model file: a checksum at its end, so that a file with one wrong bit is refused instead of answering otherwise.

It finds damage, not intent: whoever changes a file can seal it again.
"""

from __future__ import annotations

import zlib

ANNOUNCEMENT = "mlpspec.seal"
"""The metadata that says that a file is sealed, and how."""

KIND = "crc32"

CHECKSUM = "mlpspec.crc32"
"""The last metadata of a sealed file, with which it ends: the CRC-32 of all bytes in front of it, as 8 hexadecimal digits."""

_DIGITS = 8
_ENTRY = b"\n" + bytes([len(CHECKSUM)]) + CHECKSUM.encode() + b"\x12" + bytes([_DIGITS])
_START = b"r" + bytes([len(_ENTRY) + _DIGITS]) + _ENTRY
"""How the entry of the checksum begins: the field 14 of a ModelProto, with the fields 1 and 2 of a StringStringEntryProto in it."""

_LENGTH = len(_START) + _DIGITS


def seal(data: bytes) -> bytes:
    """A model's bytes with the checksum behind them, which a reader of ONNX takes for one more entry of the metadata.

    Args:
        data: an ONNX model whose metadata has `ANNOUNCEMENT`: `KIND`.
    """
    return data + _START + _checksum(data)


def broken_seal(data: bytes, announced: str | None) -> str:
    """What is wrong with a file's seal; empty when it is whole, or the file was never sealed.

    Args:
        announced: what the metadata says under `ANNOUNCEMENT`.
    """
    content, end = data[:-_LENGTH], data[-_LENGTH:]
    if announced is None and not end.startswith(_START):
        return ""
    if announced != KIND:
        return (
            "it ends in a checksum that it does not announce"
            if announced is None
            else f"its seal is of the unknown kind {announced[:40]!r}"
        )
    if not end.startswith(_START):
        return "the checksum at its end is missing"
    return "" if end[len(_START) :] == _checksum(content) else "its checksum is that of other bytes"


def _checksum(data: bytes) -> bytes:
    return f"{zlib.crc32(data):0{_DIGITS}x}".encode()
