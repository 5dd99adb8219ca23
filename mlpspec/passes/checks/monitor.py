"""Do callbacks watch figures that training will have?"""

from __future__ import annotations

from collections.abc import Iterator

from mlpspec.diagnostics import Diagnostic, did_you_mean
from mlpspec.language.document import Document
from mlpspec.language.figures import figures
from mlpspec.language.positions import Path


def check_monitor(document: Document) -> Iterator[Diagnostic]:
    """Every monitored figure is one of those that every epoch brings, and its rows exist."""
    known = figures(document.spec)
    for at, monitor in _monitors(document):
        if monitor not in known:
            help = did_you_mean(monitor, known)
            yield document.diagnostic("unknown-name", f"training has no figure `{monitor}`", at, help=help)
        elif monitor.startswith("validation.") and not document.spec.data.has_validation_rows:
            help = "give `split` a validation part, or watch `train.loss`"
            yield document.diagnostic("bad-split", f"`{monitor}` needs validation rows, and there are none", at, help=help)


def _monitors(document: Document) -> Iterator[tuple[Path, str]]:
    """What is watched, and where that is written."""
    training = document.spec.training
    if training.early_stopping is not None:
        yield ("training", "early_stopping", "monitor"), training.early_stopping.monitor
    for index, entry in enumerate(training.callbacks):
        if entry.monitored is not None:
            yield ("training", "callbacks", index, entry.kind, "monitor"), entry.monitored
