import torch
from torch import nn

from mlpspec.training import statistics
from mlpspec.training.statistics import with_statistics
from mlpspec.training.tensors import Tensors


def test_mean_and_variance_over_all_rows(monkeypatch):
    """Of what enters the norm with the new weights and without dropout: torch's own mean and variance."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.BatchNorm1d(4), nn.Linear(4, 1))
    new = {name: torch.rand_like(tensor) if tensor.is_floating_point() else tensor for name, tensor in module.state_dict().items()}
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    x = torch.randn(50, 3)
    module.train()
    found = with_statistics(module, new, Tensors(50, (x,), {}))
    entering = x @ new["0.weight"].T + new["0.bias"]
    torch.testing.assert_close(found["2.running_mean"], entering.mean(0))
    torch.testing.assert_close(found["2.running_var"], entering.var(0))
    assert torch.equal(found["3.weight"], new["3.weight"])
    assert module.training
    assert module[2].momentum == 0.1
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())


def test_in_batches_the_mean_is_that_of_the_batches(monkeypatch):
    """As torch.optim.swa_utils.update_bn."""
    monkeypatch.setattr(statistics, "EVALUATION_BATCH", 20)
    module = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    x = torch.randn(60, 3)
    found = with_statistics(module, module.state_dict(), Tensors(60, (x,), {}))
    torch.optim.swa_utils.update_bn([x[:20], x[20:40], x[40:]], module)
    torch.testing.assert_close(found["1.running_mean"], module[1].running_mean)
    torch.testing.assert_close(found["1.running_var"], module[1].running_var)


def test_without_norms_nothing_is_calculated():
    module = nn.Linear(3, 4)
    assert with_statistics(module, module.state_dict(), Tensors(0, (), {})).keys() == module.state_dict().keys()
