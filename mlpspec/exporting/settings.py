"""The spec of a run, with what an export asks for instead."""

from __future__ import annotations

from collections.abc import Sequence

from mlpspec.compiler import check
from mlpspec.diagnostics import UsageError
from mlpspec.language.document import Document

PREFIX = "export."


def with_settings(document: Document, settings: Sequence[str]) -> Document:
    """A run's spec with settings of its `export:` section applied, which are checked like the spec itself.

    Args:
        settings: such as `export.precision=int8`, as with `--set`.

    Raises:
        UsageError: when a setting belongs to another section, or has no effect beside the others.
        SpecError: when a setting does not fit the section, or the network.
    """
    if not settings:
        return document
    strange = [setting for setting in settings if not setting.startswith(PREFIX)]
    if strange:
        help = "the run was trained with the rest of its spec; settings of the export begin with `export.`"
        raise UsageError(f"`{strange[0]}` is not a setting of the export", help=help)
    changed = check(document.tree, document.folder, settings=settings, allow_outside=True)  # reads no data
    precision = changed.spec.export.precision
    if precision != "int8" and any(setting.startswith(f"{PREFIX}quantization=") for setting in settings):
        help = "ask for the precision int8, or leave the quantization out"
        raise UsageError(f"quantization is a choice at int8, and the precision is {precision}", help=help)
    return changed
