"""Up and down again and again."""

from __future__ import annotations

import math
from typing import Literal, final

from mlpspec.catalog.option import option
from mlpspec.catalog.schedules.base import Horizon, Schedule, Unit, elapsed


@final
class Cyclical(Schedule):
    """Triangles between lowest * a0 and a0, each rising for `step_size` epochs (or steps) and falling as long.

    a0 * (lowest + (1 - lowest) * height * scale): height goes from 0 to 1 and back in each cycle; scale is 1 (triangular), 1 / 2^n in
    cycle n from 0 (triangular2), or gamma^t (exp_range, t in the same unit as `step_size`).
    The optimizer's learning rate is the highest one here, the lowest one in PyTorch.
    Source: Smith 2017; torch.optim.lr_scheduler.CyclicLR.
    """

    kind = "cyclical"
    main = "policy"

    policy: Literal["triangular", "triangular2", "exp_range"] = option(
        default="triangular", doc="Equal triangles, triangles that halve, or triangles that shrink exponentially."
    )
    lowest: float = option(default=0.25, minimum=0.0, below=1.0, doc="The lowest rate as a share of the learning rate.")
    step_size: float = option(default=2.0, above=0.0, maximum=1e9, doc="Half a cycle, in epochs or steps.", examples=(4,))
    per: Unit = option(default="epoch", doc="What `step_size` and gamma's t count.")
    gamma: float | None = option(
        default=None, above=0.0, maximum=1.0, doc="For exp_range: what an epoch (or step) multiplies the height with.", examples=(0.97,)
    )

    def problem(self) -> str | None:
        if self.policy == "exp_range" and self.gamma is None:
            return "`exp_range` needs `gamma`: write, for example, `gamma: 0.97`"
        if self.policy != "exp_range" and self.gamma is not None:
            return f"`gamma` has no effect with `{self.policy}`: write `policy: exp_range`, or leave `gamma` out"
        return None

    def after_warmup(self, step: int, horizon: Horizon) -> float:
        time = elapsed(step, horizon, self.per)
        halves = time / self.step_size
        cycle = math.floor(halves / 2)
        height = 1.0 - abs(halves - 2 * cycle - 1.0)
        return self.lowest + (1.0 - self.lowest) * height * self._scale(time, cycle)

    def _scale(self, time: float, cycle: int) -> float:
        if self.policy == "triangular2":
            return 0.5**cycle
        if self.policy == "exp_range" and self.gamma is not None:
            return self.gamma**time
        return 1.0
