from __future__ import annotations

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from mlpspec.catalog.imputers import ConstantImputer, MeanImputer, MedianImputer
from mlpspec.catalog.inputs import Numeric
from mlpspec.catalog.scalers import SCALERS, Log1p, MinMax, NoScaling, Pca
from mlpspec.data.column import ColumnReader
from mlpspec.data.operators import run_program
from mlpspec.data.sources.frame import open_frame
from mlpspec.diagnostics import DataError
from mlpspec.ir.facts import InputFacts
from mlpspec.ir.shape import Shape

FRAME = {"x": [1.0, None, 5.0, 7.0, 100.0], "y": [2.0, 4.0, None, 8.0, -50.0], "z": [0, 1, 2, 3, 4]}
TRAIN = np.arange(4)  # the last row is not for training


def fitted(numeric, name="n", rows=TRAIN):
    return numeric.fit(name, ColumnReader(open_frame(FRAME), rows))


def values(item):
    raw = np.array([FRAME[c] for c in item.columns], np.float64).T.astype(np.float32)
    return run_program(item.program, {item.name: raw})[item.program.outputs[0]]


@pytest.mark.parametrize(("imputer", "strategy"), [(MeanImputer(), "mean"), (MedianImputer(), "median")])
def test_imputer_then_scaler_like_scikit_learn(imputer, strategy):
    item = fitted(Numeric(columns=("x", "y"), missing=imputer, scale=MinMax()))
    raw = np.array([FRAME["x"], FRAME["y"]], np.float64).T
    reference = make_pipeline(SimpleImputer(strategy=strategy), MinMaxScaler()).fit(raw[TRAIN])
    np.testing.assert_allclose(values(item), reference.transform(raw), rtol=1e-6, atol=1e-7)
    assert item.facts == InputFacts(2, 2)
    assert (item.type, item.missing, item.shape) == ("float32", strategy, None)


def test_indicators_stand_behind_the_values():
    item = fitted(Numeric(columns=("x", "y"), missing=ConstantImputer(value=0.0), scale=NoScaling(), missing_indicator=True))
    assert values(item).tolist()[:3] == [[1, 2, 0, 0], [0, 4, 1, 0], [5, 0, 0, 1]]
    assert item.facts == InputFacts(2, 4)


def test_indicators_need_an_imputer():
    assert "missing: mean" in Numeric(missing_indicator=True).problem()
    assert Numeric(missing_indicator=True, missing=MeanImputer()).problem() is None


def test_missing_numbers_are_refused_by_default():
    with pytest.raises(DataError, match="column `x` has 1 missing value"):
        fitted(Numeric(columns=("x", "z")))
    with pytest.raises(DataError, match="column `x` has 1 missing value"):  # in any row, not in the training rows only
        fitted(Numeric(columns=("x", "z")), rows=np.array([0, 2]))


def test_the_column_of_its_own_name():
    item = fitted(Numeric(scale=NoScaling()), name="z")
    assert item.columns == ("z",)
    assert values(item).ravel().tolist() == [0, 1, 2, 3, 4]
    assert item.program.outputs != item.program.inputs


def test_shapes():
    assert Numeric().network_input("n", None) == (Shape((1,)), "float32")
    assert Numeric(columns=("a", "b"), missing_indicator=True).network_input("n", None) == (Shape((4,)), "float32")
    assert Numeric(columns=("a*",)).network_input("n", None) == (Shape(("n.columns",)), "float32")
    assert Numeric(columns=("a*",), missing_indicator=True).network_input("n", None) == (Shape(("2*n.columns",)), "float32")
    assert Numeric(columns=("a*",)).network_input("n", InputFacts(3, 3)) == (Shape((3,)), "float32")
    assert Numeric().operation("n", None) is None


@pytest.mark.parametrize("scaler", list(SCALERS), ids=lambda scaler: scaler.kind)
def test_indicators_combine_with_every_scaler(scaler):
    alone = fitted(Numeric(columns=("x", "z"), missing=MedianImputer(), scale=scaler()))
    beside = fitted(Numeric(columns=("x", "z"), missing=MedianImputer(), scale=scaler(), missing_indicator=True))
    np.testing.assert_array_equal(values(beside)[:, :2], values(alone))
    assert values(beside)[:, 2:].tolist() == [[0, 0], [1, 0], [0, 0], [0, 0], [0, 0]]
    assert beside.facts == InputFacts(2, 4)
    assert np.isfinite(values(beside)).all()


def test_components_in_place_of_columns():
    item = fitted(Numeric(columns=("x", "z"), missing=MedianImputer(), scale=Pca(components=1), missing_indicator=True))
    assert item.facts == InputFacts(2, 3)
    assert values(item).shape == (5, 3)
    assert Numeric(columns=("a", "b", "c"), scale=Pca(components=2)).network_input("n", None) == (Shape((2,)), "float32")
    share = Numeric(columns=("a*",), scale=Pca(components=0.9), missing=MeanImputer(), missing_indicator=True)
    assert share.network_input("n", None) == (Shape(("n.components+n.columns",)), "float32")


def test_more_components_than_columns():
    assert "at most 2" in (Numeric(columns=("a", "b"), scale=Pca(components=3)).problem() or "")
    assert Numeric(columns=("a*",), scale=Pca(components=3)).problem() is None
    with pytest.raises(DataError, match="`components: 3` is more than the number of columns, 1"):
        fitted(Numeric(columns=("z*",), scale=Pca(components=3)))


def test_numbers_that_the_scale_does_not_take():
    with pytest.raises(DataError, match="column `y` holds -50; `scale: log1p` takes numbers above -1") as error:
        fitted(Numeric(columns=("z", "y"), missing=MeanImputer(), scale=Log1p()), rows=np.array([3, 4]))
    assert error.value.diagnostics[0].place == "row 5"
    fitted(Numeric(columns=("z", "y"), missing=MeanImputer(), scale=Log1p()))  # the row is not for training
