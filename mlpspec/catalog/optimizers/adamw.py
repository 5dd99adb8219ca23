"""Adam with decoupled weight decay."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.optimizers.base import Optimizer
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Function


@final
class AdamW(Optimizer):
    """As adam, but each step also takes learning_rate * weight_decay * w off the weight itself.

    PyTorch's defaults; Keras has weight decay 0.004 and epsilon 1e-7, which it adds before the correction of v.
    Source: Loshchilov and Hutter 2019; torch.optim.AdamW.
    """

    kind = "adamw"
    main = "learning_rate"
    divides = True

    learning_rate: float = option(default=0.001, above=0.0, maximum=1000.0, doc="Size of a step.", examples=(3e-3,))
    beta_1: float = option(default=0.9, minimum=0.0, below=1.0, doc="How slowly the mean of the gradients changes.")
    beta_2: float = option(default=0.999, minimum=0.0, below=1.0, doc="How slowly the mean of their squares changes.")
    epsilon: float = option(default=1e-8, above=0.0, maximum=1.0, doc="Added to the divisor, against division by zero.")
    weight_decay: float = option(
        default=0.01, minimum=0.0, maximum=100.0, doc="Share of the weight that a step takes off, times the learning rate."
    )
    amsgrad: bool = option(default=False, doc="Divide by the largest mean so far (Reddi et al. 2018).")

    def lower(self) -> Function:
        return Function(
            "torch.optim.AdamW",
            (),
            {
                "lr": self.learning_rate,
                "betas": (self.beta_1, self.beta_2),
                "eps": self.epsilon,
                "weight_decay": self.weight_decay,
                "amsgrad": self.amsgrad,
            },
        )
