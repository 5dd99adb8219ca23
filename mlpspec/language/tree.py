"""A spec as plain data, with the place of every part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mlpspec.diagnostics import Source, Span
from mlpspec.language.positions import Positions

MAX_DEPTH = 64
"""How deep mappings and lists may stand in each other; functions that walk a tree may recurse."""

MAX_NODES = 100_000
"""How many values a tree may hold, once aliases, merges and variables are written out."""

MAX_MISTAKES = 100
"""After so many mistakes a phase stops: nobody reads more, and a hostile file could hold a hundred thousand."""


@dataclass(frozen=True)
class Tree:
    """Plain data (dict, list, str, int, float, bool, None), where each part stands, and the text. A part of a tree is a tree."""

    data: Any
    positions: Positions = field(repr=False)
    source: Source = field(repr=False)

    def at(self, path: Sequence[str | int]) -> Tree:
        """The part at `path`.

        Raises:
            KeyError: when nothing stands at `path`.
        """
        positions = self.positions.at(path)
        data = self.data
        for part in path:
            data = data[part]
        return Tree(data, positions, self.source)

    def graft(self, path: Sequence[str | int], part: Tree, *, key: Span | None = None) -> Tree:
        """A copy in which `part` stands at `path`; what is not on the way there is shared with this tree.

        `path` may end with a new key, or with the index after a list's last; `key` is the place of a new key.

        Raises:
            KeyError: when the parent of `path` is not there.
        """
        positions = self.positions.graft(path, part.positions, key=key)
        data = part.data
        for length in range(len(path) - 1, -1, -1):
            data = _with(self.at(path[:length]).data, path[length], data)
        return Tree(data, positions, self.source)


def copy(data: Any) -> Any:
    """Data of its own, equal to `data`, where every mapping and list is new."""
    if isinstance(data, dict):
        return {key: copy(value) for key, value in data.items()}
    if isinstance(data, list):
        return [copy(value) for value in data]
    return data


def measure(data: Any) -> tuple[int, int]:
    """How many values `data` holds, itself included, and how many levels of mappings and lists.

    >>> measure({"a": [1, 2], "b": 3})
    (5, 2)
    """
    if not isinstance(data, dict | list):
        return 1, 0
    parts = [measure(value) for value in (data.values() if isinstance(data, dict) else data)]
    return 1 + sum(nodes for nodes, _ in parts), 1 + max((height for _, height in parts), default=0)


def _with(container: dict[str, Any] | list[Any], part: Any, value: Any) -> dict[str, Any] | list[Any]:
    if isinstance(container, dict):
        return {**container, part: value}
    return [*container[:part], value, *container[part + 1 :]]
