"""Stochastic gradient descent."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.optimizers.base import Optimizer
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Function


@final
class Sgd(Optimizer):
    """w := w - learning_rate * v with v := momentum * v + (1 - dampening) * gradient; without momentum v is the gradient itself.

    `weight_decay` adds that share of the weight to its gradient (an L2 penalty). `nesterov` looks one step of momentum ahead.
    The learning rate's default is Keras's; PyTorch has 0.001. Keras keeps the learning rate inside v, so that with momentum a schedule acts
    later there, and its weight decay is decoupled, as in adamw.
    Source: Sutskever et al. 2013; torch.optim.SGD.
    """

    kind = "sgd"
    main = "learning_rate"
    divides = True

    learning_rate: float = option(default=0.01, above=0.0, maximum=1000.0, doc="Size of a step.", examples=(0.1,))
    momentum: float = option(default=0.0, minimum=0.0, below=1.0, doc="Share of the last step that goes on.", examples=(0.9,))
    nesterov: bool = option(default=False, doc="Take the gradient where the momentum leads.")
    weight_decay: float = option(
        default=0.0, minimum=0.0, maximum=100.0, doc="Share of the weight added to its gradient.", examples=(1e-4,)
    )
    dampening: float = option(default=0.0, minimum=0.0, maximum=1.0, doc="Share of the gradient that the momentum leaves out.")

    def problem(self) -> str | None:
        if self.nesterov and not self.momentum:
            return "`nesterov` needs momentum: write `momentum: 0.9`, or leave `nesterov` out"
        if self.nesterov and self.dampening:
            return "`nesterov` and `dampening` exclude each other: leave one out"
        if self.dampening and not self.momentum:
            return "`dampening` has no effect without momentum: write `momentum: 0.9`, or leave `dampening` out"
        return None

    def lower(self) -> Function:
        return Function(
            "torch.optim.SGD",
            (),
            {
                "lr": self.learning_rate,
                "momentum": self.momentum,
                "dampening": self.dampening,
                "weight_decay": self.weight_decay,
                "nesterov": self.nesterov,
            },
        )
