"""Does early stopping watch a figure that training will have?"""

from __future__ import annotations

from collections.abc import Iterator

from mlpspec.diagnostics import Diagnostic, did_you_mean
from mlpspec.language.document import Document
from mlpspec.language.figures import figures


def check_monitor(document: Document) -> Iterator[Diagnostic]:
    """The monitored figure is one of those that every epoch brings, and its rows exist."""
    stopping = document.spec.training.early_stopping
    if stopping is None:
        return
    at = ("training", "early_stopping", "monitor")
    known = figures(document.spec)
    if stopping.monitor not in known:
        help = did_you_mean(stopping.monitor, known)
        yield document.diagnostic("unknown-name", f"training has no figure `{stopping.monitor}`", at, help=help)
    elif stopping.monitor.startswith("validation.") and not _has_validation_rows(document):
        help = "give `split` a validation part, or watch `train.loss`"
        yield document.diagnostic("bad-split", f"`{stopping.monitor}` needs validation rows, and there are none", at, help=help)


def _has_validation_rows(document: Document) -> bool:
    data = document.spec.data
    if data.train is not None:
        return data.validation is not None
    return data.split.column is not None or data.split.validation > 0
