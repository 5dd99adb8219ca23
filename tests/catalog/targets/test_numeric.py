from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from mlpspec.catalog.losses import Quantile
from mlpspec.catalog.scalers import Log1p, MinMax, NoScaling, Pca, Robust, Standardize, Winsorize
from mlpspec.catalog.targets import NumericTarget
from mlpspec.data.column import ColumnReader
from mlpspec.data.operators import run_program
from mlpspec.data.sources.frame import open_frame
from mlpspec.diagnostics import DataError
from mlpspec.ir.facts import TargetFacts
from mlpspec.ir.fitted import Answer

VALUES = np.random.default_rng(0).normal([20, -3], [5, 0.1], (50, 2))
FRAME = {"price": VALUES[:, 0], "y_b": VALUES[:, 1], "gap": [1.0, None] * 25}


def fitted(target, name="price"):
    return target.fit(name, ColumnReader(open_frame(FRAME)))


def run(program, values):
    return run_program(program, {program.inputs[0]: values})[program.outputs[0]]


def test_scaled_for_the_network_and_back_in_the_answer():
    item = fitted(NumericTarget())
    raw = VALUES[:, :1].astype(np.float32)
    scaled = run(item.encode, raw)
    np.testing.assert_allclose(scaled, StandardScaler().fit_transform(VALUES[:, :1]), rtol=1e-5, atol=1e-6)
    answer = run(item.decode, scaled)
    assert item.decode.outputs == ("price",)
    assert answer.shape == (50,)
    np.testing.assert_allclose(answer, VALUES[:, 0], rtol=1e-6)
    assert (item.facts, item.classes) == (TargetFacts(1), None)


def test_several_numbers():
    item = fitted(NumericTarget(columns=("price", "y_*")), "both")
    assert item.columns == ("price", "y_b")
    answer = run(item.decode, run(item.encode, VALUES.astype(np.float32)))
    np.testing.assert_allclose(answer, VALUES, rtol=1e-5)
    assert item.facts == TargetFacts(2)


def test_unscaled():
    item = fitted(NumericTarget(scale=NoScaling()))
    raw = VALUES[:, :1].astype(np.float32)
    assert np.array_equal(run(item.encode, raw), raw)
    assert np.array_equal(run(item.decode, raw), raw[:, 0])
    assert [step.output for step in item.decode.steps] == ["price"]


def test_what_metrics_compare():
    item = fitted(NumericTarget(columns=("price", "y_b")), "both")
    np.testing.assert_allclose(run(item.restore, run(item.encode, VALUES.astype(np.float32))), VALUES, rtol=1e-5)
    scaled = run(item.encode, VALUES.astype(np.float32))
    prediction = replace(item.decode, outputs=(item.prediction,))
    np.testing.assert_allclose(run(prediction, scaled), VALUES, rtol=1e-5)


@pytest.mark.parametrize("scale", [Standardize(), MinMax(), Robust(), Log1p(), NoScaling()], ids=lambda scale: scale.kind)
def test_quantiles_are_answered_in_order_and_unscaled(scale):
    item = fitted(NumericTarget(loss=Quantile(levels=(0.05, 0.5, 0.95)), scale=scale))
    assert item.facts == TargetFacts(3)
    raw = np.array([[21.0], [15.0], [30.0]], np.float32)
    head = run(item.encode, raw).reshape(1, 3)  # as a network that says 21, 15 and 30 for the three levels
    answers = run_program(item.decode, {item.decode.inputs[0]: head})
    np.testing.assert_allclose(answers["price"], [21], rtol=1e-5)
    np.testing.assert_allclose(answers["price_interval"], [[15, 30]], rtol=1e-5)
    assert item.answers == (Answer("price", "label", "float32"), Answer("price_interval", "interval", "float32", ("0.05", "0.95")))


def test_quantiles_of_several_columns():
    item = fitted(NumericTarget(columns=("price", "y_b"), loss=Quantile(levels=(0.1, 0.3, 0.5, 0.7, 0.9))), "both")
    assert item.facts == TargetFacts(10)
    quantiles = np.quantile(VALUES, [0.1, 0.3, 0.5, 0.7, 0.9], axis=0).astype(np.float32)
    scaled = run(item.encode, quantiles)
    shuffled = np.concatenate([scaled[[4, 0, 3, 1, 2], 0], scaled[[1, 2, 4, 3, 0], 1]])[None]
    answers = run_program(item.decode, {item.decode.inputs[0]: shuffled})
    np.testing.assert_allclose(answers["both"], quantiles[[2]], rtol=1e-5)
    np.testing.assert_allclose(answers["both_interval"], [[*quantiles[[0, 4], 0], *quantiles[[0, 4], 1]]], rtol=1e-5)
    assert item.answers[1].columns == ("price_0.1", "price_0.9", "y_b_0.1", "y_b_0.9")
    assert item.answers[0].columns == ("price", "y_b")


def test_one_quantile_has_no_interval():
    item = fitted(NumericTarget(loss=Quantile(levels=(0.9,))))
    assert (item.facts, item.decode.outputs) == (TargetFacts(1), ("price",))


def test_scales_that_cannot_be_undone_or_not_hold_the_numbers():
    assert "cannot be undone" in (NumericTarget(scale=Pca()).problem() or "")
    assert "cannot be undone" in (NumericTarget(scale=Winsorize()).problem() or "")
    assert NumericTarget(scale=Log1p()).problem() is None
    with pytest.raises(DataError, match="takes numbers above -1"):
        fitted(NumericTarget(scale=Log1p()), "y_b")


def test_missing_numbers():
    with pytest.raises(DataError, match="has 25 missing values") as error:
        fitted(NumericTarget(), "gap")
    assert "remove the rows" in error.value.diagnostics[0].help


def test_outputs():
    assert NumericTarget().outputs("y", None) == 1
    assert NumericTarget(columns=("a", "b")).outputs("y", None) == 2
    assert NumericTarget(columns=("a*",)).outputs("y", None) == "y.columns"
    assert NumericTarget(columns=("a*",)).outputs("y", TargetFacts(3)) == 3
    assert NumericTarget(columns=("a", "b"), loss=Quantile()).outputs("y", None) == 6
    assert NumericTarget(columns=("a*",), loss=Quantile()).outputs("y", None) == "3*y.columns"
