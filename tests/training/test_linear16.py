import pytest
import torch
from torch import nn

from mlpspec.training.linear16 import without_copies
from mlpspec.training.precision import Precision


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 8), nn.LayerNorm(8), nn.Tanh(), nn.Linear(8, 8, bias=False), nn.Tanh(), nn.Linear(8, 3))


def learnt(forward, x):
    kept: list[torch.Tensor] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: kept.append(tensor) or tensor, lambda tensor: tensor):
        output = forward(x)["y"]
    output.square().sum().backward()
    return output, x.grad, kept


@pytest.mark.parametrize("name", ["bf16", "fp16"])
@pytest.mark.parametrize("shape", [(5, 6), (5, 2, 6)])
def test_it_is_what_autocast_calculates_without_the_copies(name, shape):
    precision, found = Precision(name), []
    assert precision.dtype is not None
    for wrap in (lambda net: net, lambda net: without_copies(net, precision.dtype)):
        net = network()
        x = torch.randn(shape, generator=torch.Generator().manual_seed(1)).requires_grad_()
        output, gradient, kept = learnt(precision.forward(wrap(lambda x, net=net: {"y": net(x)}), scaled=False), x)
        found.append((output, gradient, *(weight.grad for weight in net.parameters())))
        copies = [tensor for tensor in kept if tensor.dtype == precision.dtype and tensor.shape in {(8, 6), (8, 8), (6, 8)}]
        own = {weight.data_ptr() for weight in net.parameters()}
        assert bool(copies) == (len(found) == 1)
        assert len(found) == 1 or sum(tensor.data_ptr() in own for tensor in kept) >= 3  # weights themselves are kept, which may be freed
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-2, atol=1e-2 if name == "bf16" else 1e-3)  # sums of 16-bit numbers
