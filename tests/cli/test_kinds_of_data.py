"""Every kind of input and target, from a file through training and export to a file of answers."""

from __future__ import annotations

import csv
import json

import numpy as np
import onnx
import polars as pl
import pytest
from onnx import TensorProto

ROWS = 240
RANDOM = np.random.default_rng(0)
TIMES = RANDOM.integers(-(10**9), 2 * 10**9, ROWS)
TEXT_TIMES = np.array(TIMES, "M8[s]").astype(str)
GAPS = np.where(RANDOM.random(ROWS) < 0.1, "", TEXT_TIMES)
NUMBERS = {
    "money": RANDOM.lognormal(3, 2, ROWS).round(3),
    "a": RANDOM.normal(5, 3, ROWS).round(3),
    "b": RANDOM.normal(-5, 30, ROWS).round(3),
    "c": RANDOM.standard_t(2, ROWS).round(3),
    "code": RANDOM.choice([3, 7, 10, 1000], ROWS),
    "user": RANDOM.integers(0, 10**12, ROWS),
    "likes_tea": RANDOM.choice([0, 1], ROWS),
    "likes_rum": RANDOM.choice([0, 1], ROWS, p=[0.9, 0.1]),
    "price": RANDOM.lognormal(0, 1, ROWS).round(3),
    "weight": RANDOM.normal(80, 5, ROWS).round(3),
}
TEXTS = {
    "kind": RANDOM.choice(["x", "y", "z"], ROWS, p=[0.7, 0.2, 0.1]),
    "churn": RANDOM.choice(["no", "yes"], ROWS, p=[0.9, 0.1]),
    "tags": RANDOM.choice(["red", "red|round", "", "big|red"], ROWS),
}

SPEC = """\
mlpspec: 1
name: kinds
data:
  path: {path}
inputs:
  money: {{numeric: {{scale: log1p}}}}
  robust: {{numeric: {{columns: c, scale: robust}}}}
  clipped: {{numeric: {{columns: [money, c], scale: {{clip: {{lower: 0.05}}}}, missing: mean, missing_indicator: true}}}}
  components: {{numeric: {{columns: [a, b, c], scale: {{pca: 0.9}}, missing: median, missing_indicator: true}}}}
  code: category
  user: {{category: {{encode: {{hashing: {{buckets: 16, size: 3}}}}}}}}
  when: datetime
  gap: {{datetime: {{parts: [month, minute, year], encode: one_hot, missing: median, missing_indicator: true}}}}
targets:
  kind: {{category: {{class_weights: balanced}}}}
  churn: {{binary: {{class_weights: {{custom: {{"yes": 4}}}}, threshold: 0.3}}}}
  price: {{numeric: {{scale: log1p, loss: {{quantile: [0.1, 0.5, 0.9]}}}}}}
  both: {{numeric: {{columns: [price, weight], loss: quantile}}}}
  likes: {{multilabel: {{columns: "likes_*", class_weights: balanced}}}}
  {tags}
model:
  - dense: {{units: 12, activation: relu, name: body}}
  - head: kind
  - head: {{target: churn, from: body}}
  - head: {{target: price, from: body}}
  - head: {{target: both, from: body}}
  - head: {{target: likes, from: body}}
  {tags_head}
training: {{epochs: 2, batch_size: 64}}
"""
TAGS = {"tags": 'tags: {multilabel: {separator: "|", loss: {binary_cross_entropy: 3}}}', "tags_head": "- head: {target: tags, from: body}"}

ANSWERS = [
    *("kind", "kind_probability_x", "kind_probability_y", "kind_probability_z"),
    *("churn", "churn_probability_no", "churn_probability_yes"),
    *("price", "price_interval_0.1", "price_interval_0.9"),
    *("both_price", "both_weight", "both_interval_price_0.05", "both_interval_price_0.95"),
    *("both_interval_weight_0.05", "both_interval_weight_0.95"),
    *("likes_tea", "likes_rum", "likes_probability_likes_tea", "likes_probability_likes_rum"),
    *("tags_big", "tags_red", "tags_round", "tags_probability_big", "tags_probability_red", "tags_probability_round"),
]


def write_csv(path):
    frame = pl.DataFrame({**NUMBERS, **TEXTS, "when": TEXT_TIMES, "gap": GAPS})
    frame.with_columns(a=pl.when(pl.int_range(ROWS) % 9 > 0).then("a")).write_csv(path)


def write_parquet(path):
    times = pl.Series(TIMES.astype("M8[s]").astype("M8[us]"))
    gaps = pl.Series(np.where(GAPS == "", np.datetime64("NaT"), TIMES.astype("M8[s]")).astype("M8[us]"))
    frame = pl.DataFrame({**NUMBERS, **TEXTS, "when": times, "gap": gaps})
    frame.with_columns(a=pl.when(pl.int_range(ROWS) % 9 > 0).then("a")).write_parquet(path)


