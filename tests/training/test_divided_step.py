"""What the step relies on; two processes that use it are in test_divided_runs.py."""

import pytest
import torch
from torch import nn

from mlpspec.catalog.optimizers import OPTIMIZERS
from mlpspec.training.step import make_optimizer

DIVIDES = [entry for entry in OPTIMIZERS if entry.divides]


def test_all_of_the_catalog_go():
    assert {entry.kind for entry in DIVIDES} == {"adam", "adamw", "sgd", "rmsprop"}


@pytest.mark.parametrize("entry", DIVIDES, ids=lambda entry: entry.kind)
def test_parts_of_a_weight_are_updated_as_the_whole_is(entry):
    """Also a part that has nothing, as where a weight has fewer units than there are processes."""
    draws = torch.Generator().manual_seed(0)
    first, gradients = torch.randn(5, 3, generator=draws), torch.randn(4, 5, 3, generator=draws)
    found = []
    for sizes in ([5], [3, 2, 0]):
        weights = nn.ParameterList(nn.Parameter(part.clone()) for part in first.split(sizes))
        optimizer = make_optimizer(entry(), weights)
        for gradient in gradients:
            for weight, part in zip(weights, gradient.split(sizes), strict=True):
                weight.grad = part.clone()
            optimizer.step()
        found.append(torch.cat([weight.detach() for weight in weights]))
    assert torch.equal(*found)
