"""Texts from JSON, which can hold what no UTF-8 text can."""

from __future__ import annotations

from collections.abc import Sequence


def unwritable(values: Sequence[str | None]) -> int | None:
    r"""The number of the first text with a lone surrogate, such as `"\ud800"` in JSON gives; None when there is none.

    >>> unwritable(["a", None, "\ud800"])
    2
    """
    try:
        "".join(value for value in values if value is not None).encode()
    except UnicodeEncodeError:
        return next((number for number, value in enumerate(values) if value is not None and not _is_text(value)), None)
    return None


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
