from __future__ import annotations

import numpy as np
import pytest

from mlpspec.catalog.inputs import INPUTS, Tensor
from mlpspec.catalog.scalers import Log1p, Pca, Standardize
from mlpspec.data.column import ColumnReader
from mlpspec.data.operators import run_program
from mlpspec.data.sources.frame import open_frame
from mlpspec.diagnostics import DataError
from mlpspec.ir.facts import InputFacts
from mlpspec.ir.shape import Shape

IMAGES = np.random.default_rng(0).integers(0, 256, (20, 4, 3), np.uint8)


def fitted(tensor, rows=None, name="image"):
    return tensor.fit(name, ColumnReader(open_frame({"image": IMAGES, "n": np.arange(20)}), rows))


def test_as_it_is():
    item = fitted(Tensor())
    assert (item.columns, item.shape, item.type) == (("image",), (4, 3), "float32")
    assert item.facts == InputFacts(1, 12, shape=(4, 3))
    x = IMAGES.astype(np.float32)
    np.testing.assert_array_equal(run_program(item.program, {"image": x})[item.program.outputs[0]], x)


def test_one_scale_for_all_numbers_of_the_training_rows():
    rows = np.arange(5)
    item = fitted(Tensor(array="image", scale=Standardize()), rows, "picture")
    train = IMAGES[rows].astype(np.float64)
    result = run_program(item.program, {"picture": IMAGES.astype(np.float32)})[item.program.outputs[0]]
    np.testing.assert_allclose(result, (IMAGES - train.mean()) / train.std(), rtol=1e-5, atol=1e-6)


def test_the_shape_can_be_declared():
    assert fitted(Tensor(shape=(4, 3))).shape == (4, 3)
    with pytest.raises(DataError, match=r"has the shape \(4, 3\), not \(3, 4\)"):
        fitted(Tensor(shape=(3, 4)))


def test_what_is_no_tensor():
    with pytest.raises(DataError, match="`n` is no array"):
        fitted(Tensor(array="n"))
    with pytest.raises(DataError, match="no array `x`"):
        fitted(Tensor(array="x"))


def test_shapes():
    assert Tensor().network_input("x", None) == (Shape(("x.size",)), "float32")
    assert Tensor(shape=(4, 3)).network_input("x", None) == (Shape((4, 3)), "float32")
    assert Tensor().network_input("x", InputFacts(1, 12, shape=(4, 3))) == (Shape((4, 3)), "float32")


def test_scales_of_columns_are_refused():
    assert "standardize" in (Tensor(scale=Pca()).problem() or "")
    assert Tensor(scale=Log1p()).problem() is None
    with pytest.raises(DataError, match="`x` holds -3; `scale: log1p` takes numbers above -1") as error:
        Tensor(scale=Log1p()).fit("x", ColumnReader(open_frame({"x": np.array([[1.0, 2.0], [0.0, -3.0]])})))
    assert error.value.diagnostics[0].place == "row 2"


def test_the_table():
    assert INPUTS.names() == ["numeric", "category", "datetime", "tensor"]
