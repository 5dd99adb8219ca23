"""From YAML events to a tree: every limit, every refusal, every position.

PyYAML's own composer and constructor are not used: they resolve YAML 1.1 scalars, keep the last of two equal keys, expand
merges without bound, and recurse as deep as the text does. Here the depth is counted before anything is built.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from mlpspec.diagnostics import Diagnostic, Label, MachineError, Position, Source, Span, SpecError
from mlpspec.language.positions import Entry, Positions
from mlpspec.language.scalars import Refusal, Scalar, resolve, shorten
from mlpspec.language.syntax import explain
from mlpspec.language.tree import MAX_DEPTH, MAX_MISTAKES, MAX_NODES, Tree, copy

_PROPERTIES = re.compile(r"(?:[&!]\S*[ \t]+)+")  # the `&anchor` in front of a value
_TAG = re.compile(r"!\S*")
_ODD_SPACE = re.compile(r"[\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000]")


def compose(source: Source, text: str | None = None, *, depth: int = 0) -> Tree:
    """The tree that `source` writes.

    Args:
        source: what positions point into.
        text: what is parsed, when it is not `source.text` but a text of the same length.
        depth: how deep the value will stand in another tree.

    Raises:
        SpecError: with all mistakes up to the first one that makes the rest unreadable.
        MachineError: when PyYAML lacks its C parser; the one in Python reads some texts differently.
    """
    return _Composer(source, source.text if text is None else text, depth).compose()


@dataclass(slots=True)
class _Key:
    """A key that waits for its value; `text` is None when the key is refused and its value will be dropped."""

    text: str | None
    span: Span
    plain: bool = False
    merge: bool = False


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end has not come yet."""

    data: Any
    entry: Entry
    flow: bool
    anchor: str | None
    nodes_before: int
    height: int = 1  # levels of mappings and lists in it, itself included
    key: _Key | None = None
    merge: _Key | None = None
    merged: list[tuple[dict[str, Any], Entry]] = field(default_factory=list)
    first_line_end: Position | None = None


@dataclass(slots=True)
class _Anchored:
    """What an alias repeats, and its price: `nodes` counts all that was read to make it, merged or not."""

    data: Any
    entry: Entry
    nodes: int
    height: int


