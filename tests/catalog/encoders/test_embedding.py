from __future__ import annotations

import numpy as np
import pytest
import torch

from mlpspec.catalog.encoders import Embedding
from mlpspec.catalog.encoders.embedding import Embed, default_size
from mlpspec.catalog.inputs import Category
from mlpspec.data.encode import encode
from mlpspec.data.fit import fit
from mlpspec.data.sources.frame import open_frame
from mlpspec.ir.facts import InputFacts
from mlpspec.ir.lowering import parameter_count
from mlpspec.ir.shape import Shape, UnknownSize

TRAIN = {"a": ["y", "x", "z"], "b": [30, 4, 4]}


def test_codes_are_global_and_unknown_is_zero_in_every_column():
    preprocessing = fit({"ab": Category(columns=("a", "b"), encode=Embedding(size=2))}, {}, open_frame(TRAIN), np.arange(3))
    later = {"a": ["x", "y", "z", "new"], "b": ["4", "30", "5", "4"]}
    codes = encode(preprocessing, open_frame(later)).inputs["ab"]
    assert codes.tolist() == [[1, 4], [2, 5], [3, 0], [0, 4]]
    assert codes.dtype == np.int64
    assert preprocessing.facts.inputs["ab"] == InputFacts(2, 4, 5)


def test_the_network_looks_the_codes_up_side_by_side(make):
    embed = Embed(5, 2)
    lowering = embed.lower(Shape((2,)))
    module = make(lowering)
    table = module.embedding.weight
    assert table.shape == (6, 2)
    assert parameter_count(lowering) == 12
    assert table[0].tolist() == [0, 0]
    codes = torch.tensor([[1, 4], [0, 5]])
    expected = torch.cat([table[codes[:, 0]], table[codes[:, 1]]], dim=1)
    torch.testing.assert_close(module(codes), expected)
    assert embed.output_shape(Shape((2,))) == Shape((4,))
    module(codes).sum().backward()
    assert table.grad[0].tolist() == [0, 0]


@pytest.mark.parametrize("vocabulary", [1, 2, 3, 10, 100, 1000, 10**6])
def test_the_default_size_is_the_rule(vocabulary):
    """1.6 * n ** 0.56, rounded, within 1 and 50."""
    assert default_size(vocabulary) == min(50, max(1, round(1.6 * vocabulary**0.56)))


def test_sizes_that_only_the_data_tells():
    operation = Embedding().operation("c", None)
    assert operation.output_shape(Shape((2,))) == Shape(("2*c.size",))
    with pytest.raises(UnknownSize):
        operation.lower(Shape((2,)))
    assert Embedding(size=3).operation("c", None).output_shape(Shape((2,))) == Shape((6,))
    assert Embedding().network_input("c", None, "c.columns") == (Shape(("c.columns",)), "int64")
    assert Embedding().network_input("c", InputFacts(2, 4, 5), 2) == (Shape((2,)), "int64")
    assert Embedding().operation("c", InputFacts(1, 6, 10)) == Embed(10, 6)
