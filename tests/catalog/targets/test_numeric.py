from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from mlpspec.catalog.scalers import NoScaling
from mlpspec.catalog.targets import NumericTarget
from mlpspec.data.column import ColumnReader
from mlpspec.data.operators import run_program
from mlpspec.data.sources.frame import open_frame
from mlpspec.diagnostics import DataError
from mlpspec.ir.facts import TargetFacts

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


def test_missing_numbers():
    with pytest.raises(DataError, match="has 25 missing values") as error:
        fitted(NumericTarget(), "gap")
    assert "remove the rows" in error.value.diagnostics[0].help


def test_outputs():
    assert NumericTarget().outputs("y", None) == 1
    assert NumericTarget(columns=("a", "b")).outputs("y", None) == 2
    assert NumericTarget(columns=("a*",)).outputs("y", None) == "y.columns"
    assert NumericTarget(columns=("a*",)).outputs("y", TargetFacts(3)) == 3
