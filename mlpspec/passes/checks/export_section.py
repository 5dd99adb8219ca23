"""Can the model file answer what `export:` asks for?"""

from __future__ import annotations

from collections.abc import Iterator

from mlpspec.diagnostics import Diagnostic
from mlpspec.language.document import Document


def check_export(document: Document) -> Iterator[Diagnostic]:
    """Something to calibrate, and rows to calibrate on."""
    spec = document.spec
    if spec.export.calibrate is None:
        return
    at = ("export", "calibrate")
    if not any(target.is_classes for target in spec.targets.values()):
        help = "remove `calibrate`; for a range around a number use the loss `quantile`, or `uncertainty: mc_dropout`"
        yield document.diagnostic("invalid-spec", "`calibrate` corrects probabilities, and no target has some", at, help=help)
    whole_file = spec.data.path is not None and spec.data.split.column is None and spec.data.split.validation == 0
    if whole_file or (spec.data.train is not None and spec.data.validation is None):
        help = "give `data` some, e.g. `split: {train: 0.7, validation: 0.15, test: 0.15}`, or remove `calibrate`"
        yield document.diagnostic("bad-split", "`calibrate` is fitted on the validation rows, and there are none", at, help=help)
