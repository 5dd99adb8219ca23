"""How much worse a figure may become at another precision."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from mlpspec.diagnostics import CheckError, Diagnostic
from mlpspec.language.figures import metric_name, metrics_of
from mlpspec.language.sections.spec import Spec


@dataclass(frozen=True)
class Change:
    """A figure of the float32 pipeline and of the converted one. `after` is None where it has none any more.

    `drop` is how much worse it became, negative when it became better; a share of `before` where `relative`.
    """

    before: float
    after: float | None
    drop: float
    relative: bool


def changes(spec: Spec, before: Mapping[str, float | None], after: Mapping[str, float | None]) -> dict[str, Change]:
    """What became of every metric that has a value in float32; of the loss, when none has.

    Metrics that a target's unit belongs to (`mae`, `rmse`) and the loss are judged by their relative change, all others by the plain
    difference.

    Args:
        before, after: figures by name, as `training.evaluation.evaluate` gives them.
    """
    judged = {
        metric_name(spec, name, metric): (metric.goal, metric.has_unit)
        for name, target in spec.targets.items()
        for metric in metrics_of(spec, target)
    }
    found = {name: _change(before.get(name), after.get(name), *how) for name, how in judged.items()}
    known = {name: change for name, change in found.items() if change is not None}
    if known:
        return known
    loss = _change(before.get("loss"), after.get("loss"), "min", relative=True)
    return {} if loss is None else {"loss": loss}


def _change(before: float | None, after: float | None, goal: str, relative: bool) -> Change | None:
    if before is None:
        return None
    if after is None:
        return Change(before, None, math.inf, relative)
    drop = before - after if goal == "max" else after - before
    if relative:
        drop = drop / abs(before) if before else math.copysign(math.inf, drop) if drop else 0.0
    return Change(before, after, round(drop, 12), relative)  # 0.9 to 0.88 is 0.02, not a little more


def refuse_drops(found: Mapping[str, Change], most: float, *, method: str, part: str) -> None:
    """Refuse a conversion that costs too much.

    Args:
        most: the largest drop that is allowed.
        method: how the network was converted.
        part: whose rows the figures are of.

    Raises:
        CheckError: naming every metric that fell by more; or saying that there is none to judge by.
    """
    if not found:
        message = f"{method} cannot be judged: neither a metric nor the loss has a value on the {part} rows"
        raise CheckError(message, code="metric-drop", help="name a metric in `training.metrics` that has one")
    problems = [
        Diagnostic("metric-drop", _sentence(name, change, most, method, part), help=_remedy(method, change))
        for name, change in found.items()
        if not change.drop <= most
    ]
    if problems:
        raise CheckError(problems)


def _sentence(name: str, change: Change, most: float, method: str, part: str) -> str:
    start = f"`{name}` on the {part} rows is {change.before:.4g} in fp32 and"
    if change.after is None:
        return f"{start} has no value at {method}"
    if math.isinf(change.drop):
        return f"{start} {change.after:.4g} at {method}, which is no share of it"
    worse = f"{change.drop:.2%} of it worse" if change.relative else f"{change.drop:.4g} worse"
    allowed = f"{most:.2%}" if change.relative else f"{most:.4g}"
    return f"{start} {change.after:.4g} at {method}: {worse}, and {allowed} is allowed"


_REMEDIES = {
    "int8 static": "`--quantization dynamic` or `--precision fp16` may lose less",
    "int8 dynamic": "`--precision fp16` may lose less",
    "fp16": "`--precision bf16` keeps the range of float32",
    "bf16": "`--precision fp16` rounds less",
}


def _remedy(method: str, change: Change) -> str:
    """What to do; allowing more is an answer only where there is a number to allow."""
    if not math.isfinite(change.drop):
        return _REMEDIES[method]
    enough = math.ceil(change.drop * 1000) / 1000
    return f"{_REMEDIES[method]}; `--max-metric-drop {enough:g}` would allow it"
