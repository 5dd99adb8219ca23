"""Columns chosen by name or pattern."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from mlpspec.diagnostics import Diagnostic, UsageError, did_you_mean


def choose(wanted: Sequence[str], names: Sequence[str], lacking: str, groups: Mapping[str, Sequence[str]] | None = None) -> tuple[str, ...]:
    """The names that are wanted, each once, in the order in which they are asked for.

    Args:
        wanted: names, patterns (`flipper_*`; `?` stands for one character), or names of groups.
        names: those that there are.
        lacking: how a message begins that says there is no such name.
        groups: names that stand for several.

    Raises:
        UsageError: for each that stands for nothing.

    >>> choose(["c", "a*"], ["a1", "b", "c", "a2"], "there is no column")
    ('c', 'a1', 'a2')
    """
    groups = groups or {}
    found: dict[str, None] = {}
    problems = []
    for name in wanted:
        if name in names:
            found[name] = None
        elif name in groups:
            found |= dict.fromkeys(groups[name])
        elif matches := [known for known in names if fnmatchcase(known, name)]:
            found |= dict.fromkeys(matches)
        else:
            problems.append(Diagnostic("usage", f"{lacking} `{name}`", help=did_you_mean(name, [*names, *groups])))
    if problems:
        raise UsageError(problems)
    return tuple(found)
