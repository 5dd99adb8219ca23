"""A diagnostic as a person reads it: the fact, the place, the source lines with carets, the help."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from mlpspec.diagnostics.diagnostic import Diagnostic, Label, Severity
from mlpspec.diagnostics.render.concise import location

_COLOURS = {Severity.ERROR: "\x1b[1;31m", Severity.WARNING: "\x1b[1;33m", Severity.NOTE: "\x1b[1;36m"}
_BOLD, _BLUE, _RESET = "\x1b[1m", "\x1b[34m", "\x1b[0m"
_MAX_WIDTH = 160  # characters of a source line that are shown; a longer one is cut around the caret


def render_full(diagnostic: Diagnostic, *, colour: bool = False) -> str:
    """Several lines without a final line break; the caret is as wide as the culprit."""

    def paint(text: str, style: str) -> str:
        return f"{style}{text}{_RESET}" if colour and text else text

    head = paint(f"{diagnostic.severity}[{diagnostic.code}]", _COLOURS[diagnostic.severity])
    lines = [f"{head}{paint(': ' + diagnostic.message, _BOLD)}"]
    primary = diagnostic.primary
    where = location(diagnostic)
    if primary is not None:
        labels = [primary, *(s for s in diagnostic.secondary if s.span.source is primary.span.source)]
        gutter = max(len(str(label.span.start.line + 1)) for label in labels)
        lines.append(f"{' ' * gutter}{paint('-->', _BLUE)} {where}")
        lines.append(f"{' ' * gutter} {paint('|', _BLUE)}")
        for label in sorted(labels, key=lambda one: one.span.start):
            mark = "^" if label is primary else "-"
            lines += _snippet(label, mark, gutter, paint, _COLOURS[diagnostic.severity] if mark == "^" else _BLUE)
        for label in diagnostic.secondary:
            if label.span.source is not primary.span.source:
                start = label.span.start
                lines.append(f"{' ' * gutter} = {label.span.source.name}:{start.line + 1}:{start.column + 1}: {label.message}")
    elif where:
        lines.append(f" {paint('-->', _BLUE)} {where}")
    if diagnostic.help:
        lines.append(f"{paint('help', _BOLD)}: {diagnostic.help}")
    return "\n".join(lines)


def _snippet(label: Label, mark: str, gutter: int, paint: Callable[[str, str], str], style: str) -> list[str]:
    span = label.span
    text = span.source.line(span.start.line).replace("\t", " ")
    start = min(span.start.column, len(text))
    end = span.end.column if span.end.line == span.start.line else len(text)
    end = max(min(end, len(text)), start + 1)
    if len(text) > _MAX_WIDTH:
        cut = max(0, start - _MAX_WIDTH // 2)
        text = ("…" if cut else "") + text[cut : cut + _MAX_WIDTH] + "…"
        start, end = start - cut + (1 if cut else 0), min(end - cut + (1 if cut else 0), len(text))
    carets = " " * _columns(text[:start]) + paint(mark * max(1, _columns(text[start:end])), style)
    number = str(span.start.line + 1).rjust(gutter)
    bar = paint("|", _BLUE)
    message = f" {label.message}" if label.message else ""
    printable = "".join(c if c.isprintable() else "�" for c in text)
    return [f"{paint(number, _BLUE)} {bar} {printable}", f"{' ' * gutter} {bar} {carets}{message}"]


def _columns(text: str) -> int:
    """Terminal columns of a text: wide East Asian characters take two, combining marks none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
