"""Every kind of input, encoder, scaler, imputer and target, from raw columns to labels, on the device."""

from __future__ import annotations

import numpy as np
import pytest

from mlpspec.catalog.encoders import ENCODERS
from mlpspec.catalog.imputers import IMPUTERS
from mlpspec.catalog.inputs import INPUTS
from mlpspec.catalog.scalers import SCALERS
from mlpspec.catalog.targets import TARGETS
from mlpspec.runtime.cuda_graphs import SIZES, WARM

pytestmark = pytest.mark.gpu

HEAD = "mlpspec: 1\nseed: 2\n"
ONE_TARGET = "targets: {kind: category}\nmodel:\n  - dense: {units: 16, activation: tanh}\n  - head: kind\n"

SPECS = {
    "numbers": f"""{HEAD}
inputs:
  plain: {{numeric: {{columns: [a, b], scale: none}}}}
  standardized: {{numeric: {{columns: [a, b], scale: standardize}}}}
  filled_mean: {{numeric: {{columns: [c, d], missing: mean, missing_indicator: true}}}}
  filled_median: {{numeric: {{columns: [c, a], missing: median, scale: min_max}}}}
  filled_constant: {{numeric: {{columns: d, missing: {{constant: -1.5}}, scale: none}}}}
  refused: {{numeric: {{columns: a, missing: error}}}}
  logarithm: {{numeric: {{columns: b, scale: log1p}}}}
  robust: {{numeric: {{columns: [a, d], missing: mean, scale: robust}}}}
  clipped: {{numeric: {{columns: [a, b, d], missing: median, scale: winsorize}}}}
  components: {{numeric: {{columns: [a, b, c], missing: mean, scale: pca}}}}
{ONE_TARGET}""",
    "categories": f"""{HEAD}
inputs:
  colour: {{category: {{encode: one_hot}}}}
  both: {{category: {{columns: [colour, size], missing: own}}}}
  unknown: {{category: {{columns: size, missing: unknown, encode: embedding}}}}
  code: category
  grades: {{category: {{columns: [grade, code], encode: embedding}}}}
  hashed: {{category: {{columns: [grade, code], encode: {{hashing: {{buckets: 8, size: 2}}}}}}}}
{ONE_TARGET}""",
    "times": f"""{HEAD}
inputs:
  when: datetime
  parts: {{datetime: {{columns: when, parts: [month, minute, year], encode: one_hot}}}}
{ONE_TARGET}""",
    "arrays": f"""{HEAD}
inputs: {{image: {{tensor: {{scale: standardize}}}}, a: numeric}}
targets: {{kind: category}}
model:
  - flatten: {{name: flat, from: image}}
  - concat: {{from: [flat, a]}}
  - dense: {{units: 16, activation: relu, batchnorm: true, dropout: 0.4}}
  - head: kind
""",
    "targets": f"""{HEAD}
inputs: {{numbers: {{numeric: [a, b]}}, colour: category}}
targets:
  kind: category
  level: {{category: {{classes: [30, 10, 20]}}}}
  yes: binary
  one: {{binary: {{positive: 0}}}}
  price: numeric
  pair: {{numeric: {{columns: [price, weight]}}}}
  ranged: {{numeric: {{columns: price, scale: min_max}}}}
  logged: {{numeric: {{columns: weight, scale: log1p}}}}
  between: {{numeric: {{columns: price, loss: {{quantile: [0.1, 0.5, 0.9]}}}}}}
  marks: {{multilabel: {{columns: [one]}}}}
model:
  - dense: {{units: 16, activation: tanh, name: body}}
"""
    + "".join(
        f"  - head: {{target: {name}, from: body}}\n"
        for name in ("kind", "level", "yes", "one", "price", "pair", "ranged", "logged", "between", "marks")
    ),
    "shared weights and blocks": f"""{HEAD}
inputs: {{left: {{numeric: [a, b]}}, right: {{numeric: [b, a]}}}}
targets: {{kind: category}}
blocks:
  residual:
    parameters: {{units: 8}}
    layers:
      - dense: {{name: inner, units: $units, activation: gelu, from: input}}
      - add: {{from: [inner, input]}}
model:
  - linear: {{units: 8, name: first, from: left}}
  - share: {{of: first, name: second, from: right}}
  - subtract: {{from: [first, second]}}
  - block: {{use: residual, repeat: 3}}
  - head: kind
""",
}

