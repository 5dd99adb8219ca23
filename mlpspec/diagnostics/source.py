"""A text that can be pointed at, and the places in it. Lines and columns are 0-based here, 1-based in renderers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

_LINE_BREAK = re.compile(r"\r\n|\r|\n")


class Position(NamedTuple):
    """A character in a text: `line` and `column`, both counted from 0."""

    line: int
    column: int


@dataclass(frozen=True)
class Source:
    """A text and the name a person knows it by (a file's path, `<stdin>`, `--set`)."""

    name: str
    text: str = field(repr=False)

    def line(self, number: int) -> str:
        """The text of line `number` (from 0), without its line break; empty beyond the end."""
        lines = self._lines
        return lines[number] if 0 <= number < len(lines) else ""

    @property
    def _lines(self) -> list[str]:
        cached = self.__dict__.get("_split")
        if cached is None:
            cached = _LINE_BREAK.split(self.text)
            object.__setattr__(self, "_split", cached)
        return cached


@dataclass(frozen=True)
class Span:
    """A stretch of a source from `start` up to, not including, `end`."""

    source: Source
    start: Position
    end: Position
