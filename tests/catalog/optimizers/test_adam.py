from __future__ import annotations

import math

import pytest

from mlpspec.catalog.optimizers.adam import Adam

GRADIENTS = [0.5, -0.2, 0.3, 0.1]


def by_formula(rate, beta_1=0.9, beta_2=0.999, epsilon=1e-8, weight_decay=0.0, amsgrad=False):
    """Kingma and Ba 2015, algorithm 1; the L2 penalty joins the gradient; Reddi et al. 2018 for the largest mean."""
    weight, m, v, largest, values = 1.0, 0.0, 0.0, 0.0, []
    for t, gradient in enumerate(GRADIENTS, start=1):
        gradient += weight_decay * weight
        m = beta_1 * m + (1 - beta_1) * gradient
        v = beta_2 * v + (1 - beta_2) * gradient**2
        largest = max(largest, v)
        corrected = (largest if amsgrad else v) / (1 - beta_2**t)
        weight -= rate * m / (1 - beta_1**t) / (math.sqrt(corrected) + epsilon)
        values.append(weight)
    return values


@pytest.mark.parametrize(
    "options",
    [{}, {"beta_1": 0.5, "beta_2": 0.8}, {"epsilon": 0.1}, {"weight_decay": 0.1}, {"beta_2": 0.1, "amsgrad": True}],
    ids=str,
)
def test_follows_the_formula(steps, options):
    assert steps(Adam(learning_rate=0.01, **options), GRADIENTS) == pytest.approx(by_formula(0.01, **options))


def test_the_largest_mean_makes_a_difference():
    assert by_formula(0.01, beta_2=0.1, amsgrad=True) != pytest.approx(by_formula(0.01, beta_2=0.1))


def test_bounds(option_of):
    for key in ("beta_1", "beta_2"):
        assert (option_of(Adam, key).minimum, option_of(Adam, key).below) == (0, 1)
    assert option_of(Adam, "epsilon").above == 0
    assert option_of(Adam, "weight_decay").default == 0
