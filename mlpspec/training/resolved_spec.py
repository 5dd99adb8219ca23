"""The spec of a run as it was understood, in the words of the language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from mlpspec.language.document import Document
from mlpspec.language.scalars import resolve
from mlpspec.language.writer import plain


def resolved_spec(document: Document, *, other_names: Mapping[str, str] | None = None) -> str:
    """The spec as YAML with overrides and variables applied and every default written out. Reading it gives the same spec.

    Without `tuning:`, which speaks of the spec as it was written.

    Args:
        other_names: texts in `data` and `vars` to write otherwise, such as paths of this machine.
    """
    written = plain(document.spec, complete=True)
    del written["tuning"]
    for section in ("data", "vars"):
        written[section] = _renamed(written[section], other_names or {})
    data = document.spec.data
    if data.train is not None:
        del written["data"]["split"]  # which has no meaning, and may not be written, beside a file for each part
    elif data.split.column is not None:
        written["data"]["split"] = {"column": written["data"]["split"]["column"]}
    return yaml.dump(written, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


class _Dumper(yaml.SafeDumper):
    """Quotes what PyYAML, which follows YAML 1.1, would leave bare and mlpspec would read as a number or refuse: `1e3`, `08`."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    bare = text.isascii() and text.isprintable() and resolve(text) == text
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if bare else '"')


_Dumper.add_representer(str, _text)
