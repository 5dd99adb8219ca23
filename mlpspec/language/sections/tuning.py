"""The `tuning:` section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from mlpspec.catalog.option import Record, option


class Parameter(Record):
    """The values that are tried for one value of the spec: a range of numbers, or choices.

    A range holds whole numbers only where the spec takes only whole numbers.
    """

    range: tuple[float, ...] | None = option(
        default=None, doc="The lowest and the highest number, both included.", examples=([1e-4, 1e-1],)
    )
    log: bool = option(default=False, doc="Try small numbers as densely as large ones: each factor of ten counts alike.")
    step: float | None = option(default=None, above=0.0, doc="How far apart the numbers are, from the lowest on.", examples=(16,))
    choices: tuple[Any, ...] | None = option(
        default=None, min_items=1, doc="The values, of any kind: numbers, names, entries with their options.", examples=(["relu", "gelu"],)
    )


class Tuning(Record):
    """Which values of the spec `mlpspec tune` tries, and how it looks for the best. Training takes no notice of it."""

    parameters: Mapping[str, Parameter] = option(
        min_items=1,
        doc="What is tried, by the path of the value in the spec: `vars.width`, `training.optimizer.adamw.learning_rate`, "
        "`model.0.dense.units` (layers count from 0, and a layer that has a `name` may be called by it).",
        examples=({"vars.width": {"range": [16, 256], "log": True}},),
    )
    maximize: str | None = option(default=None, doc="The figure that is to become large.", examples=("validation.accuracy",))
    minimize: str | None = option(
        default=None,
        doc="The figure that is to become small. Default: `validation.loss`, unless `maximize` names one.",
        examples=("validation.loss",),
    )
    trials: int = option(default=30, minimum=1, maximum=100_000, doc="How many combinations are tried, at most.", examples=(50,))
    seconds: float | None = option(
        default=None, above=0.0, doc="After so many seconds no further trial begins. Default: no limit.", examples=(600,)
    )
    sampler: Literal["tpe", "random", "grid", "cmaes"] = option(
        default="tpe",
        doc="How the next combination is found: `tpe` (Bergstra 2011) and `cmaes` (Hansen 2001, for numbers) learn from those before, "
        "`random` does not, `grid` tries all of them.",
    )
    pruner: Literal["median", "hyperband", "none"] = option(
        default="median",
        doc="When a trial is given up: when it does worse than half of the others did at that epoch (`median`), in rounds that fewer and "
        "fewer survive (`hyperband`, Li 2018), or never.",
    )
    seed: int | None = option(
        default=None,
        minimum=0,
        maximum=2**63 - 1,
        doc="Start of the random numbers that choose combinations. Default: the spec's `seed`.",
        examples=(1,),
    )

    def problem(self) -> str | None:
        """Both goals at once."""
        if self.maximize is not None and self.minimize is not None:
            return "`tuning` has both `maximize` and `minimize`; keep one of them"
        return None

    @property
    def objective(self) -> str:
        """The figure that decides which trial is the best."""
        return self.maximize or self.minimize or "validation.loss"

    @property
    def goal(self) -> Literal["min", "max"]:
        """Whether less or more of it is better."""
        return "min" if self.maximize is None else "max"
