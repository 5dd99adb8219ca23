"""A first spec for a table, as commented YAML: what `mlpspec init` writes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mlpspec.catalog.option import NAME_PATTERN
from mlpspec.data.guess import MANY_CATEGORIES, Guess, rarest

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:[ .-][A-Za-z0-9_]+)*")
_RESERVED = {"true", "false", "null"}
_GLOB = re.compile(r"[*?\[]")

STRATIFY_FROM = 10
"""The rarest class must have so many rows for a split that keeps the shares of the classes."""


@dataclass(frozen=True)
class Draft:
    """What a first spec says. `command` is the command line that wrote it, `path` the data's path as the spec writes it."""

    name: str
    command: str
    schema: str
    path: str
    rows: int
    tokens: Sequence[str]
    inputs: Sequence[Guess]
    target: Guess

    def text(self) -> str:
        """The spec."""
        parts = (self._head(), self._data(), self._inputs(), self._targets(), self._model(), self._training())
        return "\n\n".join("\n".join(part) for part in parts) + "\n"

    def _head(self) -> Iterable[str]:
        yield f"# yaml-language-server: $schema={self.schema}"
        yield f"# Written by `{self.command}`. Each guess says what it rests on; change what is wrong."
        yield f"#   mlpspec train {self.name}.yaml"
        yield "mlpspec: 1"
        yield f"name: {self.name}"
        yield "seed: 0"
