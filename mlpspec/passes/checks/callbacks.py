"""Do the callbacks go together?"""

from __future__ import annotations

from collections.abc import Iterator

from mlpspec.diagnostics import Diagnostic
from mlpspec.language.document import Document
from mlpspec.language.positions import Path


def check_callbacks(document: Document) -> Iterator[Diagnostic]:
    """No callback stands twice, or together with one that does the same, unless it says that it may."""
    seen: dict[str, tuple[Path, str]] = {}
    written = document.tree.data.get("training")
    for section in ("early_stopping", "checkpoint"):
        if isinstance(written, dict) and written.get(section) is not None:
            seen[section] = (("training", section), section)
    for index, entry in enumerate(document.spec.training.callbacks):
        at = ("training", "callbacks", index)
        first = None if entry.role is None else seen.get(entry.role)
        if first is not None:
            place, kind = first
            what = f"a second `{kind}`" if kind == entry.kind else f"`{entry.kind}` beside `{kind}`, which does the same in another way"
            secondary = ((place, "the first one"),)
            yield document.diagnostic("duplicate-name", f"training has {what}", at, secondary=secondary, help="keep one of them")
        elif entry.role is not None:
            seen[entry.role] = (at, entry.kind)
