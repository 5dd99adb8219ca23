"""A running average of the weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, final

from mlpspec.catalog.callbacks.base import CallbackEntry
from mlpspec.catalog.option import option
from mlpspec.ir.callback import Average, Callback, Decay, Run, Use

if TYPE_CHECKING:
    from torch import Tensor


@final
class Ema(CallbackEntry):
    """Keep a running average of the weights: after every step, average := decay * average + (1 - decay) * weight.

    Training goes on with the weights themselves. The running statistics of batch norms are averaged like the weights, which costs next to
    nothing; swa, whose averages are of weights far apart, calculates them anew.
    Source: Polyak and Juditsky 1992; tf.train.ExponentialMovingAverage, of which `warmup` is `num_updates`.
    """

    kind = "ema"
    main = "decay"

    decay: float = option(default=0.999, minimum=0.0, below=1.0, doc="How slowly the average changes.", examples=(0.999,))
    warmup: bool = option(default=True, doc="Let the decay be at most (1 + t) / (10 + t) after t steps, so that the first weights soon go.")
    use: Use = option(
        default="validation",
        doc="Whether the average is measured after every epoch and kept when it is best, or is what training ends with, or is only stored.",
    )

    @property
    def role(self) -> str:
        return "average"

    @property
    def running(self) -> Decay:
        return Decay(self.decay, self.warmup)

    def begin(self) -> Callback:
        return _Running(self.use)


class _Running(Callback):
    """Knows where the step keeps the average."""

    def __init__(self, use: Use):
        self.use: Use = use
        self._stored: Mapping[str, Tensor] = {}

    def on_start(self, run: Run) -> None:
        self._run = run
        for name, tensor in self._stored.items():
            run.running_average[name].copy_(tensor)

    def average(self) -> Average:
        return Average({**self._run.module.state_dict(), **self._run.running_average}, self.use)

    def tensors(self) -> Mapping[str, Tensor]:
        return self._run.running_average

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        self._stored = tensors
