from __future__ import annotations

import pytest
import torch
from torch import nn

from mlpspec.training.compiled.flat import flatten


def test_parameters_become_views_with_their_values():
    net = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    flat = flatten(net)
    assert flat.all.numel() == sum(parameter.numel() for parameter in net.parameters())
    assert all(torch.equal(before[name], tensor) for name, tensor in net.state_dict().items())
    flat.all.zero_()
    assert all((parameter == 0).all() for parameter in net.parameters())
    net.load_state_dict(before)
    assert torch.equal(flat.views["0.weight"], before["0.weight"])
    assert flat.stretch(["0.bias", "1.weight"]).tolist() == [*before["0.bias"].tolist(), *before["1.weight"].flatten().tolist()]


def test_a_network_without_weights_or_with_several_dtypes_is_refused():
    with pytest.raises(NotImplementedError, match="no weights"):
        flatten(nn.ReLU())
    with pytest.raises(NotImplementedError, match="differ"):
        flatten(nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1, dtype=torch.float64)))
