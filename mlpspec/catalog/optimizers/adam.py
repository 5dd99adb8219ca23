"""Adam."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.optimizers.base import Optimizer
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Function


@final
class Adam(Optimizer):
    """w := w - learning_rate * m / (sqrt(v) + epsilon), with running means m of the gradient and v of its square.

    Both means are corrected for their start at zero. `weight_decay` adds that share of the weight to its gradient (an L2 penalty, which
    the division by sqrt(v) distorts: see adamw). PyTorch and Keras have the same defaults but for epsilon, 1e-8 and 1e-7; Keras adds it
    before the correction of v, and its weight decay is decoupled, as in adamw.
    Source: Kingma and Ba 2015; torch.optim.Adam.
    """

    kind = "adam"
    main = "learning_rate"
    divides = True

    learning_rate: float = option(default=0.001, above=0.0, maximum=1000.0, doc="Size of a step.", examples=(3e-3,))
    beta_1: float = option(default=0.9, minimum=0.0, below=1.0, doc="How slowly the mean of the gradients changes.")
    beta_2: float = option(default=0.999, minimum=0.0, below=1.0, doc="How slowly the mean of their squares changes.")
    epsilon: float = option(default=1e-8, above=0.0, maximum=1.0, doc="Added to the divisor, against division by zero.")
    weight_decay: float = option(
        default=0.0, minimum=0.0, maximum=100.0, doc="Share of the weight added to its gradient.", examples=(1e-4,)
    )
    amsgrad: bool = option(default=False, doc="Divide by the largest mean so far (Reddi et al. 2018).")

    def lower(self) -> Function:
        return Function(
            "torch.optim.Adam",
            (),
            {
                "lr": self.learning_rate,
                "betas": (self.beta_1, self.beta_2),
                "eps": self.epsilon,
                "weight_decay": self.weight_decay,
                "amsgrad": self.amsgrad,
            },
        )
