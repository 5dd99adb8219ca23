"""Every layer and activation of the catalog keeps its promises; and `check_layer` notices when one does not."""

import pytest

from mlpspec.catalog.activations import ACTIVATIONS
from mlpspec.catalog.activations.maxout import Maxout
from mlpspec.catalog.activations.prelu import Prelu
from mlpspec.catalog.initializers import INITIALIZERS
from mlpspec.catalog.layers import (
    LAYERS,
    ActivationLayer,
    Add,
    Average,
    BatchNorm,
    Block,
    Concat,
    Dense,
    Dot,
    Dropout,
    Flatten,
    Head,
    LayerNorm,
    Linear,
    Maximum,
    Minimum,
    Multiply,
    Reshape,
    Share,
    Subtract,
)
from mlpspec.ir.lowering import Module
from mlpspec.testing import check_layer

CASES = [
    (Linear(units=3), [(4,)], (3,)),
    (Linear(units=3, bias=False), [(5, 4)], (5, 3)),
    (Dense(units=6), [(4,)], (6,)),
    (Dense(units=6, activation=Maxout(pieces=3), batchnorm=True, dropout=0.3), [(4,)], (6,)),
    (Dense(units=6, activation=Prelu(per_unit=True), batchnorm=True, bias=True), [(4,)], (6,)),
    (Dense(units=6, dropout=0.5), [(5, 4)], (5, 6)),
    (BatchNorm(), [(4,)], (4,)),
    (BatchNorm(momentum=0.5, epsilon=0.01), [(4,)], (4,)),
    (LayerNorm(), [(5, 4)], (5, 4)),
    (Dropout(rate=0.4), [(4,)], (4,)),
    (Flatten(), [(3, 4)], (12,)),
    (Reshape(shape=(2, -1)), [(6,)], (2, 3)),
    (Concat(), [(4,), (2,), (1,)], (7,)),
    (Add(), [(4,), (4,), (4,)], (4,)),
    (Multiply(), [(4,), (4,)], (4,)),
    (Average(), [(4,), (4,)], (4,)),
    (Maximum(), [(4,), (4,), (4,)], (4,)),
    (Minimum(), [(4,), (4,)], (4,)),
    (Subtract(), [(4,), (4,)], (4,)),
    (Dot(), [(4,), (4,)], (1,)),
    (ActivationLayer(function=Maxout(pieces=2)), [(6,)], (3,)),
    *((ActivationLayer(function=activation()), [(4,)], (4,)) for activation in ACTIVATIONS if activation.kind != "maxout"),
    *((Linear(units=8, initializer=initializer()), [(4,)], (8,)) for initializer in INITIALIZERS if initializer.can_be_bare()),
]


@pytest.mark.parametrize(("layer", "inputs", "output"), CASES, ids=[f"{i}-{case[0].kind}" for i, case in enumerate(CASES)])
def test_every_layer_keeps_its_promises(layer, inputs, output):
    check_layer(layer, *inputs, output=output)


def test_no_layer_is_left_out():
    """A head is a linear map of its target's width, a share and a block are other layers' nodes: their tests are those of the passes."""
    assert {type(case[0]) for case in CASES} == set(LAYERS) - {Head, Share, Block}


def test_a_wrong_shape_rule_is_noticed():
    with pytest.raises(AssertionError, match="shape rule"):
        check_layer(Linear(units=3), (4,), output=(4,))


@pytest.fixture
def broken(monkeypatch):
    """Make Linear's lowering record something else."""
    return lambda record: monkeypatch.setattr(Linear, "lower", lambda self, *inputs: record)


def test_a_shape_rule_that_differs_from_the_module_is_noticed(broken):
    broken(Module("nn.Linear", (4, 5), weights={"weight": (5, 4), "bias": (5,)}))
    with pytest.raises(AssertionError, match="real shape"):
        check_layer(Linear(units=3), (4,), output=(3,))


def test_weights_that_are_not_declared_are_noticed(broken):
    broken(Module("nn.Linear", (4, 3), weights={"weight": (3, 4)}))
    with pytest.raises(AssertionError, match="weights"):
        check_layer(Linear(units=3), (4,), output=(3,))
