"""A first spec for a table, as commented YAML: what `mlpspec init` writes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from mlpspec.catalog.batch_sizes.auto import usual_batch_size
from mlpspec.data.guess import MANY_CATEGORIES, Guess, has_days_only, rarest

TRAIN_SHARE = 0.7
STRATIFY_FROM = 10
"""The rarest class must have so many rows for a split that keeps the shares of the classes."""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:[ ./-]+[A-Za-z0-9_]+)*")
_RESERVED = ("true", "false", "null")
_WIDTHS = ((500, (32, 16)), (5_000, (64, 32)), (100_000, (128, 64)))
_LARGEST = (256, 128)


@dataclass(frozen=True)
class Draft:
    """What a first spec says.

    `path` is the data's path as the spec writes it, `options` further options of `data:`, `schema` where the editor finds the schema;
    `command` and `train` are the command lines that wrote the spec and that use it.
    """

    name: str
    command: str
    train: str
    schema: str
    path: str
    rows: int
    tokens: Sequence[str]
    inputs: Sequence[Guess]
    target: Guess
    options: dict[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """The spec."""
        names = _Names(self.target.column.name)
        parts = (self._head(), self._data(names), self._inputs(names), self._targets(names), self._model(names), self._training())
        return "\n\n".join("\n".join(part) for part in parts) + "\n"

    def _head(self) -> Iterator[str]:
        yield f"# yaml-language-server: $schema={self.schema}"
        yield f"# Written by `{self.command}`."
        yield "# The comments say what each guess rests on. Change what is wrong, then:"
        yield f"#   {self.train}"
        yield "mlpspec: 1"
        yield f"name: {self.name}"
        yield "seed: 0"

    def _data(self, names: _Names) -> Iterator[str]:
        yield "data:"
        yield f"  path: {quoted(self.path)}  # {self.rows} rows"
        for key, value in self.options.items():
            yield f"  {key}: {quoted(value)}"
        if tuple(self.tokens) != ("",):
            yield f"  missing: [{', '.join(map(quoted, self.tokens))}]  # texts in the table that seem to mean a missing value"
        stratify, reason = "", ""
        if self.target.kind in ("category", "binary"):
            fewest = rarest(self.target.column)
            if fewest >= STRATIFY_FROM:
                stratify, reason = f", stratify: {names.target}", "  # every part gets the same share of each class"
            else:
                reason = f"  # not stratified: the rarest class has {_rows(fewest)} only"
        yield f"  split: {{train: {TRAIN_SHARE}, validation: 0.15, test: 0.15{stratify}}}{reason}"

    def _inputs(self, names: _Names) -> Iterator[str]:
        yield "inputs:"
        numbers = [guess for guess in self.inputs if guess.kind == "numeric"]
        if len(numbers) == 1:
            yield from self._single(numbers[0], "numeric", "missing: mean", names)
        elif numbers:
            yield from self._numbers(numbers, names)
        for guess in self.inputs:
            if guess.kind == "category":
                yield from self._single(guess, "category", "missing: own", names)
            elif guess.kind == "datetime":
                yield self._times(guess, names)
            elif guess.kind == "tensor":
                name = names.input(guess.column.name)
                array = "" if name == guess.column.name else f"array: {quoted(guess.column.name)}, "
                yield f"  {name}: {{tensor: {{{array}scale: standardize}}}}  # {guess.reason}"
        for guess in self.inputs:
            if guess.kind == "skipped":
                yield f"  # left out: {quoted(guess.column.name)}: {guess.reason}"

    def _numbers(self, numbers: Sequence[Guess], names: _Names) -> Iterator[str]:
        yield f"  {names.input('numbers')}:"
        yield "    numeric:"
        yield "      columns:"
        for guess in numbers:
            yield f"        - {quoted(guess.column.name)}  # {_explained(guess)}"
        yield "      scale: standardize"
        if any(guess.column.missing for guess in numbers):
            yield "      missing: mean  # a column has gaps; without this line they are errors"

    def _single(self, guess: Guess, kind: str, missing: str, names: _Names) -> Iterator[str]:
        """An input of one column, as short as it can be written."""
        column = guess.column
        name = names.input(column.name)
        options = [f"columns: {quoted(column.name)}"] if name != column.name else []
        if kind == "category" and column.distinct > MANY_CATEGORIES:
            options.append("encode: embedding")
        if column.missing:
            options.append(missing)
        written = f"{{{kind}: {{{', '.join(options)}}}}}" if options else kind
        yield f"  {name}: {written}  # {_explained(guess)}"

    def _times(self, guess: Guess, names: _Names) -> str:
        column = guess.column
        name = names.input(column.name)
        options = [f"columns: {quoted(column.name)}"] if name != column.name else []
        if has_days_only(column):
            options.append("parts: [year, month, day, weekday]")
        written = f"{{datetime: {{{', '.join(options)}}}}}" if options else "datetime"
        return f"  {name}: {written}  # {guess.reason}"

    def _targets(self, names: _Names) -> Iterator[str]:
        column = self.target.column
        written = self.target.kind if names.target == column.name else f"{{{self.target.kind}: {quoted(column.name)}}}"
        yield "targets:"
        yield f"  {names.target}: {written}  # {_explained(self.target)}"

    def _model(self, names: _Names) -> Iterator[str]:
        yield f"model:  # a size for {_rows(self.rows)}"
        yield from self._flattened(names)
        for units in next((widths for limit, widths in _WIDTHS if self.rows < limit), _LARGEST):
            yield f"  - dense: {{units: {units}, activation: relu, initializer: he_normal, dropout: 0.1}}"
        yield f"  - head: {names.target}"

    def _flattened(self, names: _Names) -> Iterator[str]:
        """Arrays become plain features before the first layer reads all inputs."""
        arrays = [names.inputs[guess.column.name] for guess in self.inputs if guess.kind == "tensor"]
        if len(arrays) == len(names.inputs) == 1:
            yield "  - flatten"
        elif arrays:
            flat = {name: f"{name}_flat" for name in arrays}
            for name, short in flat.items():
                yield f"  - flatten: {{name: {short}, from: {name}}}"
            yield f"  - concat: {{from: [{', '.join(flat.get(name, name) for name in names.inputs.values())}]}}"

    def _training(self) -> Iterator[str]:
        yield "training:"
        yield "  epochs: 200  # at most: early stopping ends it"
        yield f"  batch_size: {usual_batch_size(round(TRAIN_SHARE * self.rows))}"
        yield "  optimizer: {adamw: {learning_rate: 3e-3, weight_decay: 1e-2}}"
        yield "  early_stopping: {monitor: validation.loss, patience: 20}"


class _Names:
    """Names of inputs and of the target: the columns' own where they can be names, each once."""

    def __init__(self, target: str):
        self.target = identifier(target)
        self.inputs: dict[str, str] = {}

    def input(self, column: str) -> str:
        """The name for a column, or for a group of columns; `inputs` maps it."""
        wanted = name = identifier(column)
        number = 1
        while name in self._taken:
            number += 1
            name = f"{wanted}_{number}"
        self.inputs[column] = name
        return name

    @property
    def _taken(self) -> Iterable[str]:
        return {self.target, f"head_{self.target}", "inputs", *self.inputs.values()}


def quoted(text: str) -> str:
    """A text as YAML: plain where that is safe, else in double quotes; a first `$` is doubled, so that it names no variable.

    >>> quoted("flipper length"), quoted("1e3"), quoted("no: 5"), quoted("$x")
    ('flipper length', '"1e3"', '"no: 5"', '"$$x"')
    """
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    return json.dumps("$" + text if text.startswith("$") else text, ensure_ascii=False)


def identifier(text: str) -> str:
    """A text as a name: letters, digits and `_`, no digit first, none of YAML's words, at most 55 characters.

    >>> identifier("bill length (mm)"), identifier("1st"), identifier("true")
    ('bill_length_mm_', 'column_1st', 'column_true')
    """
    name = re.sub(r"[^A-Za-z0-9]+", "_", text)[:48]
    return name if re.match(r"[A-Za-z_]", name) and name.lower() not in _RESERVED else f"column_{name}"


def _explained(guess: Guess) -> str:
    missing = guess.column.missing
    return f"{guess.reason}, {missing} missing" if missing else guess.reason


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number:,} rows"
