"""Why a text is no number, and what to do about it."""

from __future__ import annotations

import re

MISSING_WORDS = frozenset({"na", "n/a", "#n/a", "null", "none", "nil", "nan", "?", "-", "--", ".", "missing"})
"""Texts that usually mean a missing value, lower case. They do so only when a spec declares them."""

_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII)
_COMMA = re.compile(r"[+-]?\d*,\d+", re.ASCII)
_BASED = re.compile(r"0[xXoObB][0-9a-fA-F]+", re.ASCII)
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?", re.ASCII)


def number_help(cell: str) -> str:
    """What to do about a cell that should be a number and is not.

    >>> number_help("5%")
    'write the number without its percent sign'
    """
    text = cell.strip()
    if text.lower() in MISSING_WORDS:
        return f'if `{text}` means a missing value, declare it: `missing: ["", "{text}"]` under `data:`'
    if not text:
        return "declare the empty text as missing under `data:`, or fill the cell"
    if text.isascii() and reads_as_number(text.replace("_", "")) and "_" in text:
        return "write the number without underscores"
    if reads_as_number(text) and text.isascii():
        return "numbers must be finite and at most 3.4e38 in size; mend the cell, or declare the text as missing under `data:`"
    if _GROUPED.fullmatch(text):
        return "write numbers without thousands separators and with a decimal point"
    if _COMMA.fullmatch(text):
        return "write numbers with a decimal point"
    if text.endswith("%"):
        return "write the number without its percent sign"
    if _BASED.fullmatch(text):
        return "write the number in decimal digits"
    if not text.isascii() and any(character.isdigit() for character in text):
        return "write numbers with the digits 0 to 9 only"
    if text.lower() in ("true", "false", "yes", "no", "t", "f", "y", "n"):
        return "words for yes and no are categories: read the column with `category`, or write 1 and 0"
    if _DATE.fullmatch(text):
        return "a date is not one number: write it as 2007-11-11 and read it with `datetime`, or make the column a number, such as a year"
    return "mend the cells, or read the column with `category` if it holds words"


def reads_as_number(text: str) -> bool:
    """Whether Python reads the text as a number, `nan` and `inf` included."""
    try:
        float(text)
    except ValueError:
        return False
    return True
