"""The raw rows that an export is proved on: real ones, and edge rows made from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mlpspec.catalog.calendar import EARLIEST, LATEST
from mlpspec.ir.fitted import FittedInput, Preprocessing

UNSEEN = "\u2060never seen before\u2060"

_TIMES = ["1969-12-31T23:59:59", "1900-02-28T23:59:59", "2000-02-29", "2024-02-29T12:00", "2100-03-01", "2024-12-31T23:59:59"]
_LARGEST = float(np.finfo(np.float32).max)
_NUMBERS = (0.0, -0.0, 1e-40, -1e-45)  # the last two are subnormal
_TEXTS = ("", " ", "0", "nan", "x" * 10_000, "Ünïcödé \u4e2d\u6587 \U0001f642", "e\u0301", 'tab\there, "quotes"\nand a line')
_EDGES: Mapping[str, Sequence[str | int]] = {
    "string": (UNSEEN, *_TEXTS),
    "int64": (2**63 - 1, -(2**63), -1, 0),
    "seconds": (*np.array(_TIMES, "M8[s]").astype(np.int64).tolist(), 0, EARLIEST, LATEST, 2**63 - 1, -(2**63)),
}
"""What columns of whole numbers, texts and times seldom hold."""

BASE_ROWS = 8
"""On how many real rows each edge is tried, at most."""

MOST_CELLS = 1 << 22
"""How many cells the edge rows have together, about: a wide table has fewer rows to an edge, and a very wide one not every edge."""


@dataclass(frozen=True)
class _Edge:
    """`values[i]` stands in all cells of the column number `position` (None: all columns) of the input number i."""

    values: Mapping[str, object]
    position: int | None = None


def edge_rows(preprocessing: Preprocessing, rows: Mapping[str, np.ndarray], *, extremes: bool = True) -> dict[str, np.ndarray]:
    """Rows in which one column at a time holds what real rows seldom do, after real rows as they are and rows of which nothing is known.

    That is: nothing, where it may be missing; a category, text, whole number or time that was never seen; zero of both signs, numbers far
    beyond both ends of the data, the largest that float32 has, and subnormal ones.

    Args:
        rows: raw values of at least one real row, as the model takes them.
        extremes: whether the largest numbers that float32 has are among them.
    """
    inputs = preprocessing.inputs
    edges = [_Edge({}), *_nothing_known(inputs), *(edge for name, item in inputs.items() for edge in _edges(item, rows[name], extremes))]
    width = sum(array[0].size for array in rows.values())
    edges = _spread(edges, max(MOST_CELLS // width, 1))
    base = min(BASE_ROWS, len(next(iter(rows.values()))), max(MOST_CELLS // (width * len(edges)), 1))
    made = {name: np.tile(array[:base], (len(edges), *(1 for _ in array.shape[1:]))) for name, array in rows.items()}
    for number, edge in enumerate(edges):
        for name, value in edge.values.items():
            cells = made[name][number * base : (number + 1) * base]
            cells[(slice(None),) if edge.position is None else (slice(None), edge.position)] = value
    return made


def _spread(edges: list[_Edge], most: int) -> list[_Edge]:
    """As many of the edges as may be, evenly."""
    return [edges[number] for number in np.unique(np.linspace(0, len(edges) - 1, min(most, len(edges))).astype(int))]


def _nothing_known(inputs: Mapping[str, FittedInput]) -> Iterator[_Edge]:
    """All that may be missing is; and all categories are unseen as well."""
    missing = {name: np.nan for name, item in inputs.items() if item.type == "float32" and item.missing != "error"}
    yield _Edge({**missing, **{name: _EDGES[item.type][-1] for name, item in inputs.items() if item.type == "seconds"}})
    yield _Edge({**missing, **{name: _EDGES[item.type][0] for name, item in inputs.items() if item.type != "float32"}})


def _edges(item: FittedInput, values: np.ndarray, extremes: bool) -> Iterator[_Edge]:
    """The edges of an input's columns, or of a whole tensor."""
    if item.shape is not None:
        yield from (_Edge({item.name: value}) for value in _numbers(values, extremes))
        return
    for position in range(values.shape[1]):
        found = _numbers(values[:, position], extremes) if item.type == "float32" else _EDGES[item.type]
        yield from (_Edge({item.name: value}, position) for value in found)
        if item.type == "float32" and item.missing != "error":
            yield _Edge({item.name: np.nan}, position)


def _numbers(values: np.ndarray, extremes: bool) -> list[float]:
    """What numbers such as these seldom are."""
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    reach = 3 * max(high - low, abs(high), 1.0)
    largest = (_LARGEST, -_LARGEST) if extremes else ()
    return [*_NUMBERS, *largest, max(low - reach, -_LARGEST), min(high + reach, _LARGEST)]
