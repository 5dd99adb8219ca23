"""The known categories of a column: in which order, and how a spec writes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from mlpspec.ir.fitted import RawType


def count(values: np.ndarray) -> dict[Any, int]:
    """How often each value of (rows,) texts or int64 occurs, in the order of `in_order`."""
    import numpy as np

    if values.dtype.kind == "i":
        found, counts = np.unique(values, return_counts=True)
        return dict(zip(found.tolist(), counts.tolist(), strict=True))
    counted = Counter(values.tolist())
    return {value: counted[value] for value in in_order(counted)}


def in_order(values: Iterable[Any]) -> list[Any]:
    """The values sorted: by size when all are whole numbers, also when written as text; else as texts, by code point.

    >>> in_order(["10", "9", "-1"]), in_order(["b", "10", "9"]), in_order(["", "2", "10"])
    (['-1', '9', '10'], ['10', '9', 'b'], ['', '2', '10'])
    """
    values = list(values)
    if all(value == "" or _is_whole(value) for value in values):
        return sorted(values, key=lambda value: (value != "", int(value or 0)))
    return sorted(values)


def as_raw(written: Any, type: RawType) -> Any:
    """A category that a spec writes, as the column's values are: `1` in YAML is "1" in a column of texts, `true` is "true".

    Raises:
        ValueError: when a column of that type cannot hold it.
    """
    if isinstance(written, bool):
        written = str(written).lower()
    if type == "string":
        return written if isinstance(written, str) else str(written)
    if _is_whole(written):
        return int(written)
    raise ValueError(f"`{written}` is not a whole number")


def _is_whole(value: Any) -> bool:
    """Whether a value is a whole number or one written the usual way: `7`, not `007`, `+7` or `7.0`."""
    if isinstance(value, str):
        digits = value.removeprefix("-")
        return digits.isascii() and digits.isdigit() and len(digits) < 20 and str(int(value)) == value
    return isinstance(value, int)
