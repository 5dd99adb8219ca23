import copy

import pytest
import torch
from torch import nn

from mlpspec.ir.callback import Decay
from mlpspec.training.averages import Averages, holding


def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))


def change(module, number):
    """Other weights and statistics."""
    generator = torch.Generator().manual_seed(number)
    with torch.no_grad():
        for tensor in (*module.parameters(), module[1].running_mean, module[1].running_var):
            tensor.copy_(torch.rand(tensor.shape, generator=generator))


@pytest.mark.parametrize("warmup", [True, False])
def test_the_formula(warmup):
    """a := d a + (1 - d) w in float64, d = min(0.9, (1 + t) / (10 + t)) with warm-up (tf.train.ExponentialMovingAverage)."""
    module = net()
    averages = Averages(Decay(0.9, warmup), module)
    expected = {name: tensor.detach().double().clone() for name, tensor in module.state_dict().items() if tensor.is_floating_point()}
    for step in range(1, 41):
        change(module, step)
        averages.update(step)
        decay = min(0.9, (1 + step) / (10 + step)) if warmup else 0.9
        for name, tensor in module.state_dict().items():
            if name in expected:
                expected[name] = decay * expected[name] + (1 - decay) * tensor.double()
    assert averages.tensors.keys() == expected.keys()
    for name, tensor in averages.tensors.items():
        torch.testing.assert_close(tensor.double(), expected[name], atol=1e-6, rtol=1e-5)


def test_as_torch_averages_weights_and_buffers():
    """torch.optim.swa_utils.AveragedModel copies what it sees first, so ours begins with that."""
    module = net()
    change(module, 0)
    averages = Averages(Decay(0.9, warmup=False), module)
    theirs = torch.optim.swa_utils.AveragedModel(module, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.9), use_buffers=True)
    theirs.update_parameters(module)
    for step in range(1, 10):
        change(module, step)
        averages.update(step)
        theirs.update_parameters(module)
    for name, tensor in theirs.module.state_dict().items():
        if name in averages.tensors:
            torch.testing.assert_close(averages.tensors[name], tensor)


def test_inside_a_module_holds_other_weights_and_outside_its_own_in_its_own_memory():
    module, other = net(), net()
    change(other, 5)
    before, places = copy.deepcopy(module.state_dict()), [parameter.data_ptr() for parameter in module.parameters()]
    with holding(module, other.state_dict()):
        assert all(torch.equal(tensor, other.state_dict()[name]) for name, tensor in module.state_dict().items())
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())
    assert places == [parameter.data_ptr() for parameter in module.parameters()]
