"""RMSprop."""

from __future__ import annotations

from typing import final

from mlpspec.catalog.optimizers.base import Optimizer
from mlpspec.catalog.option import option
from mlpspec.ir.lowering import Function


@final
class RmsProp(Optimizer):
    """w := w - learning_rate * gradient / (sqrt(v) + epsilon), with a running mean v of the gradient's square.

    `rho` is Keras's name of what PyTorch calls alpha. The defaults are PyTorch's; Keras has learning rate 0.001, rho 0.9 and epsilon
    1e-7, which it adds under the root. `weight_decay` adds that share of the weight to its gradient; Keras's is decoupled, as in adamw.
    Source: Hinton 2012; torch.optim.RMSprop.
    """

    kind = "rmsprop"
    main = "learning_rate"
    divides = True

    learning_rate: float = option(default=0.01, above=0.0, maximum=1000.0, doc="Size of a step.", examples=(1e-3,))
    rho: float = option(default=0.99, minimum=0.0, below=1.0, doc="How slowly the mean of the squared gradients changes.")
    epsilon: float = option(default=1e-8, above=0.0, maximum=1.0, doc="Added to the divisor, against division by zero.")
    momentum: float = option(default=0.0, minimum=0.0, below=1.0, doc="Share of the last step that goes on.", examples=(0.9,))
    centered: bool = option(default=False, doc="Divide by the gradient's standard deviation instead of its root mean square.")
    weight_decay: float = option(
        default=0.0, minimum=0.0, maximum=100.0, doc="Share of the weight added to its gradient.", examples=(1e-4,)
    )

    def lower(self) -> Function:
        return Function(
            "torch.optim.RMSprop",
            (),
            {
                "lr": self.learning_rate,
                "alpha": self.rho,
                "eps": self.epsilon,
                "momentum": self.momentum,
                "centered": self.centered,
                "weight_decay": self.weight_decay,
            },
        )