def write_npz(path):
    holes = np.where(np.arange(ROWS) % 9 > 0, NUMBERS["a"], np.nan)
    gaps = np.where(GAPS == "", np.datetime64("NaT"), TIMES.astype("M8[s]")).astype("M8[s]")
    np.savez(path, **{**NUMBERS, **TEXTS, "a": holes, "when": TIMES, "gap": gaps})


@pytest.fixture(params=["csv", "parquet", "npz"])
def data(request, cli, tmp_path):
    """A file of each kind with the same rows, beside the spec."""
    path = tmp_path / f"rows.{request.param}"
    {"csv": write_csv, "parquet": write_parquet, "npz": write_npz}[request.param](path)
    (tmp_path / "spec.yaml").write_text(SPEC.format(path=path.name, **TAGS))
    return path


def test_all_kinds(data, cli, tmp_path):
    trained = cli("train", "spec.yaml")
    assert trained.code == 0, trained.err
    exported = cli("export", "-o", "model.onnx")
    assert exported.code == 0, exported.err
    proof = json.loads((tmp_path / "runs" / "kinds" / "latest" / "proof.json").read_text())
    assert proof["rows"] > 0
    assert proof["edge_rows"] > 100
    assert set(proof["worst"]) > {"kind_probability", "price_interval", "both_interval", "likes_probability"}
    types = {value.name: value.type.tensor_type.elem_type for value in onnx.load(tmp_path / "model.onnx").graph.input}
    assert types["code"] == (TensorProto.STRING if data.suffix == ".csv" else TensorProto.INT64)
    assert types["user"] == types["when"] == types["gap"] == TensorProto.INT64
    predicted = cli("predict", "model.onnx", data.name, "-o", "answers.csv", "--device", "cpu")
    assert predicted.code == 0, predicted.err
    with (tmp_path / "answers.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ANSWERS
    assert len(rows) == ROWS
    for row in rows:
        number = {name: float(value) for name, value in row.items() if name not in ("kind", "churn")}
        assert number["price_interval_0.1"] <= number["price"] <= number["price_interval_0.9"]
        assert number["both_interval_weight_0.05"] <= number["both_weight"] <= number["both_interval_weight_0.95"]
        assert row["churn"] == ("yes" if number["churn_probability_yes"] >= 0.3 else "no")
        for label in ("tea", "rum"):
            assert number[f"likes_{label}"] == (number[f"likes_probability_likes_{label}"] >= 0.5)


def test_files_of_all_kinds_mean_the_same(cli, tmp_path):
    """A model that CSV trained answers Parquet and NPZ alike: numbers in text, whole numbers and times."""
    for name, write in (("csv", write_csv), ("parquet", write_parquet), ("npz", write_npz)):
        write(tmp_path / f"rows.{name}")
    (tmp_path / "spec.yaml").write_text(
        SPEC.format(path="rows.csv", **TAGS).replace("  code: category\n", "")
    )  # a model trained on texts takes no int64
    assert cli("train", "spec.yaml").code == 0
    assert cli("export", "-o", "model.onnx").code == 0
    answers = []
    for name in ("csv", "parquet", "npz"):
        assert cli("predict", "model.onnx", f"rows.{name}", "-o", f"{name}.csv", "--device", "cpu").code == 0
        answers.append((tmp_path / f"{name}.csv").read_text())
    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("scale: robust", "scale: {robust: {lower: 0.9}}", "`lower` is not below `upper`"),
        ("scale: {pca: 0.9}", "scale: {pca: 4}", "`components: 4` is more than the number of columns, 3"),
        ("buckets: 16, size: 3}}", "buckets: 16, size: 3}}, unseen: error", "no whole number is unseen"),
        ("scale: log1p, loss", "scale: winsorize, loss", "`scale: winsorize` cannot be undone"),
        ("[0.1, 0.5, 0.9]", "[0.1, 0.9]", "none of them in the middle"),
        ("class_weights: balanced}}\n  churn", "loss: quantile}}\n  churn", "the loss `quantile` does not suit a category target"),
        ('separator: "|", loss', 'labels: [a], loss', "needs a `separator`"),
        ("  path: rows.csv", "  path: rows.csv\n  split: {stratify: likes}", "may have several labels"),
        ("missing: median, missing_indicator: true}}\ntargets", "missing_indicator: true}}\ntargets", "`missing: error` refuses them"),
    ],
)  # fmt: skip
def test_contradictions_are_found_without_data(cli, tmp_path, old, new, said):
    text = SPEC.format(path="rows.csv", **TAGS)
    assert old in text
    (tmp_path / "spec.yaml").write_text(text.replace(old, new))
    outcome = cli("validate", "spec.yaml")
    assert outcome.code == 3
    assert said in outcome.err
