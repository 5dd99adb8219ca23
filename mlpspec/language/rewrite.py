"""A spec's text with other values in it: comments and layout stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlpspec.diagnostics import Position, SpecError
from mlpspec.language.flow import flow
from mlpspec.language.positions import Entry
from mlpspec.language.reader import read
from mlpspec.language.tree import Tree

_LINE_BREAK = re.compile(r"\r\n|\r|\n")


class _NoWay(Exception):
    """A difference that no edit of the text can make."""


@dataclass(frozen=True)
class _Edit:
    """The characters from `start` to `end` become `text`."""

    start: int
    end: int
    text: str


def rewrite(tree: Tree, wanted: Mapping[str, Any]) -> str | None:
    r"""The text of a spec, changed in as few places as possible so that it reads as `wanted`; None when that is not to be had.

    Values are written over where they stand; a new key goes in front of the first one of its mapping, or at the end of the spec. A mapping
    that loses keys is written anew on one line. What comes out is read again, so that a text which would mean something else is never
    given.

    Args:
        tree: the spec as it was read, before settings and variables.

    >>> tree = read("model:\n  - dense: 64  # wide\n  - head: y\n", "spec.yaml")
    >>> print(rewrite(tree, {"model": [{"dense": 32}, {"head": "y"}]}))
    model:
      - dense: 32  # wide
      - head: y
    <BLANKLINE>
    """
    text = tree.source.text
    starts = [0, *(found.end() for found in _LINE_BREAK.finditer(text))]

    def offset(position: Position) -> int:
        return starts[position.line] + position.column

    try:
        edits = sorted(_edits(tree.data, dict(wanted), tree.positions.root, text, offset), key=lambda edit: edit.start)
    except _NoWay:
        return None
    for edit in reversed(edits):
        text = text[: edit.start] + edit.text + text[edit.end :]
    try:
        return text if _same(read(text, tree.source.name).data, dict(wanted)) else None
    except SpecError:
        return None


def _edits(data: Any, wanted: Any, entry: Entry, text: str, offset: Any, *, root: bool = True) -> Iterator[_Edit]:
    """What must change where `entry` stands."""
    if _same(data, wanted):
        return
    if entry.use is not None or (entry.origin is not None and isinstance(data, dict | list)):
        raise _NoWay  # the text belongs to an anchor, which others may use
    if root and not data.keys() <= wanted.keys():
        raise _NoWay
    if isinstance(data, dict) and isinstance(wanted, dict) and data and data.keys() <= wanted.keys():
        for key, value in data.items():
            yield from _edits(value, wanted[key], entry.children[key], text, offset, root=False)
        new = {key: value for key, value in wanted.items() if key not in data}
        if new:
            yield _insertion(new, entry, text, offset, root=root)
    elif isinstance(data, list) and isinstance(wanted, list) and len(data) == len(wanted):
        for index, (one, other) in enumerate(zip(data, wanted, strict=True)):
            yield from _edits(one, other, entry.children[index], text, offset, root=False)
    else:
        start, end = offset(entry.value.start), offset(_end(entry))
        space = " " if start and text[start - 1] in ":-?" else ""
        yield _Edit(start, end, space + flow(wanted))


def _insertion(new: Mapping[str, Any], entry: Entry, text: str, offset: Any, *, root: bool) -> _Edit:
    """New keys for a mapping that has some."""
    pairs = [f"{flow(key)}: {flow(value)}" for key, value in new.items()]
    start = offset(entry.value.start)
    if text[start : start + 1] == "{":
        return _Edit(start + 1, start + 1, ", ".join(pairs) + ", ")
    if root:
        line_break = "" if text.endswith(("\n", "\r")) else "\n"
        return _Edit(len(text), len(text), line_break + "\n".join(pairs) + "\n")
    indent = "\n" + " " * entry.value.start.column
    return _Edit(start, start, indent.join(pairs) + indent)


def _end(entry: Entry) -> Position:
    """Where the text of a value ends, with all that it holds."""
    return max([entry.value.end, *(_end(child) for child in entry.children.values() if entry.origin is None)])


def _same(one: Any, other: Any) -> bool:
    """Equality in which 1, 1.0 and true differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and one == other
