"""The mean of the weights of many epochs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, final

from mlpspec.catalog.callbacks.base import CallbackEntry
from mlpspec.catalog.option import option
from mlpspec.ir.callback import Average, Callback, Run, Use

if TYPE_CHECKING:
    from torch import Tensor


@final
class Swa(CallbackEntry):
    """Stochastic weight averaging: the mean of the weights at the end of each epoch from `start` on.

    The mean has never seen a batch, so the running statistics of batch norms are calculated for it from all training rows, with dropout
    off as in prediction. It wants a learning rate that stays high to the end: `constant` or `cyclical`.
    Source: Izmailov et al. 2018; torch.optim.swa_utils.
    """

    kind = "swa"
    main = "start"

    start: float = option(
        default=0.75,
        minimum=0.0,
        doc="The epochs before it are left out: below 1 a share of all, from 1 a number.",
        examples=(0.75,),
    )
    every: int = option(default=1, minimum=1, doc="Take the weights of every so many epochs, such as the length of a cycle.")
    use: Use = option(
        default="export",
        doc="Whether the mean is measured after every epoch and kept when it is best, or is what training ends with, or is only stored.",
    )

    @property
    def role(self) -> str:
        return "average"

    def begin(self) -> Callback:
        return _Mean(self)


class _Mean(Callback):
    """Holds the mean of the float parameters, and how many epochs it is of."""

    def __init__(self, options: Swa):
        self.options = options
        self.count = 0
        self.mean: dict[str, Tensor] = {}
        self._ready: Mapping[str, Tensor] | None = None

    def on_start(self, run: Run) -> None:
        self._run = run
        weights = run.module.state_dict()
        self.mean = {name: tensor.to(weights[name].device) for name, tensor in self.mean.items()}

    def on_learnt(self, run: Run) -> None:
        start = self.options.start
        since = run.epoch - int(start * run.epochs if start < 1 else start)
        if since < 1 or since % self.options.every:
            return
        self.count += 1
        self._ready = None
        for name, weight in run.module.named_parameters():
            if self.count == 1:
                self.mean[name] = weight.detach().clone()
            else:
                self.mean[name].lerp_(weight.detach(), 1 / self.count)

    def average(self) -> Average | None:
        if not self.count:
            return None
        if self._ready is None:
            self._ready = self._run.with_statistics({**self._run.module.state_dict(), **self.mean})
        return Average(self._ready, self.options.use)

    def state(self) -> dict[str, Any]:
        return {"count": self.count}

    def load_state(self, state: Mapping[str, Any]) -> None:
        self.count = int(state["count"])

    def tensors(self) -> Mapping[str, Tensor]:
        return self.mean

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        self.mean = dict(tensors)
