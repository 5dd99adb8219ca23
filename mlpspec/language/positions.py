"""The source map: where each value of a spec stands in its text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TypeAlias

from mlpspec.diagnostics import Label, Span

Path: TypeAlias = tuple[str | int, ...]
"""The way from the root to a value: keys of mappings and indexes of lists (from 0)."""


@dataclass(slots=True, eq=False)
class Entry:
    """The place of one value, and the entries of what it holds. Entries are shared between maps: once built, they do not change.

    `origin` is set where `value` is only a reference, a `$name` or an `*alias`, and leads to the value itself.
    `use` is set where the text is not at its own place but is brought in by the reference at `use` (`<<: *defaults`).
    """

    value: Span
    key: Span | None = None
    children: dict[str | int, Entry] = field(default_factory=dict)
    origin: Entry | None = None
    use: Span | None = None

    def reference(self, to: Entry) -> Entry:
        """This place, where a reference stands, filled with the value that stands at `to`."""
        return Entry(self.value, self.key, to.children, origin=to, use=self.use)


@dataclass(frozen=True, eq=False)
class Positions:
    """Spans by path. A block mapping or list spans the content of its first line; a part brought in by a reference its own text."""

    root: Entry

    def key(self, path: Sequence[str | int]) -> Span | None:
        """The key that introduces the value at `path`; None for the root, list items and values that are not there."""
        entry = self._find(path)
        return entry.key if entry else None

    def value(self, path: Sequence[str | int]) -> Span:
        """The value at `path`.

        Raises:
            KeyError: when nothing stands at `path`.
        """
        if entry := self._find(path):
            return entry.value
        raise KeyError(tuple(path))

    def place(self, path: Sequence[str | int]) -> Span:
        """The best place to point at for `path`: the value, or else the nearest of its ancestors that is there."""
        return self._chain(path)[-1].value

    def origin(self, path: Sequence[str | int]) -> Span | None:
        """Where the value is written, when a reference to it (`$name`, `*alias`) stands at `path`."""
        entry = self._find(path)
        return entry.origin.value if entry and entry.origin else None

    def use(self, path: Sequence[str | int]) -> Span | None:
        """The reference that brings the value at `path` in, when the value's text is a part of a variable or an anchor."""
        use = None
        for parent, child in pairwise(self._chain(path)):
            use = child.use or (parent.value if parent.origin else use)
        return use

    def related(self, path: Sequence[str | int]) -> tuple[Label, ...]:
        """Secondary labels for a diagnostic at `place(path)`: where the value comes from, or where its text is used."""
        labels = []
        entry = self._chain(path)[-1]
        while entry := entry.origin:
            labels.append(Label(entry.value, "by way of this" if entry.origin else "the value comes from here"))
        if use := self.use(path):
            labels.append(Label(use, "used here"))
        return tuple(labels)

    def at(self, path: Sequence[str | int]) -> Positions:
        """The map of the part at `path`, whose paths start there.

        Raises:
            KeyError: when nothing stands at `path`.
        """
        if entry := self._find(path):
            return Positions(entry)
        raise KeyError(tuple(path))

    def graft(self, path: Sequence[str | int], part: Positions, *, key: Span | None = None) -> Positions:
        """A copy in which `part` stands at `path`, under the key that is there, or under `key` if given.

        Raises:
            KeyError: when the parent of `path` is not there.
        """
        grafted = replace(part.root, key=key or self.key(path))
        for length in range(len(path) - 1, -1, -1):
            parent = self.at(path[:length]).root
            grafted = replace(parent, children={**parent.children, path[length]: grafted})
        return Positions(grafted)

    def _find(self, path: Sequence[str | int]) -> Entry | None:
        chain = self._chain(path)
        return chain[-1] if len(chain) == len(path) + 1 else None

    def _chain(self, path: Sequence[str | int]) -> list[Entry]:
        """The entries from the root towards `path`, as far as they go."""
        chain = [self.root]
        for part in path:
            child = chain[-1].children.get(part)
            if child is None:
                break
            chain.append(child)
        return chain