class _Composer:
    def __init__(self, source: Source, text: str, depth: int):
        self.source = source
        self.text = text
        self.depth = depth
        self.open: list[_Open] = []
        self.nodes = 0
        self.anchors: dict[str, _Anchored | None] = {}  # None while the anchored value is still being read
        self.mistakes: list[Diagnostic] = []
        self.root: tuple[Any, Entry] | None = None

    def compose(self) -> Tree:
        documents = 0
        for event in self.events():
            match event:
                case ScalarEvent():
                    self.scalar(event)
                case MappingStartEvent() | SequenceStartEvent():
                    self.start(event)
                case MappingEndEvent() | SequenceEndEvent():
                    self.end(event)
                case AliasEvent():
                    self.alias(event)
                case DocumentStartEvent():
                    documents += 1
                    self.document(event, documents)
        if self.mistakes:
            raise SpecError(self.mistakes)
        data, entry = self.root or (None, Entry(Span(self.source, Position(0, 0), Position(0, 0))))
        return Tree(data, Positions(entry), self.source)

    def events(self) -> Iterator[Any]:
        if not hasattr(yaml, "CSafeLoader"):
            help = "install a wheel of it: pip install --force-reinstall --only-binary :all: pyyaml"
            raise MachineError("PyYAML was built without its C parser (libyaml)", code="missing-package", help=help)
        try:
            yield from yaml.parse(self.text, Loader=yaml.CSafeLoader)
        except yaml.MarkedYAMLError as error:
            self.stop(explain(error, self.source))

    # One method for each kind of event.

    def document(self, event: Any, number: int) -> None:
        span = self.span(event)
        if number > 1:
            help = "keep one document; several specs are several files"
            self.stop(self.mistake("yaml-feature", "a second document begins here", span, help))
        if event.version not in (None, (1, 2)):
            line = Span(self.source, span.start, Position(span.start.line, len(self.source.line(span.start.line))))
            self.report(self.mistake("yaml-feature", "a spec is YAML 1.2, not 1.1", line, "remove the `%YAML` line"))

    def scalar(self, event: Any) -> None:
        span = self.span(event)
        around = self.open[-1] if self.open else None
        self.check_tag(event)
        if "\0" in event.value:
            self.report(self.mistake("encoding", "the text holds a NUL character", span, "remove the `\\0`"))
        plain = event.implicit[0]
        if around and around.key is None and isinstance(around.data, dict):
            around.key = self.key(event.value, plain, span, around)
            if event.anchor is not None:
                self.anchors[event.anchor] = _Anchored(event.value, Entry(span), 1, 0)
            return
        if plain and around and around.key and around.flow and around.key.plain and not event.value and ":" in (around.key.text or ""):
            message = f"`{around.key.text}` has no value"
            self.report(self.mistake("yaml-syntax", message, around.key.span, "write a space after the colon"))
        value = self.resolve(event.value, span) if plain else event.value
        self.count(1, span)
        entry = Entry(span)
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchored(value, entry, 1, 0)
        self.add(value, entry, 0)

    def start(self, event: Any) -> None:
        span = self.span(event)
        if self.depth + len(self.open) >= MAX_DEPTH:
            self.stop(self.too_deep(span))
        self.check_tag(event)
        data: Any = {} if isinstance(event, MappingStartEvent) else []
        self.open.append(_Open(data, Entry(span), bool(event.flow_style), event.anchor, self.nodes))
        self.count(1, span)
        if event.anchor is not None:
            self.anchors[event.anchor] = None

    def end(self, event: Any) -> None:
        done = self.open.pop()
        start, end = done.entry.value.start, Position(event.end_mark.line, event.end_mark.column)
        done.entry.value = Span(self.source, start, end if done.flow else done.first_line_end or start)
        for data, entry in done.merged:
            for name, value in data.items():
                if name not in done.data:
                    done.data[name] = value
                    done.entry.children[name] = replace(entry.children[name], use=entry.value)
        if done.anchor is not None:
            self.anchors[done.anchor] = _Anchored(done.data, done.entry, self.nodes - done.nodes_before, done.height)
        self.add(done.data, done.entry, done.height)

    def alias(self, event: Any) -> None:
        span, name = self.span(event), event.anchor
        anchored = self.anchors.get(name)
        if anchored is None:
            message, help = f"there is no anchor `&{name}` above", f'to write text that begins with `*`, quote it: "*{name}"'
            if name in self.anchors:
                message, help = f"`*{name}` stands inside its own anchor `&{name}`", "a value cannot contain itself"
            self.report(self.mistake("yaml-feature", message, span, help))
            self.add(None, Entry(span), 0, alias=True)
            return
        if self.depth + len(self.open) + anchored.height > MAX_DEPTH:
            self.stop(self.too_deep(span))
        self.count(anchored.nodes, span)
        self.add(copy(anchored.data), Entry(span).reference(anchored.entry), anchored.height, alias=True)

    # What the events have in common.

    def key(self, text: str, plain: bool, span: Span, around: _Open) -> _Key:
        if plain and text == "<<":
            if around.merge:
                help = "list what is merged under one: `<<: [*first, *second]`"
                self.report(self.mistake("duplicate-key", "`<<` stands twice in one mapping", span, help, around.merge.span))
                return _Key(None, span)
            around.merge = _Key(None, span, merge=True)
            return around.merge
        if plain and (odd := _ODD_SPACE.search(text)):
            self.report(self.odd_space(odd.group(), span))
            return _Key(None, span)
        if plain and not isinstance(value := resolve(text), str):
            kind = "nothing" if value is None else "true or false" if isinstance(value, bool) else "a number"
            message, help = f"a key must be text, and `{shorten(text)}` reads as {kind}", f'quote it: "{shorten(text)}"'
            if not text:
                message, help = "a key is missing here", "write a name before the colon"
            self.report(self.mistake("not-a-key", message, span, help))
            return _Key(None, span)
        if first := around.entry.children.get(text):
            message = f"the key `{shorten(text)}` stands twice in one mapping"
            self.report(self.mistake("duplicate-key", message, span, "keep one of them", first.key))
            return _Key(None, span)
        return _Key(text, span, plain)

    def add(self, data: Any, entry: Entry, height: int, *, alias: bool = False) -> None:
        """Put a finished value where it belongs: the root, a list, or under the key that waits for it."""
        if not self.open:
            self.root = data, entry
            return
        around = self.open[-1]
        around.height = max(around.height, height + 1)
        key = around.key
        if isinstance(around.data, dict) and key is None:
            what = "an alias" if alias else "a mapping" if isinstance(data, dict) else "a list"
            self.report(self.mistake("not-a-key", f"a key must be text, and this is {what}", entry.value, "write the name out"))
            around.key = _Key(None, entry.value)
            return
        if not around.flow and around.first_line_end is None:
            self.first_line(around, key, entry)
        around.key = None
        if isinstance(around.data, list):
            around.entry.children[len(around.data)] = entry
            around.data.append(data)
        elif key and key.merge:
            self.merge(data, entry, around)
        elif key and key.text is not None:
            entry.key = key.span
            around.entry.children[key.text] = entry
            around.data[key.text] = data

    def first_line(self, around: _Open, key: _Key | None, entry: Entry) -> None:
        """Note where the first line of a block ends: with its first value, or its first key."""
        start = around.entry.value.start
        if around.anchor is not None:
            start = key.span.start if key else entry.value.start
            around.entry.value = Span(self.source, start, start)
        if entry.value.start.line == start.line:
            around.first_line_end = entry.value.end
        else:
            around.first_line_end = key.span.end if key else Position(start.line, start.column + 1)

    def merge(self, data: Any, entry: Entry, around: _Open) -> None:
        parts = [(data, entry)]
        if isinstance(data, list):
            parts = [(part, entry.children[index]) for index, part in enumerate(data)]
        for part, place in parts:
            if isinstance(part, dict):
                around.merged.append((part, place))
            else:
                help = "write the alias of a mapping, `<<: *defaults`, or a list of such"
                self.report(self.mistake("yaml-feature", "`<<` merges mappings only", place.value, help))

    def resolve(self, text: str, span: Span) -> Scalar:
        if not text.isascii() and (odd := _ODD_SPACE.match(text) or _ODD_SPACE.match(text[-1])):
            self.report(self.odd_space(odd.group(), span))
        value = resolve(text)
        if isinstance(value, Refusal):
            self.report(self.mistake(value.code, value.reason, span, value.help))
            return text
        return value

    def check_tag(self, event: Any) -> None:
        if event.tag is not None:
            found = _TAG.search(self.text, event.start_mark.index)
            tag = found.group() if found else event.tag
            column = event.start_mark.column + (found.start() - event.start_mark.index if found else 0)
            start = Position(event.start_mark.line, column)
            span = Span(self.source, start, Position(start.line, column + len(tag)))
            self.report(self.mistake("yaml-feature", f"tags are not read: `{shorten(tag)}`", span, "remove it, or quote the text"))

    def count(self, nodes: int, span: Span) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            message = f"the spec holds more than {MAX_NODES:,} values"
            self.stop(self.mistake("too-large", message, span, "aliases and merges count as what they repeat"))

    def span(self, event: Any) -> Span:
        start, end = event.start_mark, event.end_mark
        column = start.column
        if not isinstance(event, AliasEvent) and getattr(event, "anchor", None) and (found := _PROPERTIES.match(self.text, start.index)):
            column += len(found.group())
        return Span(self.source, Position(start.line, column), Position(end.line, end.column))

    def too_deep(self, span: Span) -> Diagnostic:
        return self.mistake("too-large", f"mappings and lists stand more than {MAX_DEPTH} deep in each other here", span, "")

    def odd_space(self, space: str, span: Span) -> Diagnostic:
        message = f"a space here is not a plain one but U+{ord(space):04X}"
        return self.mistake("yaml-syntax", message, span, "type it again with the space bar, or quote the text if it is meant")

    def mistake(self, code: str, message: str, span: Span, help: str, first: Span | None = None) -> Diagnostic:
        secondary = (Label(first, "first written here"),) if first else ()
        return Diagnostic(code, message, primary=Label(span), secondary=secondary, help=help)

    def report(self, mistake: Diagnostic) -> None:
        self.mistakes.append(mistake)
        if len(self.mistakes) >= MAX_MISTAKES:
            raise SpecError(self.mistakes)

    def stop(self, mistake: Diagnostic) -> NoReturn:
        raise SpecError([*self.mistakes, mistake])
