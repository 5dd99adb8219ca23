from __future__ import annotations

import pytest
import torch

from mlpspec.catalog.activations.maxout import Maxout
from mlpspec.catalog.activations.prelu import Prelu
from mlpspec.catalog.activations.relu import Relu
from mlpspec.catalog.layers.dense import Dense
from mlpspec.ir.lowering import parameter_count
from mlpspec.ir.shape import Shape, ShapeFault


def test_alone_it_is_an_affine_map(make, tensors):
    dense = make(Dense(units=3).lower(Shape((4,))))
    (x,) = tensors((4,))
    torch.testing.assert_close(dense(x), x @ dense.linear.weight.T + dense.linear.bias)


def test_the_four_stand_in_order(make, tensors):
    layer = Dense(units=3, activation=Relu(), batchnorm=True, dropout=0.2)
    dense = make(layer.lower(Shape((4,))))
    assert [name for name, _ in dense.named_children()] == ["linear", "batchnorm", "activation", "dropout"]
    (x,) = tensors((4,))
    affine = x @ dense.linear.weight.T
    normal = (affine - affine.mean(0)) / torch.sqrt(affine.var(0, unbiased=False) + 1e-5)
    dense.dropout.p = 0.0
    torch.testing.assert_close(dense(x), normal.clamp(min=0))


def test_batch_norm_takes_the_place_of_the_offset():
    def parameters(**options):
        return parameter_count(Dense(units=3, **options).lower(Shape((4,))))

    assert parameters() == 15
    assert parameters(batchnorm=True) == 12 + 6
    assert parameters(batchnorm=True, bias=True) == 15 + 6
    assert parameters(bias=False) == 12


def test_maxout_widens_the_map_and_the_norm(apply, tensors):
    layer = Dense(units=3, activation=Maxout(pieces=2), batchnorm=True)
    assert apply(layer, *tensors((4,))).shape == (5, 3)
    assert parameter_count(layer.lower(Shape((4,)))) == 4 * 6 + 2 * 6


def test_counts_what_the_activation_learns():
    assert parameter_count(Dense(units=3, activation=Prelu(per_unit=True)).lower(Shape((4,)))) == 15 + 3


def test_no_dropout_no_part():
    assert list(Dense(units=3).lower(Shape((4,))).parts) == ["linear"]


def test_more_axes_without_batch_norm_only(apply, tensors):
    apply(Dense(units=3, activation=Relu()), *tensors((2, 4)))
    with pytest.raises(ShapeFault, match="batch, features"):
        Dense(units=3, batchnorm=True).output_shape(Shape((2, 4)))


def test_bounds(option_of):
    dropout = option_of(Dense, "dropout")
    assert (dropout.minimum, dropout.below) == (0, 1)
    assert Dense.main == "units"