ROWS = 2400
RANDOM = np.random.default_rng(4)


def holes(values):
    return np.where(RANDOM.random(len(values)) < 0.15, np.nan, values)


COLOUR = RANDOM.choice(["red", "green", "blue", "é\u2060 b"], ROWS).astype(object)
SIZE = RANDOM.choice(["S", "M", ""], ROWS, p=[0.5, 0.4, 0.1]).astype(object)
FRAME = {
    "a": RANDOM.normal(100, 20, ROWS),
    "b": RANDOM.lognormal(0, 2, ROWS),
    "c": holes(RANDOM.normal(-5, 0.01, ROWS)),
    "d": holes(RANDOM.standard_t(2, ROWS)),
    "colour": COLOUR,
    "size": SIZE,
    "code": RANDOM.choice([3, -7, 10**12], ROWS),
    "grade": RANDOM.integers(0, 5, ROWS),
    "when": (np.datetime64("1990-01-01") + RANDOM.integers(0, 10**9, ROWS)).astype("M8[s]"),
    "image": RANDOM.normal(0, 50, (ROWS, 2, 3)),
    "kind": np.where(COLOUR == "red", "x", np.where(SIZE == "S", "y", "z")).astype(object),
    "level": RANDOM.integers(1, 4, ROWS) * 10,
    "yes": RANDOM.choice(["no", "yes"], ROWS).astype(object),
    "one": RANDOM.integers(0, 2, ROWS),
    "price": RANDOM.normal(1e4, 2e3, ROWS),
    "weight": RANDOM.lognormal(0, 1, ROWS),
}


@pytest.fixture(scope="module")
def exports(export):
    made = {}

    def get(name):
        if name not in made:
            made[name] = export(SPECS[name], FRAME)
        return made[name]

    return get


def test_no_kind_is_forgotten():
    text = "".join(SPECS.values())
    for family in (SCALERS, IMPUTERS, ENCODERS, INPUTS, TARGETS):
        assert [entry.kind for entry in family if entry.kind not in text] == []


def some(rows, count, start=0):
    total = len(next(iter(rows.values())))
    return {name: values[(start + np.arange(count)) % total] for name, values in rows.items()}


@pytest.mark.parametrize("name", SPECS)
def test_answers_are_those_of_training(name, exports, predictor_on, where, worst, found):
    """Texts apart, everything else on the device, graphs recorded; all rows at once and in batches."""
    exported = exports(name)
    predictor = predictor_on(exported.data, cuda_graph="on")
    assert predictor.device.warnings == ()
    assert predictor.device.device == where.name
    expected = exported.trained()
    rows = exported.rows
    total = len(next(iter(rows.values())))
    assert total > SIZES[-1]
    at_once = worst(predictor.run(rows), expected)
    in_batches = 0.0
    for start in range(0, 5 * 257, 257):
        part = {key: values[start : start + 257] for key, values in expected.items()}
        in_batches = max(in_batches, worst(predictor.run(some(rows, 257, start)), part))
    found(name, f"{at_once:.3f} at once, {in_batches:.3f} in batches, of the tolerance")
    assert max(at_once, in_batches) <= 1


@pytest.mark.parametrize("batch", [1, 3, 64, SIZES[-1]])
def test_a_repeated_graph_gives_what_a_plain_run_gives(batch, exports, predictor_on, worst, found):
    exported = exports("targets")
    graphs, plain = predictor_on(exported.data, cuda_graph="on"), predictor_on(exported.data, cuda_graph="off")
    largest, bits = 0.0, True
    for number in range(WARM + 4):
        rows = some(exported.rows, batch, number * 11)
        one, other = graphs.run(rows), plain.run(rows)
        largest = max(largest, worst(one, other))
        bits = bits and all(np.array_equal(one[key], other[key], equal_nan=one[key].dtype.kind == "f") for key in one)
    found(f"{batch} rows", f"{largest:.3f} of the tolerance, {'the same bits' if bits else 'other bits'}")
    assert largest <= 1
