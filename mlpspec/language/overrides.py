"""Settings from the command line: `--set training.epochs=5` puts a value into a spec."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mlpspec.diagnostics import Diagnostic, Label, Position, Source, Span, SpecError, closest, did_you_mean
from mlpspec.language.composer import compose
from mlpspec.language.positions import Entry, Path, Positions
from mlpspec.language.reader import check_characters
from mlpspec.language.scalars import shorten
from mlpspec.language.tree import MAX_DEPTH, Tree

NAME = "--set"

_STEP = re.compile(r'"([^"]*)"|([^."=]+)')
_INDEX = re.compile(r"-?[0-9]{1,9}")


def override(tree: Tree, settings: Sequence[str]) -> Tree:
    """The spec with settings applied, in their order.

    A setting is `path=value`. The path names keys and list indexes (from 0, or from the end: -1), joined by dots; a layer that has a
    `name` may be called by it, and a key with a dot or an equals sign stands in double quotes. The value is YAML on one line: `1e-3`,
    `[1, 2]`, `{a: 1}`, text.
    Mappings that are missing on the way are made, and a bare name is given options: with `optimizer: adam`,
    `training.optimizer.adam.learning_rate=0.1` sets `optimizer: {adam: {learning_rate: 0.1}}`.

    Raises:
        SpecError: with every setting that cannot be read or does not fit the spec. Places in settings point into a source
            called `--set`.
    """
    if not isinstance(tree.data, dict):
        return tree
    mistakes: list[Diagnostic] = []
    for text in settings:
        try:
            setting = _read(text)
            tree = put(tree, setting.steps, setting.value)
        except SpecError as error:
            mistakes += error.diagnostics
    if mistakes:
        raise SpecError(mistakes)
    return tree


@dataclass(frozen=True)
class Step:
    """One part of a path: a key, or an index when it stands unquoted before a list, or a layer's name."""

    text: str
    quoted: bool
    span: Span


@dataclass(frozen=True)
class _Setting:
    steps: list[Step]
    value: Tree


def _read(text: str) -> _Setting:
    source = Source(NAME, text)
    if len(text.splitlines()) > 1:
        raise _bad("a setting is one line", _span(source, 0, len(source.line(0))), "write mappings as {a: 1} and lists as [1, 2]")
    check_characters(source)
    steps, start = _steps(source)
    return _Setting(steps, _value(source, start, depth=len(steps)))


def _steps(source: Source) -> tuple[list[Step], int]:
    """The path of a setting, and where its value begins."""
    text, at = source.text, 0
    steps: list[Step] = []
    while found := _STEP.match(text, at):
        quoted = found.group(1) is not None
        name = found.group(1) if quoted else found.group(2).strip()
        steps.append(Step(name, quoted, _span(source, found.start(), found.end())))
        at = found.end()
        if text[at : at + 1] != ".":
            break
        at += 1
    if text[at : at + 1] == "=" and steps and text[at - 1] != ".":
        if len(steps) > MAX_DEPTH:
            raise _bad(f"the path has more than {MAX_DEPTH} parts", steps[MAX_DEPTH].span, "")
        return steps, at + 1
    help = "write path=value, e.g. training.epochs=5"
    if at == len(text):
        raise _bad(f"`{shorten(text)}` sets no value", _span(source, 0, len(text)), help)
    help += '; a key may stand in double quotes: inputs."my column"=numeric'
    raise _bad(f"the path ends or breaks off at `{text[at]}`", _span(source, at, at + 1), help)


def path_steps(text: str, place: Span) -> list[Step]:
    """The parts of a path that stands at `place` in a spec.

    Raises:
        SpecError: when it is no path.
    """
    exact = place.end.column - place.start.column == len(text) and place.start.line == place.end.line

    def within(start: int, end: int) -> Span:
        column = place.start.column
        return Span(place.source, Position(place.start.line, column + start), Position(place.start.line, column + end)) if exact else place

    try:
        steps, _ = _steps(Source(NAME, f"{text}="))
    except SpecError as error:
        help = "join keys and indexes with dots, e.g. `training.optimizer.adam.learning_rate`"
        raise _bad(f"`{shorten(text)}` is not the path of a value", place, help) from error
    return [Step(step.text, step.quoted, within(step.span.start.column, step.span.end.column)) for step in steps]


