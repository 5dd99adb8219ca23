import numpy as np
import pytest

from mlpspec.exporting.proof_rows import BASE_ROWS, MOST_CELLS, UNSEEN, edge_rows

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
    from mlpspec.data.load import load_dataset

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
        if number not in (1, 2):  # where nothing is known
            assert len(changed) == (number > 0)


def _same(one, other):
    return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def test_what_real_rows_seldom_hold_is_there(fitted):
    preprocessing, rows = fitted
    edges = edge_rows(preprocessing, rows)
    assert {UNSEEN, ""} <= set(edges["colour"].ravel())
    assert {2**63 - 1, -(2**63), -1, 0} <= set(edges["code"].ravel())
    assert {"x" * 10_000, "Ünïcödé 中文 🙂", "e\u0301"} <= set(edges["colour"].ravel())
    assert np.isnan(edges["loose"]).any(axis=0).all()
    both = np.isnan(edges["loose"]).all(axis=1)
    assert (np.isnan(edges["loose"]).any(axis=1) & ~both).any(), "one column is missing, the other there"
    assert set(edges["colour"][both].ravel()) > {UNSEEN}, "rows of which nothing is known"
    largest = np.finfo(np.float32).max
    for name in ("strict", "loose", "image"):
        assert {largest, -largest} <= set(edges[name].ravel().tolist())
        zeros = edges[name][edges[name] == 0]
        assert set(np.signbit(zeros).tolist()) == {True, False}
    assert not np.isnan(edges["strict"]).any(), "a missing number is an error there: the model never sees it"
    assert (edges["strict"] == np.float32(1e-40)).any()
    span = rows["strict"].max() - rows["strict"].min()
    ordinary = edges["strict"][np.abs(edges["strict"]) < largest]
    assert ordinary.max() >= rows["strict"].max() + 2 * span
    assert ordinary.min() <= rows["strict"].min() - 2 * span
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


@pytest.mark.parametrize("columns", [30, 700, 3000])
def test_a_wide_table_does_not_fill_the_memory(columns):
    """Each edge of each column would be columns * columns * 9 * 8 cells."""
    from mlpspec.ir.facts import InputFacts
    from mlpspec.ir.fitted import FittedInput, Preprocessing
    from mlpspec.ir.program import Chain

    names = tuple(f"c{number}" for number in range(columns))
    item = FittedInput("x", "numeric", names, "float32", Chain("x").program(), InputFacts(columns, columns), missing="mean")
    rows = np.random.default_rng(0).normal(size=(50, columns)).astype(np.float32)
    edges = edge_rows(Preprocessing({"x": item}, {}), {"x": rows})["x"]
    assert edges.size <= 2 * MOST_CELLS
    missing = np.isnan(edges).sum(axis=1) == 1
    assert len(set(np.argwhere(np.isnan(edges[missing]))[:, 1])) >= min(columns, MOST_CELLS // columns // 9 - 1)
