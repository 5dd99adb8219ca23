from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from mlpspec.catalog.imputers import MeanImputer, MedianImputer
from mlpspec.catalog.inputs import Category, Numeric, Tensor
from mlpspec.catalog.samplers import Weighted
from mlpspec.catalog.targets import Binary, CategoryTarget, NumericTarget
from mlpspec.data.load import apply_dataset, load_dataset
from mlpspec.diagnostics import DataError
from mlpspec.ir.fitted import Preprocessing
from mlpspec.language.sections.data import Data, Split


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def people(rows=200, seed=0):
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": random.normal(40, 10, rows).round(1),
            "income": random.lognormal(10, 1, rows).round(2),
            "town": random.choice(["Ulm", "Köln", "Bonn, am Rhein"], rows),
            "group": random.choice(["A", "B"], rows, p=[0.8, 0.2]),
            "score": random.normal(0, 3, rows).round(3),
        }
    )
    frame.loc[random.choice(rows, 20, replace=False), "age"] = np.nan
    return frame


def test_the_same_numbers_as_scikit_learn(folder):
    """The training rows' statistics, applied to every part, as in a ColumnTransformer of pipelines."""
    frame = people()
    frame.to_csv("people.csv", index=False)
    dataset = load_dataset(
        Data(path="people.csv", split=Split(stratify="group")),
        {"numbers": Numeric(columns=("age", "income"), missing=MedianImputer()), "town": Category()},
        {"group": CategoryTarget(), "score": NumericTarget()},
        folder=folder,
        seed=7,
    )
    train = frame.iloc[dataset.parts["train"].index]
    reference = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), ["age", "income"]),
            ("town", OneHotEncoder(sparse_output=False), ["town"]),
        ]
    ).fit(train)
    assert set(dataset.parts) == {"train", "validation", "test"}
    for part in dataset.parts.values():
        rows = frame.iloc[part.index]
        encoded = np.hstack([part.inputs["numbers"], part.inputs["town"]])
        np.testing.assert_allclose(encoded, reference.transform(rows), rtol=1e-5, atol=1e-6)
        assert part.targets["group"].tolist() == (rows["group"] == "B").astype(int).tolist()
        scaled = StandardScaler().fit(train[["score"]]).transform(rows[["score"]])
        np.testing.assert_allclose(part.targets["score"], scaled, rtol=1e-5, atol=1e-6)
        assert part.rows == len(rows)
    assert dataset.hashes == {"people.csv": hashlib.sha256(Path("people.csv").read_bytes()).hexdigest()}
    assert dataset.warnings == ()


def test_preprocessing_is_the_same_bytes_every_time_and_survives_json(folder):
    people().to_csv("people.csv", index=False)

    def preprocessing():
        inputs = {
            "numbers": Numeric(columns=("age", "income"), missing=MeanImputer(), missing_indicator=True),
            "town": Category(missing="own"),
        }
        return load_dataset(Data(path="people.csv"), inputs, {"group": Binary()}, folder=folder, seed=7).preprocessing

    first = preprocessing()
    text = json.dumps(first.to_json())
    assert json.dumps(preprocessing().to_json()) == text
    again = Preprocessing.from_json(json.loads(text))
    assert again.to_json() == first.to_json()
    assert again.facts == first.facts


@pytest.mark.parametrize("kind", ["csv", "parquet", "arrow", "npz", "frame"])
def test_all_sources_give_the_same_arrays(folder, kind):
    frame = people().dropna(ignore_index=True)
    pl.from_pandas(frame).write_csv("t.csv")
    pl.from_pandas(frame).write_parquet("t.parquet")
    pl.from_pandas(frame).write_ipc("t.arrow")
    np.savez("t.npz", **{name: frame[name].to_numpy(str if name in ("town", "group") else None) for name in frame})

    def load(kind):
        inputs = {"numbers": Numeric(columns=("age", "income")), "town": Category()}
        data, memory = (Data(), frame) if kind == "frame" else (Data(path=f"t.{kind}"), None)
        return load_dataset(data, inputs, {"group": CategoryTarget()}, folder=folder, seed=7, frame=memory)

    expected, got = load("csv"), load(kind)
    for part in expected.parts:
        for name in ("numbers", "town"):
            np.testing.assert_array_equal(got.parts[part].inputs[name], expected.parts[part].inputs[name])
        np.testing.assert_array_equal(got.parts[part].targets["group"], expected.parts[part].targets["group"])
    assert got.preprocessing == expected.preprocessing


