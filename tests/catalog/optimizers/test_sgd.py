from __future__ import annotations

import pytest

from mlpspec.catalog.optimizers.sgd import Sgd

GRADIENTS = [0.5, -0.2, 0.3, 0.1]


def by_formula(rate, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False):
    """Sutskever et al. 2013 as PyTorch writes it; the first step is not dampened."""
    weight, velocity, values = 1.0, None, []
    for gradient in GRADIENTS:
        gradient += weight_decay * weight
        velocity = gradient if velocity is None else momentum * velocity + (1 - dampening) * gradient
        weight -= rate * (gradient + momentum * velocity if nesterov else velocity)
        values.append(weight)
    return values


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"momentum": 0.9},
        {"momentum": 0.9, "nesterov": True},
        {"momentum": 0.5, "dampening": 0.25},
        {"weight_decay": 0.1},
        {"momentum": 0.9, "weight_decay": 0.1, "nesterov": True},
    ],
    ids=str,
)
def test_follows_the_formula(steps, options):
    assert steps(Sgd(learning_rate=0.1, **options), GRADIENTS) == pytest.approx(by_formula(0.1, **options))


def test_the_default_rate_is_keras_s():
    assert Sgd().learning_rate == 0.01


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"nesterov": True}, "momentum: 0.9"),
        ({"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "exclude"),
        ({"dampening": 0.1}, "no effect"),
    ],
)
def test_contradictions(options, words):
    assert words in (Sgd(**options).problem() or "")


def test_what_pytorch_accepts_is_no_problem(steps):
    fine = Sgd(nesterov=True, momentum=0.9)
    assert fine.problem() is None
    steps(fine, GRADIENTS)


def test_bounds(option_of):
    momentum, dampening, decay = (option_of(Sgd, key) for key in ("momentum", "dampening", "weight_decay"))
    assert (momentum.minimum, momentum.below) == (0, 1)
    assert (dampening.minimum, dampening.maximum) == (0, 1)
    assert decay.minimum == 0
