"""The report of a cross-validation, gathered from its folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlpspec.atomic import write_atomically
from mlpspec.diagnostics import Diagnostic
from mlpspec.diagnostics.render import render_concise
from mlpspec.language.document import Document
from mlpspec.report import ReportContent
from mlpspec.report.folds import HELD_OUT, FoldRow, FoldsContent, folds_page
from mlpspec.training.folds.fold import FOLDS, FoldResult
from mlpspec.training.folds.fold import HELD_OUT as HELD_OUT_PART
from mlpspec.training.folds.held_out import HeldOut, together
from mlpspec.training.folds.spread import Spread
from mlpspec.training.run_folder import RunFolder


def write_folds_report(
    run: RunFolder,
    document: Document,
    folds: Sequence[FoldResult],
    figures: Mapping[str, Mapping[str, Spread]],
    answers: Sequence[HeldOut],
    warnings: Sequence[Diagnostic],
) -> None:
    """Write report.html of a cross-validation.

    Raises:
        MachineError: when it cannot be written.
    """
    info, first = run.info(), folds[0].folder.info()
    monitor, _ = document.spec.training.monitor(has_validation="validation" in folds[0].rows)
    about = ReportContent(
        name=document.spec.name,
        started=info["started"],
        seconds=info["seconds"],
        device=first["device"],
        seed=info["seed"],
        versions=info["versions"],
        parameters=first["parameters"],
        rows={HELD_OUT: sum(len(found.rows) for found in answers)},
        monitor=monitor,
        answers={HELD_OUT: together(answers)},
        data=info["data"],
        spec=document.tree.source.text,
        warnings=[render_concise(warning) for warning in warnings],
    )
    rows = [
        FoldRow(
            number=fold.number,
            rows=fold.rows,
            figures=fold.figures[HELD_OUT_PART],
            epochs=fold.folder.metrics(),
            best_epoch=fold.best_epoch,
            ended=fold.ended,
            seconds=fold.seconds,
            report=f"{FOLDS}/{fold.number}/report.html",
        )
        for fold in folds
    ]
    held_out = figures[HELD_OUT_PART]
    mean, sd = {name: spread.mean for name, spread in held_out.items()}, {name: spread.sd for name, spread in held_out.items()}
    with write_atomically(run.path / "report.html") as file:
        file.write(folds_page(FoldsContent(about, rows, mean, sd)).encode())