def test_a_file_for_each_part(folder):
    for part, seed in (("train", 1), ("validation", 2)):
        people(50, seed).to_csv(f"{part}.csv", index=False)
    dataset = load_dataset(
        Data(train="train.csv", validation="validation.csv"), {"income": Numeric()}, {"group": Binary()}, folder=folder, seed=0
    )
    assert {name: part.rows for name, part in dataset.parts.items()} == {"train": 50, "validation": 50}
    income = people(50, 1)["income"]
    expected = (people(50, 2)[["income"]] - income.mean()) / income.std(ddof=0)
    np.testing.assert_allclose(dataset.parts["validation"].inputs["income"], expected, rtol=1e-5, atol=1e-6)
    assert list(dataset.hashes) == ["train.csv", "validation.csv"]


def refused(folder, data, inputs, targets, **options):
    with pytest.raises(DataError) as error:
        load_dataset(data, inputs, targets, folder=folder, seed=0, **options)
    return error.value.diagnostics


def test_all_columns_problems_at_once(folder):
    Path("t.csv").write_text("a,b,c,y\n" + "1,x,,u\n" * 20)
    found = refused(
        folder,
        Data(path="t.csv"),
        {"a": Category(), "b": Numeric(), "c": Category(), "e": Numeric(), "b2": Numeric(columns=("b",))},
        {"y": CategoryTarget(), "z": NumericTarget(columns=("b",))},
    )
    assert [(d.code, d.message) for d in found] == [
        ("invalid-data", "column `y` has only the label `u` in the training rows"),
        ("bad-cell", "column `b` has 20 cells that are not numbers: `x`, `x`, `x`, ..."),
        ("missing-value", "column `c` has 20 missing values"),
        ("missing-column", "the data has no column `e`"),
    ]


def test_all_parts_problems_at_once(folder):
    Path("train.csv").write_text("n,y\n1,a\n2,b\n")
    Path("validation.csv").write_text("n,y\n,a\n2,c\n")
    Path("test.csv").write_text("n,y\n1,a\nx,\n")
    data = Data(train="train.csv", validation="validation.csv", test="test.csv")
    found = refused(folder, data, {"n": Numeric()}, {"y": CategoryTarget()})
    assert [(d.code, d.place) for d in found] == [
        ("missing-value", "validation.csv:2"),
        ("unseen-category", "validation.csv:3"),
        ("bad-cell", "test.csv:3"),
        ("missing-value", "test.csv:3"),
    ]


def test_files_problems_at_once(folder):
    Path("train.csv").write_text("a,a\n")
    found = refused(folder, Data(train="train.csv", test="none.csv"), {"a": Numeric()}, {"a": NumericTarget()})
    assert [d.code for d in found] == ["bad-header", "missing-data"]


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "missing-data"), ("n,y\n", "missing-data"), ("n,y\n1,a\n", "bad-split"), ("n,y\n1,a\n2,b\n3,a\n", "bad-split")],
    ids=["empty", "header only", "one row", "three rows"],
)
def test_too_few_rows(folder, text, code):
    Path("t.csv").write_text(text)
    [found] = refused(folder, Data(path="t.csv"), {"n": Numeric()}, {"y": CategoryTarget()})
    assert found.code == code


def test_no_data_at_all(folder):
    assert "names no training data" in refused(folder, Data(), {"n": Numeric()}, {"y": CategoryTarget()})[0].message


def test_a_stratified_target_of_another_name_than_its_column(folder):
    labels = ["a"] * 16 + ["b"] * 4
    dataset = load_dataset(
        Data(split=Split(train=0.5, validation=0.25, test=0.25, stratify="answer")),
        {"n": Numeric()},
        {"answer": CategoryTarget(column="label")},
        folder=folder,
        seed=0,
        frame={"n": list(range(20)), "label": labels},
    )
    assert [part.targets["answer"].sum() for part in dataset.parts.values()] == [2, 1, 1]


def test_patterns_leave_targets_and_the_split_column_out(folder):
    frame = {"a": [1, 2, 4], "b": [3, 4, 1], "y": [1.5, 2.5, 2], "part": ["train", "train", "test"]}
    dataset = load_dataset(
        Data(split=Split(column="part")), {"x": Numeric(columns=("*",))}, {"y": NumericTarget()}, folder=folder, seed=0, frame=frame
    )
    assert dataset.preprocessing.inputs["x"].columns == ("a", "b")
    assert {name: part.rows for name, part in dataset.parts.items()} == {"train": 2, "test": 1}


