"""Entries from installed packages: entry points of the group `mlpspec.catalog`.

An entry point names an object with `ENTRIES`, a sequence of entry classes; each joins the family of its base class.
In the `pyproject.toml` of a package:

    [project.entry-points."mlpspec.catalog"]
    my_layers = "my_package.mlpspec_plugin"
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from mlpspec.catalog.entry import Entry, Family
from mlpspec.catalog.option import options_of
from mlpspec.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "mlpspec.catalog"


@cache
def load_plugins(families: tuple[Family[Any], ...]) -> tuple[Diagnostic, ...]:
    """Add the entries of all installed plugins to their families, once, and tell what failed; the rest keeps working."""
    from importlib.metadata import entry_points

    problems: list[Diagnostic] = []
    for point in sorted(entry_points(group=GROUP), key=lambda point: (_package(point), point.name)):
        problems.extend(_load(point, families))
    return tuple(problems)


def plugin_problems() -> tuple[Diagnostic, ...]:
    """What failed when the plugins were loaded: warnings that name the package."""
    from mlpspec.catalog import families

    return load_plugins(families())


def _load(point: EntryPoint, families: tuple[Family[Any], ...]) -> list[Diagnostic]:
    try:
        entries = list(point.load().ENTRIES)
    except Exception as error:  # a foreign package may raise anything
        return [_failure(point, f"could not be loaded: {_words(error)}")]
    problems: list[Diagnostic] = []
    for entry in entries:
        try:
            _add(entry, families)
        except Exception as error:  # as above: an entry class is foreign code
            name = getattr(entry, "__name__", repr(entry))
            problems.append(_failure(point, f"has an entry `{name}` that cannot be used: {_words(error)}"))
    return problems


def _add(entry: type[Entry], families: tuple[Family[Any], ...]) -> None:
    for family in families:
        if issubclass(entry, family.base):
            options_of(entry)  # raises when an option is not declared as one
            family.add(entry)
            return
    raise TypeError("it derives from no family's base class")


def _failure(point: EntryPoint, what: str) -> Diagnostic:
    package = _package(point)
    return Diagnostic(
        "plugin-failed",
        f"the plugin `{point.name}` of the package `{package}` {what}",
        severity=Severity.WARNING,
        place=point.value,
        help=f"update `{package}`, or uninstall it",
    )


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else "unknown"


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
