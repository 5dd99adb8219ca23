from __future__ import annotations

import math

import pytest

from mlpspec.catalog.optimizers.rmsprop import RmsProp

GRADIENTS = [0.5, -0.2, 0.3, 0.1]


def by_formula(rate, rho=0.99, epsilon=1e-8, momentum=0.0, centered=False, weight_decay=0.0):
    """Hinton 2012, lecture 6e; centred as in Graves 2013."""
    weight, square, mean, velocity, values = 1.0, 0.0, 0.0, 0.0, []
    for gradient in GRADIENTS:
        gradient += weight_decay * weight
        square = rho * square + (1 - rho) * gradient**2
        mean = rho * mean + (1 - rho) * gradient
        variance = square - mean**2 if centered else square
        velocity = momentum * velocity + gradient / (math.sqrt(variance) + epsilon)
        weight -= rate * velocity
        values.append(weight)
    return values


@pytest.mark.parametrize(
    "options",
    [{}, {"rho": 0.9, "epsilon": 0.1}, {"momentum": 0.9}, {"rho": 0.9, "centered": True}, {"weight_decay": 0.1}],
    ids=str,
)
def test_follows_the_formula(steps, options):
    assert steps(RmsProp(learning_rate=0.01, **options), GRADIENTS) == pytest.approx(by_formula(0.01, **options))


def test_bounds(option_of):
    for key in ("rho", "momentum"):
        assert (option_of(RmsProp, key).minimum, option_of(RmsProp, key).below) == (0, 1)
    assert option_of(RmsProp, "learning_rate").default == 0.01
