import numpy as np
import pytest

from mlpspec.exporting.proof_rows import BASE_ROWS, UNSEEN, edge_rows

TEXT = """\
mlpspec: 1
inputs:
  strict: {numeric: a}
  loose: {numeric: {columns: [c, d], missing: mean}}
  colour: category
  code: category
  image: tensor
targets: {kind: category}
model: [{flatten: {from: image}}, {dense: 3}, {head: {target: kind, from: dense_1}}]
"""


@pytest.fixture(scope="module")
def fitted(frame):
    from pathlib import Path

    from mlpspec.compiler import loads
    from mlpspec.data.column import raw_inputs
    from mlpspec.data.dataset import load_dataset

    spec = loads(
        TEXT.replace(
            "{flatten: {from: image}}", "{flatten: {from: image, name: flat}}, {concat: {from: [strict, loose, colour, code, flat]}}"
        )
    ).spec
    data = load_dataset(spec.data, spec.inputs, spec.targets, folder=Path(), seed=0, frame=frame)
    part = data.parts["validation"]
    return data.preprocessing, raw_inputs(data.preprocessing, part.table, part.index)


def test_each_column_is_changed_by_itself(fitted):
    preprocessing, rows = fitted
    edges = edge_rows(preprocessing, rows)
    counts = {len(array) for array in edges.values()}
    assert len(counts) == 1
    blocks = {name: array.reshape(-1, BASE_ROWS, *array.shape[1:]) for name, array in edges.items()}
    base = {name: array[:BASE_ROWS] for name, array in rows.items()}
    for number in range(counts.pop() // BASE_ROWS):
        changed = [name for name in rows if not _same(blocks[name][number], base[name])]
        assert len(changed) == (number > 0)


def _same(one, other):
    return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def test_what_real_rows_seldom_hold_is_there(fitted):
    preprocessing, rows = fitted
    edges = edge_rows(preprocessing, rows)
    assert {UNSEEN, ""} <= set(edges["colour"].ravel())
    assert {2**63 - 1, -(2**63), -1, 0} <= set(edges["code"].ravel())
    assert np.isnan(edges["loose"]).all(axis=0).sum() == 0
    assert np.isnan(edges["loose"]).any(axis=0).all()
    assert not np.isnan(edges["strict"]).any(), "a missing number is an error there: the model never sees it"
    assert (edges["strict"] == np.float32(1e-40)).any()
    span = rows["strict"].max() - rows["strict"].min()
    assert edges["strict"].max() >= rows["strict"].max() + 2 * span
    assert edges["strict"].min() <= rows["strict"].min() - 2 * span
    assert edges["image"].shape[1:] == (2, 3)


def test_one_real_row_is_enough(fitted):
    preprocessing, rows = fitted
    edges = edge_rows(preprocessing, {name: array[:1] for name, array in rows.items()})
    assert len({len(array) for array in edges.values()}) == 1


def test_columns_without_any_number(fitted):
    preprocessing, rows = fitted
    edges = edge_rows(preprocessing, {**rows, "loose": np.full_like(rows["loose"], np.nan)})
    assert np.isfinite(edges["loose"]).any()


def test_numbers_stay_within_float32(fitted):
    preprocessing, rows = fitted
    with np.errstate(all="raise"):
        edges = edge_rows(preprocessing, {**rows, "strict": np.where(np.arange(30)[:, None] % 2, 3.4e38, -3.4e38).astype(np.float32)})
    assert np.isfinite(edges["strict"]).all()
