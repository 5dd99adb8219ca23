"""From typed values back to what a spec writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlpspec.catalog.entry import Entry, main_option
from mlpspec.catalog.option import Record, options_of


def plain(value: Any, *, complete: bool = False) -> Any:
    """A record, entry, option value as plain mappings, lists and scalars, in the form a spec writes.

    Args:
        complete: also write options that have their default value, so that nothing is left to later versions' defaults.

    >>> from mlpspec.catalog.activations.maxout import Maxout
    >>> plain(Maxout(pieces=3)), plain(Maxout()), plain(Maxout(), complete=True)
    ({'maxout': {'pieces': 3}}, 'maxout', {'maxout': {'pieces': 2}})
    """
    if isinstance(value, Entry):
        if value.shorthand and len(options_of(type(value))) == 1:
            return plain(getattr(value, main_option(type(value)).attribute))
        options = _options(value, complete)
        return {value.kind: options} if options else value.kind
    if isinstance(value, Record):
        return _options(value, complete)
    if isinstance(value, Mapping):
        return {key: plain(item, complete=complete) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, complete=complete) for item in value]
    if isinstance(value, str) and value.startswith("$"):
        return "$" + value  # a text, not a variable
    return value


def _options(record: Record, complete: bool) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for option in options_of(type(record)):
        value = getattr(record, option.attribute)
        if option.internal:
            continue
        if complete or option.required or value != option.default:
            written[option.key] = value if option.deferred else plain(value, complete=complete)
    return written
