"""Running averages in the compiled step are those of the eager one."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from mlpspec.catalog.activations.relu import Relu
from mlpspec.catalog.layers.dense import Dense
from mlpspec.catalog.optimizers.adam import Adam
from mlpspec.ir.callback import Decay
from mlpspec.training.compiled import block
from mlpspec.training.compiled.emit import emit_python

ROWS = 43
LABELS = torch.arange(ROWS) % 3


def cross_entropy(outputs, targets):
    return functional.cross_entropy(outputs["y"], targets["y"])


@pytest.mark.parametrize("engine", ["TorchScript", "Python"])
@pytest.mark.parametrize("warmup", [True, False])
def test_weights_and_statistics(engine, warmup, monkeypatch, both, classifier, random_rows):
    if engine == "Python":
        monkeypatch.setattr(block, "emit", lambda program: (emit_python(program), "Python"))
    net = classifier(Dense(units=6, activation=Relu(), batchnorm=True), Dense(units=5, activation=Relu()))
    data = random_rows(ROWS, (5,), y=LABELS)
    compiled, eager = both(net, cross_entropy, data, Adam(epsilon=1e-3), epochs=6, decay=Decay(0.95, warmup))
    ours, theirs = compiled.step.update.averages.tensors, eager.step.averages.tensors
    assert ours.keys() == theirs.keys()
    assert "layer0.batchnorm.running_var" in ours
    for name, tensor in ours.items():
        torch.testing.assert_close(tensor, theirs[name], atol=2e-6, rtol=2e-5)
        assert not torch.equal(tensor, net.state_dict()[name])
