"""What a finished run has to tell, gathered for its report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlpspec.data.dataset import Dataset
from mlpspec.diagnostics import Diagnostic
from mlpspec.diagnostics.render import render_concise
from mlpspec.ir.graph import Graph
from mlpspec.language.document import Document
from mlpspec.language.figures import figures
from mlpspec.report import LayerRow, ReportContent, TargetAnswers
from mlpspec.training.run_folder import RunFolder

if TYPE_CHECKING:
    from mlpspec.training.evaluation import Evaluation


def report_content(
    folder: RunFolder,
    document: Document,
    dataset: Dataset,
    graph: Graph,
    evaluations: Mapping[str, Evaluation],
    *,
    monitor: str,
    warnings: tuple[Diagnostic, ...],
) -> ReportContent:
    """The content of report.html, from run.json, metrics.jsonl, the graph and the evaluation of each part."""
    info = folder.info()
    return ReportContent(
        name=document.spec.name,
        started=info["started"],
        seconds=info["seconds"],
        ended=info["ended"],
        device=info["device"],
        seed=info["seed"],
        versions=info["versions"],
        rows=info["rows"],
        parameters=graph.parameters,
        layers=_layers(graph),
        figures={part: found.figures for part, found in evaluations.items()},
        undefined={part: found.undefined for part, found in evaluations.items()},
        goals=figures(document.spec),
        epochs=folder.metrics(),
        best_epoch=info["best_epoch"],
        weights=info["weights"],
        monitor=monitor,
        answers={part: _answers(found, dataset) for part, found in evaluations.items()},
        data=info["data"],
        spec=document.tree.source.text,
        warnings=[render_concise(warning) for warning in warnings],
    )


def _layers(graph: Graph) -> list[LayerRow]:
    inputs = [LayerRow(value.name, "input", (), str(value.shape), None) for value in graph.inputs]
    nodes = [LayerRow(n.name, n.operation.kind, n.sources, str(n.shape), n.parameters) for n in graph.nodes]
    return [*inputs, *nodes]


def _answers(evaluation: Evaluation, dataset: Dataset) -> dict[str, Any]:
    targets = dataset.preprocessing.targets
    return {
        name: TargetAnswers(
            answers, None if (classes := targets[name].classes) is None else [str(c) for c in classes], targets[name].columns
        )
        for name, answers in evaluation.answers.items()
    }
