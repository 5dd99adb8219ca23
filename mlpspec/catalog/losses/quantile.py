"""The loss of quantiles."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.losses.base import Loss
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Constant, Function, Input


@final
class Quantile(Loss):
    """max(q (y - f), (q - 1) (y - f)) for each level q, averaged over batch, columns and levels: f tends to the q-quantile of y.

    The head gives a number for each level, and the answers are brought into order. The model says the middle level as the target's value,
    and with several levels the outer two as `<target>_interval`: levels 0.05, 0.5 and 0.95 give the median and an interval that should hold
    nine of ten true values.
    Source: Koenker and Bassett 1978 (the pinball loss; sklearn.metrics.mean_pinball_loss); order: Chernozhukov et al. 2010.
    """

    kind = "quantile"
    main = "levels"
    targets = frozenset({"numeric"})

    levels: tuple[float, ...] = option(
        default=(0.05, 0.5, 0.95),
        above=0.0,
        below=1.0,
        min_items=1,
        doc="The quantiles' shares, ascending; an odd number of them, so that one is in the middle.",
        examples=([0.05, 0.5, 0.95],),
    )

    def problem(self) -> str | None:
        if list(self.levels) != sorted(set(self.levels)):
            return "`levels` are not in ascending order, each once; write e.g. `levels: [0.05, 0.5, 0.95]`"
        if len(self.levels) % 2 == 0:
            return f"`levels` has {len(self.levels)} items, none of them in the middle; write e.g. `levels: [0.05, 0.5, 0.95]`"
        return None

    def quantiles(self) -> tuple[float, ...]:
        return self.levels

    def lower(self) -> Function:
        return Function("losses.pinball", (Input(0), Input(1), Constant(self.levels)))
