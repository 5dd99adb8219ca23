"""The figures that training has after every epoch, by the names that a spec, the progress line and `metrics.jsonl` use."""

from __future__ import annotations

from mlpspec.catalog.metrics import METRICS, Metric
from mlpspec.catalog.targets.base import TargetType
from mlpspec.ir.callback import Goal
from mlpspec.language.sections.spec import Spec


def metrics_of(spec: Spec, target: TargetType) -> tuple[Metric, ...]:
    """The metrics of one target: those the spec asks for that suit it, else the target's default ones."""
    if spec.training.metrics is not None:
        return tuple(metric for metric in spec.training.metrics if target.kind in metric.targets)
    return tuple(METRICS[kind]() for kind in target.default_metrics)


def metric_name(spec: Spec, target: str, metric: Metric) -> str:
    """`accuracy` when there is one target, `species.accuracy` when there are several."""
    return metric.kind if len(spec.targets) == 1 else f"{target}.{metric.kind}"


def figures(spec: Spec) -> dict[str, Goal]:
    """Each figure with its goal, `min` or `max`: `train.loss`, `validation.loss`, `validation.accuracy`, ..."""
    found: dict[str, Goal] = {"train.loss": "min", "validation.loss": "min"}
    for name, target in spec.targets.items():
        if len(spec.targets) > 1:
            found[f"validation.{name}.loss"] = "min"
        for metric in metrics_of(spec, target):
            found[f"validation.{metric_name(spec, name, metric)}"] = metric.goal
    return found
