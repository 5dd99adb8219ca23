"""A small network with gradients, and what a clipping makes of them."""

import pytest
import torch
from torch import nn

from mlpspec.pytorch.targets import resolve


@pytest.fixture
def clipped():
    """The gradients before and after, and the weights: three lists of arrays, for weights (3, 4), (3,) and (2, 3)."""

    def run(entry, scale=1.0):
        generator = torch.Generator().manual_seed(1)
        weights = [nn.Parameter(torch.randn(shape, generator=generator)) for shape in ((3, 4), (3,), (2, 3))]
        for weight in weights:
            weight.grad = scale * torch.randn(weight.shape, generator=generator)
        before = [weight.grad.numpy().copy() for weight in weights]
        record = entry.lower()
        resolve(record.target)(weights, *record.args, **record.kwargs)
        return before, [weight.grad.numpy() for weight in weights], [weight.detach().numpy() for weight in weights]

    return run
