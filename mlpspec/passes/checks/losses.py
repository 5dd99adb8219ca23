"""Does each loss suit its target?"""

from __future__ import annotations

from collections.abc import Iterator

from mlpspec.catalog.losses import LOSSES
from mlpspec.diagnostics import Diagnostic
from mlpspec.language.document import Document


def check_losses(document: Document) -> Iterator[Diagnostic]:
    """A loss that a target names is one that its kind of target takes."""
    for name, target in document.spec.targets.items():
        if target.loss is not None and target.kind not in target.loss.targets:
            fitting = [f"`{loss.kind}`" for loss in LOSSES if target.kind in loss.targets]
            message = f"the loss `{target.loss.kind}` does not suit a {target.kind} target"
            help = f"use {' or '.join(fitting)}, or leave `loss` out"
            yield document.diagnostic("loss-mismatch", message, ("targets", name, target.kind, "loss"), help=help)