def test_the_empty_text_is_always_missing(folder):
    Path("t.csv").write_text("n,y\n1,a\nNA,b\n,a\n4,b\n")
    data = Data(path="t.csv", missing=("NA",), split=Split(train=1.0, validation=0.0, test=0.0))
    dataset = load_dataset(data, {"n": Numeric(missing=MeanImputer())}, {"y": Binary()}, folder=folder, seed=0)
    assert dataset.preprocessing.missing_tokens == ("", "NA")
    np.testing.assert_allclose(
        dataset.parts["train"].inputs["n"].ravel(), np.array([-1.5, 0, 0, 1.5]) / np.std([1, 2.5, 2.5, 4]), rtol=1e-6
    )


def test_warnings_are_gathered(folder):
    train = {"n": [1.0, 1.0], "c": ["a", "b"], "y": ["u", "v"], "part": ["train", "train"]}
    frame = {name: [*values, values[0]] for name, values in train.items()} | {
        "c": ["a", "b", "z"],
        "part": ["train", "train", "validation"],
    }
    inputs = {"n": Numeric(), "c": Category()}
    dataset = load_dataset(Data(split=Split(column="part")), inputs, {"y": Binary()}, folder=folder, seed=0, frame=frame)
    assert [w.code for w in dataset.warnings] == ["suspicious-data", "unseen-category"]
    assert dataset.parts["validation"].inputs["n"].tolist() == [[0]]


def test_other_data(folder):
    frame = people(50).dropna()
    inputs, targets = {"income": Numeric(), "town": Category()}, {"group": Binary()}
    preprocessing = load_dataset(Data(), inputs, targets, folder=folder, seed=0, frame=frame).preprocessing
    frame[["group", "town", "income", "age"]].to_csv("new.csv", index=False)
    part, warnings = apply_dataset(preprocessing, "new.csv")
    assert part.rows == len(frame)
    assert part.targets["group"].ravel().tolist() == (frame["group"] == "B").astype(float).tolist()
    assert [(w.code, w.message) for w in warnings] == [("ignored", "1 column is not read: `age`")]
    part, warnings = apply_dataset(preprocessing, frame[["income", "town"]], targets=False)
    assert (part.targets, warnings) == ({}, ())
    with pytest.raises(DataError, match="has 0 rows"):
        apply_dataset(preprocessing, frame.iloc[:0])


def test_tensors_from_a_file(folder):
    images = np.random.default_rng(0).integers(0, 256, (30, 8, 8), np.uint8)
    np.savez("t.npz", image=images, label=np.arange(30) % 3)
    inputs, targets = {"image": Tensor(shape=(8, 8))}, {"label": CategoryTarget()}
    dataset = load_dataset(Data(path="t.npz", split=Split(stratify="label")), inputs, targets, folder=folder, seed=0)
    train = dataset.parts["train"]
    np.testing.assert_array_equal(train.inputs["image"], images[train.index].astype(np.float32))
    assert dataset.preprocessing.targets["label"].classes == (0, 1, 2)
    assert dataset.preprocessing.facts.inputs["image"].shape == (8, 8)


def weighted_people():
    frame = people()
    return frame.assign(weight=np.arange(len(frame)) % 4)


def test_a_sampler_reads_its_column_of_the_training_rows_and_patterns_pass_over_it():
    frame = weighted_people()
    dataset = load_dataset(
        Data(),
        {"numbers": Numeric(columns=("age", "w*"), missing=MeanImputer())} | {"rest": Numeric(columns=("inc*", "*ight", "score"))},
        {"group": Binary()},
        folder=Path(),
        seed=7,
        frame=frame.assign(wealth=1.0 * np.arange(len(frame)), height=2.0),
        sampler=Weighted(column="weight"),
    )
    assert dataset.preprocessing.inputs["numbers"].columns == ("age", "wealth")
    assert dataset.preprocessing.inputs["rest"].columns == ("income", "height", "score")
    assert dataset.drawn_by is not None
    assert np.array_equal(dataset.drawn_by, frame["weight"].to_numpy()[dataset.parts["train"].index])


def test_a_sampler_s_faults_are_told_with_the_others():
    frame = weighted_people().assign(weight=-1.0)
    frame.loc[150:, "group"] = "new"
    frame["part"] = np.where(np.arange(len(frame)) < 150, "train", "test")
    with pytest.raises(DataError) as error:
        load_dataset(
            Data(split=Split(column="part")), {"town": Category()}, {"group": Binary()}, folder=Path(), seed=7, frame=frame,
            sampler=Weighted(column="weight"),
        )  # fmt: skip
    assert [diagnostic.code for diagnostic in error.value.diagnostics] == ["bad-cell", "unseen-category"]
