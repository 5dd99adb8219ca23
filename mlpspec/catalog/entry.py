"""Entries and families: an entry is one thing a spec can name (`relu`); a family is the visible table of its kind."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from functools import cache
from typing import Any, ClassVar, Generic, TypeVar

from mlpspec.catalog.option import MISSING, Option, Record, options_of


class Entry(Record):
    """Something a spec names. Its class says everything: `kind` is the name, the fields are the options, the docstring the documentation.

    A spec writes an entry as its name (`relu`), as its name with the main option (`dropout: 0.2`), or as its name with
    options (`dense: {units: 64}`). `aliases` are further names that mean the same. With `shorthand`, the value of the main option alone
    stands for the entry: `batch_size: 32`. A family has at most one such entry, and its main option is a number.
    """

    kind: ClassVar[str]
    main: ClassVar[str | None] = None
    aliases: ClassVar[tuple[str, ...]] = ()
    shorthand: ClassVar[bool] = False

    @classmethod
    def can_be_bare(cls) -> bool:
        """Whether the name alone is enough: no option is required."""
        return not any(option.required for option in options_of(cls))

    @classmethod
    def summary(cls) -> str:
        """The first line of the docstring."""
        return (inspect.getdoc(cls) or "").split("\n", 1)[0]


E = TypeVar("E", bound=Entry)


class Family(Generic[E]):
    """The table of one kind of entry: `ACTIVATIONS = Family("activation", Activation, (Relu, Tanh, ...))`.

    Args:
        noun: what one entry is called in messages, e.g. `activation`.
        base: the class that options use as their type; entries derive from it.
        entries: the table.
    """

    def __init__(self, noun: str, base: type[E], entries: tuple[type[E], ...]):
        self.noun = noun
        self.base = base
        self._entries: dict[str, type[E]] = {}
        for entry in entries:
            self.add(entry)

    def add(self, entry: type[E]) -> None:
        """Add an entry under its kind and aliases.

        Raises:
            ValueError: when a name is taken or the class is not of this family.
        """
        if not issubclass(entry, self.base):
            raise ValueError(f"{entry.__name__} is not a {self.base.__name__}")
        names = (entry.kind, *entry.aliases)
        for name in names:
            if name in self._entries:
                raise ValueError(f"the {self.noun} `{name}` exists already")
        self._entries.update(dict.fromkeys(names, entry))

    def __getitem__(self, name: str) -> type[E]:
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[type[E]]:
        """The entries, each once."""
        return iter(dict.fromkeys(self._entries.values()))

    def names(self) -> list[str]:
        """All names, aliases included, in table order."""
        return list(self._entries)

    @property
    def shorthand(self) -> type[E] | None:
        """The entry that a number alone stands for, if any."""
        return next((entry for entry in self if entry.shorthand), None)


def main_option(entry: type[Entry]) -> Option:
    """The option that the entry's name alone sets: `units` of `dense: 64`.

    Raises:
        ValueError: when the entry has none.
    """
    for option in options_of(entry):
        if option.key == entry.main:
            return option
    raise ValueError(f"{entry.kind} has no main option")


@cache
def written_form(entry: type[Entry]) -> str:
    """A short example of how a spec writes the entry, e.g. `dropout: 0.5`.

    >>> from mlpspec.catalog.layers.dropout import Dropout
    >>> written_form(Dropout)
    'dropout: 0.5'
    """
    if entry.main is None:
        required = [option for option in options_of(entry) if option.required]
        if not required:
            return entry.kind
        inside = ", ".join(f"{option.key}: {_example(option)}" for option in required)
        return f"{entry.kind}: {{{inside}}}"
    return f"{entry.kind}: {_example(main_option(entry))}"


def _example(option: Any) -> str:
    if option.examples:
        return _flow(option.examples[0])
    return "..." if option.default is MISSING else _flow(option.default)


def _flow(value: Any) -> str:
    if isinstance(value, Entry):
        return value.kind
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_flow(v)}" for k, v in value.items()) + "}"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)
