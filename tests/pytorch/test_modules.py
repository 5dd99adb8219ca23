from __future__ import annotations

import inspect

import pytest
import torch
from torch import nn
from torch.nn import functional

from mlpspec.pytorch import modules

CLASSES = [
    item for _, item in inspect.getmembers(modules, inspect.isclass) if issubclass(item, nn.Module) and item.__module__ == modules.__name__
]
INPUTS = {"Average": 3, "Maximum": 3, "Minimum": 3, "Dot": 2}


def _rows(count: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(4, 6, generator=generator) for _ in range(count)]


@pytest.mark.parametrize("made", CLASSES, ids=lambda made: made.__name__)
def test_the_printed_source_stands_alone(made):
    names = {"torch": torch, "nn": nn, "F": functional}
    exec(inspect.getsource(made), names)
    inputs = _rows(INPUTS.get(made.__name__, 1))
    assert torch.equal(names[made.__name__]()(*inputs), made()(*inputs))


@pytest.mark.parametrize("made", CLASSES, ids=lambda made: made.__name__)
def test_gives_one_row_what_it_gives_a_batch(made):
    inputs = _rows(INPUTS.get(made.__name__, 1))
    assert torch.equal(made()(*inputs)[2:3], made()(*[x[2:3] for x in inputs]))


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (modules.Average(), lambda *inputs: sum(inputs) / len(inputs)),
        (modules.Maximum(), lambda *inputs: torch.stack(inputs).amax(0)),
        (modules.Minimum(), lambda *inputs: torch.stack(inputs).amin(0)),
    ],
    ids=["average", "maximum", "minimum"],
)
@pytest.mark.parametrize("count", [1, 2, 4])
def test_merging_takes_any_number_of_inputs_and_changes_none(made, expected, count):
    inputs = _rows(count)
    before = [x.clone() for x in inputs]
    torch.testing.assert_close(made(*inputs), expected(*inputs))
    assert all(map(torch.equal, inputs, before))


def test_dot():
    a, b = _rows(2)
    torch.testing.assert_close(modules.Dot()(a, b), torch.einsum("ri,ri->r", a, b)[:, None])


@pytest.mark.parametrize("pieces", [2, 3])
def test_maxout_takes_neighbours(pieces):
    (x,) = _rows(1)
    expected = torch.stack([x[:, i : i + pieces].amax(1) for i in range(0, 6, pieces)], dim=1)
    assert torch.equal(modules.Maxout(pieces)(x), expected)


def test_activations_equal_those_of_pytorch():
    x = 10 * _rows(1)[0]
    torch.testing.assert_close(modules.Celu(0.7)(x), functional.celu(x, alpha=0.7))
    torch.testing.assert_close(modules.LogSigmoid()(x), functional.logsigmoid(x))
    assert torch.equal(modules.Abs()(x), torch.abs(x))
    assert torch.equal(modules.HardThreshold()(x), (x > 0).float())
