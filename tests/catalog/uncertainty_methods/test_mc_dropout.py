from __future__ import annotations

import pytest

from mlpspec.catalog.uncertainty_methods import UNCERTAINTY_METHODS, McDropout
from mlpspec.compiler import loads
from mlpspec.diagnostics import SpecError

TEXT = """\
mlpspec: 1
inputs: {a: numeric}
targets: {y: numeric}
model: [{dense: {units: 4, dropout: 0.1}}, {head: y}]
export: {uncertainty: %s}
"""


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("mc_dropout", McDropout()),
        ("{mc_dropout: 50}", McDropout(samples=50)),
        ("{mc_dropout: {samples: 7, seed: 3}}", McDropout(samples=7, seed=3)),
        ("null", None),
    ],
)
def test_how_it_is_written(written, expected):
    assert loads(TEXT % written).spec.export.uncertainty == expected


@pytest.mark.parametrize("samples", [1, 1001])
def test_one_sample_has_no_spread(samples):
    with pytest.raises(SpecError) as error:
        loads(TEXT % f"{{mc_dropout: {samples}}}")
    assert [finding.code for finding in error.value.diagnostics] == ["out-of-range"]


def test_the_table():
    assert UNCERTAINTY_METHODS.names() == ["mc_dropout"]
    assert McDropout().samples == 30
