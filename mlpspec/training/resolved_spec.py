"""The spec of a run as it was understood, in the words of the language."""

from __future__ import annotations

import yaml

from mlpspec.language.document import Document
from mlpspec.language.scalars import resolve
from mlpspec.language.writer import plain


def resolved_spec(document: Document) -> str:
    """The spec as YAML with overrides and variables applied and every default written out. Reading it gives the same spec.

    Without `tuning:`, which speaks of the spec as it was written.
    """
    written = plain(document.spec, complete=True)
    del written["tuning"]
    data = document.spec.data
    if data.train is not None:
        del written["data"]["split"]  # which has no meaning, and may not be written, beside a file for each part
    elif data.split.column is not None:
        written["data"]["split"] = {"column": written["data"]["split"]["column"]}
    return yaml.dump(written, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


class _Dumper(yaml.SafeDumper):
    """Quotes what PyYAML, which follows YAML 1.1, would leave bare and mlpspec would read as a number or refuse: `1e3`, `08`."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    bare = text.isascii() and text.isprintable() and resolve(text) == text
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if bare else '"')


_Dumper.add_representer(str, _text)
