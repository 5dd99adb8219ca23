"""The types of options as data, so that schema, builder, writer and reference page read them alike."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from mlpspec.catalog.entry import Entry
from mlpspec.catalog.option import OneOrMany, Record


@dataclass(frozen=True)
class Scalar:
    """A number, a text or a truth value; `type` is int, float, bool or str."""

    type: type


@dataclass(frozen=True)
class Words:
    """One of a few words."""

    values: tuple[Any, ...]


@dataclass(frozen=True)
class Anything:
    """Whatever is written."""


@dataclass(frozen=True)
class Maybe:
    """The inner kind, or null."""

    inner: Kind


@dataclass(frozen=True)
class Many:
    """A list of the inner kind; with `or_one`, a single one stands for a list of one."""

    inner: Kind
    or_one: bool


@dataclass(frozen=True)
class Names:
    """A mapping from names that the spec chooses to the inner kind."""

    inner: Kind


@dataclass(frozen=True)
class Section:
    """A record with options of its own."""

    record: type[Record]


@dataclass(frozen=True)
class OneOf:
    """An entry of the family with that base class."""

    base: type[Entry]


Kind = Scalar | Words | Anything | Maybe | Many | Names | Section | OneOf


@cache
def kind_of(type_: Any) -> Kind:
    """The kind of an option's type (`Option.type`).

    Raises:
        TypeError: when the type is none that a spec can write.
    """
    origin, args = get_origin(type_), get_args(type_)
    if origin is Annotated:
        inner = kind_of(args[0])
        if isinstance(inner, Many) and OneOrMany in args[1:]:
            return Many(inner.inner, or_one=True)
        return inner
    if origin is Literal:
        return Words(args)
    if origin in (Union, types.UnionType):
        rest = [arg for arg in args if arg is not type(None)]
        if len(rest) == 1:
            return Maybe(kind_of(rest[0]))
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        return Many(kind_of(args[0]), or_one=False)
    if origin is Mapping:
        return Names(kind_of(args[1]))
    if type_ is Any:
        return Anything()
    if type_ in (int, float, bool, str):
        return Scalar(type_)
    if isinstance(type_, type) and issubclass(type_, Entry):
        return OneOf(type_)
    if isinstance(type_, type) and issubclass(type_, Record):
        return Section(type_)
    raise TypeError(f"an option cannot have the type {type_!r}")
