"""One line a diagnostic, as editors and `grep` like it."""

from __future__ import annotations

from mlpspec.diagnostics.diagnostic import Diagnostic


def location(diagnostic: Diagnostic) -> str:
    """`file:line:column` (from 1) of the culprit, or the named place, or nothing."""
    if diagnostic.primary is None:
        return diagnostic.place
    span = diagnostic.primary.span
    return f"{span.source.name}:{span.start.line + 1}:{span.start.column + 1}"


def render_concise(diagnostic: Diagnostic) -> str:
    """`spec.yaml:12:7: error[unknown-option]: message (help)`."""
    where = location(diagnostic)
    text = f"{where}: " if where else ""
    text += f"{diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}"
    return f"{text} ({diagnostic.help})" if diagnostic.help else text
