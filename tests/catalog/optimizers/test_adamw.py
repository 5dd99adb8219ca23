from __future__ import annotations

import math

import pytest

from mlpspec.catalog.optimizers.adamw import AdamW

GRADIENTS = [0.5, -0.2, 0.3, 0.1]


def by_formula(rate, beta_1=0.9, beta_2=0.999, epsilon=1e-8, weight_decay=0.01):
    """Loshchilov and Hutter 2019, algorithm 2: the decay acts on the weight, not on the gradient."""
    weight, m, v, values = 1.0, 0.0, 0.0, []
    for t, gradient in enumerate(GRADIENTS, start=1):
        weight -= rate * weight_decay * weight
        m = beta_1 * m + (1 - beta_1) * gradient
        v = beta_2 * v + (1 - beta_2) * gradient**2
        weight -= rate * m / (1 - beta_1**t) / (math.sqrt(v / (1 - beta_2**t)) + epsilon)
        values.append(weight)
    return values


@pytest.mark.parametrize("options", [{}, {"weight_decay": 0.5}, {"beta_1": 0.5, "beta_2": 0.8, "epsilon": 0.1}], ids=str)
def test_follows_the_formula(steps, options):
    assert steps(AdamW(learning_rate=0.1, **options), GRADIENTS) == pytest.approx(by_formula(0.1, **options))


def test_amsgrad_reaches_pytorch():
    assert AdamW(amsgrad=True).lower().kwargs["amsgrad"] is True


def test_bounds(option_of):
    decay = option_of(AdamW, "weight_decay")
    assert (decay.default, decay.minimum) == (0.01, 0)
    for key in ("beta_1", "beta_2"):
        assert (option_of(AdamW, key).minimum, option_of(AdamW, key).below) == (0, 1)
