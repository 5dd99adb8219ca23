"""Diagnostics as JSON objects with stable keys."""

from __future__ import annotations

from typing import Any

from mlpspec.diagnostics.diagnostic import Diagnostic, Label


def _label(label: Label) -> dict[str, Any]:
    span = label.span
    return {
        "file": span.source.name,
        "line": span.start.line + 1,
        "column": span.start.column + 1,
        "end_line": span.end.line + 1,
        "end_column": span.end.column + 1,
        "message": label.message,
    }


def diagnostic_to_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """Keys: severity, code, message, help, place, primary and secondary (file, line, column from 1, end exclusive)."""
    return {
        "severity": str(diagnostic.severity),
        "code": diagnostic.code,
        "message": diagnostic.message,
        "help": diagnostic.help,
        "place": diagnostic.place,
        "primary": _label(diagnostic.primary) if diagnostic.primary else None,
        "secondary": [_label(label) for label in diagnostic.secondary],
    }
