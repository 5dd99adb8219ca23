"""The report of a study, gathered from its trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlpspec.atomic import write_atomically
from mlpspec.diagnostics import Diagnostic
from mlpspec.diagnostics.render import render_concise
from mlpspec.language.document import Document
from mlpspec.passes.search_space import Dimension
from mlpspec.report import ReportContent
from mlpspec.report.tuning import TrialRow, Tuned, TuningContent, tuning_page
from mlpspec.training.run_folder import RunFolder
from mlpspec.tuning.trials import COUNTED, Trial, ranking


def write_tuning_report(
    folder: RunFolder,
    document: Document,
    space: Sequence[Dimension],
    trials: Sequence[Trial],
    importances: Mapping[str, float],
    seconds: float,
    best_spec: str,
    warnings: Sequence[Diagnostic],
) -> None:
    """Write report.html of a study.

    Raises:
        MachineError: when it cannot be written.
    """
    info, tuning = folder.info(), document.spec.tuning
    assert tuning is not None
    about = ReportContent(
        name=document.spec.name,
        started=info["started"],
        seconds=seconds,
        seed=document.spec.seed if tuning.seed is None else tuning.seed,
        versions=info["versions"],
        data=info["data"],
        spec=best_spec,
        warnings=[render_concise(warning) for warning in warnings],
    )
    rows = {trial.number: _row(trial) for trial in trials if trial.state in COUNTED}
    content = TuningContent(
        about,
        tuning.objective,
        tuning.goal,
        f"{tuning.sampler}, pruner {tuning.pruner}",
        [_tuned(dimension) for dimension in space],
        list(rows.values()),
        [rows[trial.number] for trial in ranking(trials, tuning.goal)],
        importances,
    )
    with write_atomically(folder.path / "report.html") as file:
        file.write(tuning_page(content).encode())


def _row(trial: Trial) -> TrialRow:
    return TrialRow(trial.number, trial.state, trial.objective, trial.values, trial.seconds, trial.error, trial.curve)


def _tuned(dimension: Dimension) -> Tuned:
    if dimension.choices:
        return Tuned(dimension.name, choices=dimension.labels)
    low, high = dimension.ends
    return Tuned(dimension.name, low, high, dimension.log)
