"""Options: the typed fields of everything a spec can write. From them come the schema, the builder, the defaults and the reference page.

The types an option may have (`Option.type`):
    int, float, bool, str, Any      a scalar (Any: whatever is written)
    Literal["a", "b"]               one of a few words
    T | None                        T, or `null`
    tuple[T, ...]                   a list of T;  Annotated[tuple[T, ...], OneOrMany] also takes a single T
    Mapping[str, T]                 names that the spec chooses, each with a T
    a Record subclass               a section with options of its own
    an Entry family's base class    one entry of that family: a name, or a name with options
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, dataclass_transform, get_type_hints

MISSING = dataclasses.MISSING

NAME_PATTERN = r"^[A-Za-z_][A-Za-z0-9_.-]{0,63}$"
"""What names of layers, inputs, targets and runs look like: they become file names, tensor names and Python names."""


class OneOrMany:
    """Marks a list option that a single value may stand for: `from: left` is `from: [left]`."""


@dataclass(frozen=True)
class Option:
    """One option as declared. `key` is how a spec writes it, `attribute` how Python does; bounds are inclusive unless `above`, `below`."""

    key: str
    attribute: str
    type: Any
    default: Any
    doc: str
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None
    pattern: str | None = None
    keys: str | None = None
    min_items: int | None = None
    examples: tuple[Any, ...] = ()
    internal: bool = False
    deferred: bool = False

    @property
    def required(self) -> bool:
        """Whether a spec must write it."""
        return self.default is MISSING


def option(
    *,
    doc: str,
    default: Any = MISSING,
    key: str | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    above: float | None = None,
    below: float | None = None,
    pattern: str | None = None,
    keys: str | None = None,
    min_items: int | None = None,
    examples: tuple[Any, ...] = (),
    internal: bool = False,
    deferred: bool = False,
) -> Any:
    """Declare an option of a record or an entry.

    Args:
        doc: one line for the schema, the editor's hover and the reference page.
        default: the value when it is not written; without one the option is required.
        key: how a spec writes it, where that is no Python name (`from`).
        minimum, maximum, above, below: bounds of a number (or of each number in a list); `above` and `below` exclude the bound.
        pattern: regular expression that a text must match.
        keys: regular expression that the names of a mapping must match.
        min_items: least length of a list or mapping.
        examples: values that a spec may write, for editors and documentation.
        internal: the compiler fills it in; no spec writes it.
        deferred: it may hold block parameters, so that it is checked where the block is used, and built as plain data.
    """
    details = {
        "doc": doc, "key": key, "minimum": minimum, "maximum": maximum, "above": above, "below": below, "pattern": pattern, "keys": keys,
        "min_items": min_items, "examples": examples, "internal": internal, "deferred": deferred,
    }  # fmt: skip
    if isinstance(default, Mapping):
        frozen = dict(default)
        return dataclasses.field(default_factory=lambda: dict(frozen), metadata=details)
    return dataclasses.field(default=default, metadata=details)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(option,))
class Record:
    """Base of all that a spec writes as a mapping with fixed keys. Subclasses become frozen keyword-only dataclasses."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        dataclass(frozen=True, kw_only=True, eq=False, repr=False)(cls)  # those below serve all: a third less time to import the catalog

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__dict__ == self.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *self.__dict__.values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__dict__.items())})"

    def problem(self) -> str | None:
        """A contradiction between the options that no bound can express, as one sentence that ends with what to do; None without one.

        It is asked of everything built from a spec, once each option is valid by itself.
        """
        return None


@cache
def options_of(record: type[Record]) -> tuple[Option, ...]:
    """The options of a record class, in the order of their declaration."""
    hints = get_type_hints(record, include_extras=True)
    found: list[Option] = []
    for field in dataclasses.fields(record):  # pyright: ignore[reportArgumentType]  # subclasses are dataclasses
        details = dict(field.metadata)
        if "doc" not in details:
            raise TypeError(f"{record.__name__}.{field.name} is declared without option(doc=...)")
        default = field.default if field.default_factory is MISSING else field.default_factory()  # pyright: ignore[reportCallIssue]
        key = details.pop("key") or field.name
        found.append(Option(key=key, attribute=field.name, type=hints[field.name], default=default, **details))
    return tuple(found)
