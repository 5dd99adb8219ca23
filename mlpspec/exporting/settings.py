"""The `export:` section of a run, with what an export asks for instead."""

from __future__ import annotations

from collections.abc import Sequence

from mlpspec.compiler import check
from mlpspec.diagnostics import SpecError, UsageError
from mlpspec.language.document import Document
from mlpspec.language.sections.export import Export

PREFIX = "export."


def export_options(document: Document, settings: Sequence[str]) -> Export:
    """The section of a run's spec, with settings applied that are checked like the spec itself.

    Args:
        settings: such as `export.precision=int8`, as with `--set`.

    Raises:
        UsageError: when a setting does not fit the section, belongs to another one, or has no effect beside the others.
    """
    if not settings:
        return document.spec.export
    strange = [setting for setting in settings if not setting.startswith(PREFIX)]
    if strange:
        help = "the run was trained with the rest of its spec; settings of the export begin with `export.`"
        raise UsageError(f"`{strange[0]}` is not a setting of the export", help=help)
    try:
        options = check(document.tree, document.folder, settings=settings, allow_outside=True).spec.export  # reads no data
    except SpecError as error:
        raise UsageError(error.diagnostics) from error
    if options.precision != "int8" and any(setting.startswith(f"{PREFIX}quantization=") for setting in settings):
        help = "ask for the precision int8, or leave the quantization out"
        raise UsageError(f"quantization is a choice at int8, and the precision is {options.precision}", help=help)
    return options
