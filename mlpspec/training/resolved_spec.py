"""The spec of a run as it was understood, in the words of the language."""

from __future__ import annotations

import yaml

from mlpspec.language.document import Document
from mlpspec.language.scalars import resolve
from mlpspec.language.writer import plain


def resolved_spec(document: Document) -> str:
    """The spec as YAML with overrides and variables applied and every default written out. Reading it gives the same spec."""
    return yaml.dump(plain(document.spec, complete=True), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


class _Dumper(yaml.SafeDumper):
    """Quotes what PyYAML, which follows YAML 1.1, would leave bare and mlpspec would read as a number or refuse: `1e3`, `08`."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    bare = text.isascii() and text.isprintable() and resolve(text) == text
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if bare else '"')


_Dumper.add_representer(str, _text)