def _value(source: Source, start: int, depth: int) -> Tree:
    text = source.text[start:]
    if not text.strip():
        return Tree(None, Positions(Entry(_span(source, start, start))), source)
    tree = compose(source, " " * start + text, depth=depth)
    span = tree.positions.value(())
    if isinstance(tree.data, dict | list) and text.lstrip()[0] not in "{[&":
        help = f"write {{{text.strip()}}} for a mapping, or quote a text" if isinstance(tree.data, dict) else "write it as [a, b]"
        raise _bad("a setting takes a value on one line", _span(source, start, len(source.text.rstrip())), help)
    end = max(span.end.column, start)
    if source.text[end:].strip():
        comment = _span(source, end, len(source.text))
        raise _bad("a `#` after a space or `=` begins a comment", comment, "quote the text if the `#` belongs to it")
    return tree


def put(tree: Tree, steps: Sequence[Step], value: Tree) -> Tree:
    """The spec with a value at the place that the steps lead to. Mappings that are missing on the way are made.

    Raises:
        SpecError: when the steps lead nowhere.
    """
    path = existing(tree, steps)
    new = steps[len(path) :]
    for step in reversed(new):
        value = _around(value, step)
    last = steps[len(path) - 1]
    return tree.graft(path, value, key=None if isinstance(path[-1], int) or tree.positions.key(path) else last.span)


def existing(tree: Tree, steps: Sequence[Step]) -> Path:
    """The way to the place that steps lead to, as far as the spec has it: at most its last part is a key that is not there.

    Raises:
        SpecError: when the steps lead nowhere.
    """
    path: list[Any] = []
    here: Any = tree.data
    for step in steps:
        if here is None or (isinstance(here, str) and path and here == step.text):
            break  # nothing stands there, or a bare name that is given options: the rest of the path is made new
        part = _part(tree, path, here, step)
        path.append(part)
        here = here.get(part) if isinstance(here, dict) else here[int(part)]
    return tuple(path)


def _part(tree: Tree, path: Sequence[str | int], here: Any, step: Step) -> str | int:
    """The key or index that a step means in what stands at `path`."""
    if isinstance(here, dict):
        return step.text
    where, label = f"`{'.'.join(map(str, path))}`", Label(tree.positions.place(path), "what stands there")
    if not isinstance(here, list):
        value = f"the text `{shorten(here)}`" if isinstance(here, str) else f"`{str(here).lower()}`"
        raise _bad(f"{where} is {value} and holds no `{shorten(step.text)}`", step.span, f"set {where} to a mapping first", label)
    if not step.quoted and _INDEX.fullmatch(step.text):
        index = int(step.text)
        if -len(here) <= index < len(here):
            return index % len(here)
    names = {name: index for index, item in enumerate(here) if (name := _name_of(item)) is not None}
    if step.text in names:
        return names[step.text]
    help = did_you_mean(step.text, names) if closest(step.text, names) else ""
    if not help and here:
        help = f"write an index from 0 to {len(here) - 1}, or -1 for the last" + (", or a layer's name" if names else "")
    raise _bad(f"{where} is a list of {len(here)} and has no item `{shorten(step.text)}`", step.span, help, label)


def _name_of(item: Any) -> str | None:
    """The name of a layer that has one: `hidden` of `dense: {units: 8, name: hidden}`."""
    if not isinstance(item, dict) or len(item) != 1:
        return None
    [options] = item.values()
    name = options.get("name") if isinstance(options, dict) else None
    return name if isinstance(name, str) else None


def _around(value: Tree, step: Step) -> Tree:
    """A new mapping that holds `value` under the key of `step`."""
    inner = value.positions.root
    entry = Entry(inner.value, step.span, inner.children, inner.origin, inner.use)
    span = Span(value.source, step.span.start, inner.value.end)
    return Tree({step.text: value.data}, Positions(Entry(span, children={step.text: entry})), value.source)


def _span(source: Source, start: int, end: int) -> Span:
    return Span(source, Position(0, start), Position(0, end))


def _bad(message: str, span: Span, help: str, *others: Label) -> SpecError:
    return SpecError(Diagnostic("bad-override", message, primary=Label(span), secondary=others, help=help))
