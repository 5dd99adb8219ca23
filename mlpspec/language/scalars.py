"""What an unquoted YAML scalar means: the core schema of YAML 1.2.2, section 10.3.2, without what is open to doubt.

Refused, with a reason: numbers that YAML 1.1 and 1.2 read differently (`010`, `1_000`), integers of more than 19 digits, and
numbers that are not finite (`.inf`, `.nan`, `1e400`), which no option of a spec takes.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool | None

MAX_DIGITS = 19

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_UNDERSCORES = re.compile(r"[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9_]+)?|0[xo][0-9a-fA-F_]+")


@dataclass(frozen=True)
class Refusal:
    """Why a scalar is not read, and what to write instead. `code` is a diagnostic code."""

    code: str
    reason: str
    help: str


def resolve(text: str) -> Scalar | Refusal:
    """The value of an unquoted scalar, or why it is refused.

    >>> [resolve(text) for text in ("1e-3", "64", "0x1F", "0o10", "no", "true", "~", "1:30", "0b11")]
    [0.001, 64, 31, 8, 'no', True, None, '1:30', '0b11']
    >>> resolve("010").reason
    '`010` is 8 to some YAML readers and 10 to others'
    >>> resolve("1_000").help
    'write `1000`, or "1_000" for text'
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "0123456789+-.":
        return text
    if _DECIMAL.fullmatch(text):
        return _decimal(text)
    if _FLOAT.fullmatch(text):
        return _float(text)
    if _OCTAL.fullmatch(text):
        return _bounded(text, 8)
    if _HEXADECIMAL.fullmatch(text):
        return _bounded(text, 16)
    if _NOT_FINITE.fullmatch(text):
        return Refusal("ambiguous-scalar", f"`{text}` is not a finite number", f'write a finite number, or "{text}" for text')
    if "_" in text and _UNDERSCORES.fullmatch(text):
        plain, short = shorten(text.replace("_", "")), shorten(text)
        reason = f"`{short}` is a number to some YAML readers and text to others"
        return Refusal("ambiguous-scalar", reason, f'write `{plain}`, or "{short}" for text')
    return text


def shorten(text: str, limit: int = 40) -> str:
    """`text` for a message: at most `limit` characters.

    >>> shorten("abcdef", 4)
    'abc…'
    """
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _decimal(text: str) -> int | Refusal:
    digits = text.lstrip("+-")
    if len(digits) > MAX_DIGITS:
        return _too_long(text)
    if len(digits) == 1 or digits[0] != "0":
        return int(text)
    plain = int(text)
    octal = int(text, 8) if set(digits) <= set("01234567") else None
    reason = f"`{text}` is {'text' if octal is None else octal} to some YAML readers and {plain} to others"
    return Refusal("ambiguous-scalar", reason, f'write `{plain}` for the number, or "{text}" for text')


def _bounded(text: str, base: int) -> int | Refusal:
    # The longest octal below 10**19 has 22 digits; a longer one is not worth converting.
    value = int(text, base) if len(text) <= 24 else 10**MAX_DIGITS
    return value if value < 10**MAX_DIGITS else _too_long(text)


def _too_long(text: str) -> Refusal:
    reason = f"the integer `{shorten(text, 24)}` has more than {MAX_DIGITS} digits"
    return Refusal("too-large", reason, "write it with an exponent (1e20), or in quotes if it is text")


def _float(text: str) -> float | Refusal:
    value = float(text)
    if math.isinf(value):
        return Refusal("ambiguous-scalar", f"`{shorten(text)}` is out of range", "the largest number is about 1.8e308")
    if value == 0 and re.search("[1-9]", re.split("[eE]", text)[0]):
        return Refusal("ambiguous-scalar", f"`{shorten(text)}` is out of range", "it is too near 0 to be kept; write 0 if that is meant")
    return value
