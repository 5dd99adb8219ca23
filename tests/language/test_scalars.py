from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpspec.diagnostics.codes import CODES
from mlpspec.language.scalars import Refusal, resolve, shorten

# The tables of YAML 1.2.2, section 10.3.2 (core schema), for texts that the section's regular expressions match.
CORE = [
    *((text, None) for text in ("", "~", "null", "Null", "NULL")),
    *((text, True) for text in ("true", "True", "TRUE")),
    *((text, False) for text in ("false", "False", "FALSE")),
    ("0", 0), ("-19", -19), ("+12345", 12345), ("0o14", 12), ("0o10", 8), ("0xC", 12), ("0x1F", 31),
    ("9999999999999999999", 9999999999999999999),
    ("1.23015e+3", 1230.15), ("12e03", 12000.0), ("1e-3", 1e-3), ("1E-3", 1e-3), ("1e3", 1e3), ("1.0e3", 1e3),
    ("1.0e-3", 1e-3), ("1.e-3", 1e-3), (".5e-3", 5e-4), ("1.0e+3", 1e3), ("-2E+05", -2e5), ("0.", 0.0), ("-0.0", 0.0), ("1.10", 1.1),
    ("0e5", 0.0), ("5e-324", 5e-324), ("1.7976931348623157e308", 1.7976931348623157e308),
]  # fmt: skip

TEXT = [
    "yes", "no", "on", "off", "Yes", "NO", "y", "n", "none", "None", "nan", "inf", "nULL", "tRUE",
    "0b11", "-0x1F", "+0o7", "0o8", "0xG", "1:30", "190:20:30", "2024-01-01", "2024-13-45", "1.2.3", "1e", "e3", ".", "-", "+", "--1",
    "1e3.5", "1 000", "_1", "1_a", "$width", "٣", "x010", "infinity", ".nAn",
]  # fmt: skip

REFUSED = [
    ("010", "8 to some YAML readers and 10", "write `10`"),
    ("-010", "-8 to some YAML readers and -10", "write `-10`"),
    ("08", "text to some YAML readers and 8", '"08"'),
    ("00", "0 to some YAML readers and 0", "write `0`"),
    ("1_000", "a number to some YAML readers", "write `1000`"),
    ("1_0.5", "a number to some YAML readers", "write `10.5`"),
    ("0x_1F", "a number to some YAML readers", "write `0x1F`"),
    ("1.0e+400", "out of range", "1.8e308"),
    ("-1e400", "out of range", "1.8e308"),
    ("1e-400", "out of range", "write 0"),
    (".inf", "not a finite number", "write a finite number"),
    ("-.INF", "not a finite number", "write a finite number"),
    (".NaN", "not a finite number", "write a finite number"),
    ("1" * 20, "more than 19 digits", "in quotes"),
    ("-" + "1" * 5000, "more than 19 digits", "in quotes"),
    ("0x" + "F" * 17, "more than 19 digits", "in quotes"),
    ("0o" + "7" * 100_000, "more than 19 digits", "in quotes"),
]


@pytest.mark.parametrize(("text", "value"), CORE)
def test_core_schema(text: str, value: object) -> None:
    found = resolve(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", TEXT)
def test_text_stays_text(text: str) -> None:
    assert resolve(text) == text


@pytest.mark.parametrize(("text", "reason", "help"), REFUSED)
def test_what_is_open_to_doubt_is_refused_with_a_reason(text: str, reason: str, help: str) -> None:
    refusal = resolve(text)
    assert isinstance(refusal, Refusal)
    assert reason in refusal.reason
    assert help in refusal.help
    assert refusal.code in CODES
    assert len(refusal.reason) < 120


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_read_as_what_repr_wrote(value: float) -> None:
    found = resolve(repr(value))
    assert found == value
    assert math.copysign(1, found) == math.copysign(1, value)  # type: ignore[arg-type]


@given(st.integers(-(10**19) + 1, 10**19 - 1))
def test_integers_read_as_what_repr_wrote(value: int) -> None:
    assert resolve(repr(value)) == value


@given(st.from_regex(re.compile(r"[-+.0-9_eExoXinfaINFAbB~]{0,12}"), fullmatch=True))
def test_any_text_has_a_verdict(text: str) -> None:
    found = resolve(text)
    assert found is None or isinstance(found, bool | int | float | str | Refusal)
    if isinstance(found, float):
        assert math.isfinite(found)
    if isinstance(found, str):
        assert found == text


def test_shorten_cuts_to_the_limit() -> None:
    assert shorten("x" * 40) == "x" * 40
    assert shorten("x" * 41) == "x" * 39 + "…"
