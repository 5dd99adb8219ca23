"""From a tree that the schema accepts to the typed Spec."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from mlpspec.catalog import family_of
from mlpspec.catalog.entry import Entry, main_option
from mlpspec.catalog.kinds import Anything, Kind, Many, Maybe, Names, OneOf, Scalar, Section, Words, kind_of
from mlpspec.catalog.option import Record, options_of
from mlpspec.language.positions import Path

R = TypeVar("R", bound=Record)

Visit = Callable[[Record, Path], None]


def build(record: type[R], data: dict[str, Any], *, visit: Visit = lambda _record, _path: None) -> R:
    """The typed record that `data` writes.

    Args:
        record: the class, e.g. `Spec`.
        data: a mapping that the schema of the class accepts, variables resolved.
        visit: called with every record and entry made and its path in `data`, innermost first.
    """
    return _Builder(visit).record(record, data, ())


def build_entry(base: type[Entry], value: Any) -> Entry:
    """The entry of the family of `base` that `value` writes: a name, or a name with its options."""
    return _Builder(lambda _record, _path: None).entry(base, value, ())


class _Builder:
    def __init__(self, visit: Visit):
        self.visit = visit

    def record(self, record: type[R], data: dict[str, Any], path: Path) -> R:
        values: dict[str, Any] = {}
        for option in options_of(record):
            if option.key in data:
                written, at = data[option.key], (*path, option.key)
                values[option.attribute] = written if option.deferred else self.value(kind_of(option.type), written, at)
        built = record(**values)
        self.visit(built, path)
        return built

    def value(self, kind: Kind, value: Any, path: Path) -> Any:
        match kind:
            case Scalar(type=scalar):
                return scalar(value)  # 64.0 is a whole number in JSON Schema, 1 is a float
            case Words() | Anything():
                return value
            case Maybe(inner=inner):
                return None if value is None else self.value(inner, value, path)
            case Many(inner=inner, or_one=or_one):
                if or_one and not isinstance(value, list):
                    return (self.value(inner, value, path),)
                return tuple(self.value(inner, item, (*path, index)) for index, item in enumerate(value))
            case Names(inner=inner):
                return {name: self.value(inner, item, (*path, name)) for name, item in value.items()}
            case Section(record=record):
                return self.record(record, value, path)
            case OneOf(base=base):
                return self.entry(base, value, path)

    def entry(self, base: type[Entry], value: Any, path: Path) -> Entry:
        family = family_of(base)
        if isinstance(value, str):
            return self.record(family[value], {}, path)
        if family.shorthand is not None and not isinstance(value, dict):
            return self.main(family.shorthand, value, path)
        [(name, options)] = value.items()
        entry = family[name]
        inner = (*path, name)
        if isinstance(options, dict) and options.keys() <= {option.key for option in options_of(entry)}:
            return self.record(entry, options, inner)
        return self.main(entry, options, inner)

    def main(self, entry: type[Entry], value: Any, path: Path) -> Entry:
        """The entry of which `value` is the main option."""
        option = main_option(entry)
        built = entry(**{option.attribute: self.value(kind_of(option.type), value, path)})
        self.visit(built, path)
        return built
