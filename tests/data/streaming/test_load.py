from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mlpspec.catalog.augmentations import Noise
from mlpspec.catalog.imputers import MedianImputer
from mlpspec.catalog.inputs import Category, Datetime, Numeric, Tensor
from mlpspec.catalog.scalers import MinMax
from mlpspec.catalog.targets import CategoryTarget, Multilabel, NumericTarget
from mlpspec.data.column import raw_inputs
from mlpspec.data.load import load_dataset
from mlpspec.data.streaming import convert, sample
from mlpspec.data.streaming.cache import entries_folder
from mlpspec.data.streaming.load import load_streamed
from mlpspec.data.streaming.part import StoredPart
from mlpspec.data.streaming.recipe import Recipe
from mlpspec.diagnostics import DataError, MachineError
from mlpspec.language.sections.data import Data, Split

INPUTS = {
    "numbers": Numeric(columns=("age", "income"), missing=MedianImputer(), missing_indicator=True),
    "town": Category(),
    "since": Datetime(),
}
TARGETS = {"group": CategoryTarget(), "score": NumericTarget(), "tags": Multilabel(separator="|")}


def load(data, inputs=INPUTS, targets=TARGETS, **more):
    return load_dataset(data, inputs, targets, folder=Path(), seed=1, **more)


def streamed(data, *args, **more):
    return load(replace(data, streaming=True), *args, **more)


def arrays(part):
    return {
        **{f"inputs.{name}": array for name, array in part.inputs.items()},
        **{f"targets.{name}": a for name, a in part.targets.items()},
    }


@pytest.fixture(params=[64, 1 << 16])
def block_rows(request, monkeypatch):
    monkeypatch.setattr(convert.Conversion.__init__, "__kwdefaults__", {"block_rows": request.param})


@pytest.mark.parametrize("suffix", ["csv", "parquet", "arrow"])
@pytest.mark.parametrize("split", [Split(column="part"), None])
def test_the_same_bits_as_in_memory(folder, people, write, suffix, split, block_rows):
    """Where the sample holds all training rows, everything learnt and every encoded number is the same."""
    if split is None:
        for part in ("train", "validation", "test"):
            write(people.filter(pl.col("part") == part), f"{part}.{suffix}")
        data = Data(train=f"train.{suffix}", validation=f"validation.{suffix}", test=f"test.{suffix}")
    else:
        write(people, f"people.{suffix}")
        data = Data(path=f"people.{suffix}", split=split)
    one, other = load(data), streamed(data)
    assert one.preprocessing == other.preprocessing
    assert one.hashes == other.hashes
    assert other.fitted_on == one.parts["train"].rows
    assert list(one.parts) == list(other.parts)
    for name, part in one.parts.items():
        stored = other.parts[name]
        assert isinstance(stored, StoredPart)
        assert stored.rows == part.rows
        for key, array in arrays(part).items():
            assert arrays(stored)[key].dtype == array.dtype, (name, key)
            assert np.array_equal(arrays(stored)[key], array), (name, key)
        first, second = (raw_inputs(set_.preprocessing, p.table, p.index[:50]) for set_, p in ((one, part), (other, stored)))
        assert all(np.array_equal(first[key], second[key], equal_nan=first[key].dtype.kind == "f") for key in first)


def test_a_folder_of_parquet_files(folder, people, write):
    for number in range(4):
        write(people[number * 250 : (number + 1) * 250], f"parts/{number}.parquet")
    data = Data(path="parts", split=Split(column="part"))
    one, other = load(data), streamed(data)
    assert one.preprocessing == other.preprocessing
    assert one.hashes == other.hashes
    assert len(one.hashes) == 4
    assert all(np.array_equal(a, b) for a, b in zip(arrays(one.parts["test"]).values(), arrays(other.parts["test"]).values(), strict=True))


def test_tensors(folder, write):
    images = np.random.default_rng(0).integers(0, 255, (200, 12)).astype(np.uint8)
    frame = pl.DataFrame({"image": pl.Series(images, dtype=pl.Array(pl.UInt8, 12)), "y": ["a", "b"] * 100})
    write(frame, "images.parquet")
    inputs, targets = {"image": Tensor(scale=MinMax())}, {"y": CategoryTarget()}
    one, other = load(Data(train="images.parquet"), inputs, targets), streamed(Data(train="images.parquet"), inputs, targets)
    assert np.array_equal(one.parts["train"].inputs["image"], other.parts["train"].inputs["image"])


def test_a_small_sample_still_knows_all_categories_and_both_ends(folder, people, write, monkeypatch):
    monkeypatch.setattr(sample, "SAMPLE_ROWS", 20)
    rare = people.with_columns(town=pl.when(pl.int_range(1000) == 997).then(pl.lit("Rare")).otherwise("town"))
    write(rare, "people.parquet")
    data, inputs = Data(train="people.parquet"), {"income": Numeric(scale=MinMax()), "town": Category()}
    one, other = load(data, inputs), streamed(data, inputs)
    assert one.preprocessing.inputs["income"] == other.preprocessing.inputs["income"]
    assert one.preprocessing.inputs["town"] == other.preprocessing.inputs["town"]
    assert one.preprocessing.targets["group"].classes == other.preprocessing.targets["group"].classes
    assert other.fitted_on is not None
    assert 20 <= other.fitted_on < 35


def test_statistics_of_a_sample_are_near_those_of_all_rows(folder, write, monkeypatch):
    """The mean of n of N normal numbers is within 4 sqrt((1 - n/N) / n) of the mean of all."""
    monkeypatch.setattr(sample, "SAMPLE_ROWS", 2000)
    random = np.random.default_rng(0)
    write(pl.DataFrame({"x": random.normal(size=20_000), "y": random.normal(size=20_000)}), "t.parquet")
    found = streamed(Data(train="t.parquet"), {"x": Numeric()}, {"y": NumericTarget()})
    encoded = found.parts["train"].inputs["x"]
    assert abs(encoded.mean()) < 4 * np.sqrt(0.9 / 2000)
    assert abs(encoded.std() - 1) < 0.1


def test_warnings_are_those_of_all_blocks(folder, people, write, block_rows):
    strange = people.with_columns(
        town=pl.when(pl.col("part") == "test").then(pl.concat_str(pl.lit("T"), pl.int_range(1000) % 9)).otherwise("town"),
        constant=pl.lit(3.0),
    )
    write(strange, "people.parquet")
    data, inputs = Data(path="people.parquet", split=Split(column="part")), {"town": Category(), "constant": Numeric()}
    assert [w.message for w in load(data, inputs).warnings] == [w.message for w in streamed(data, inputs).warnings]
    again = streamed(data, inputs)  # from the cache
    assert "test rows: `T" in again.warnings[1].message
    assert again.warnings[1].place.startswith("people.parquet: row")


def test_encoded_once(folder, people, write, monkeypatch):
    write(people, "people.csv")
    data, said = Data(path="people.csv"), []
    first = streamed(data, say=said.append)
    assert len(said) == 1
    assert said[0].startswith("encoding the data into ")
    assert streamed(data, say=said.append).preprocessing == first.preprocessing
    assert len(said) == 1
    streamed(data, {**INPUTS, "numbers": replace(INPUTS["numbers"], augment=(Noise(std=0.1),))}, say=said.append)
    assert len(said) == 1, "what happens to encoded rows does not matter"
    streamed(data, {**INPUTS, "numbers": replace(INPUTS["numbers"], scale=MinMax())}, say=said.append)
    streamed(replace(data, split=Split(seed=3)), say=said.append)
    assert len(said) == 3
    people[:900].write_csv("people.csv")
    os.utime("people.csv", (1, 1))
    assert sum(part.rows for part in streamed(data, say=said.append).parts.values()) == 900
    assert len(said) == 4


@pytest.mark.parametrize("damage", ["short", "gone", "manifest", "head"])
def test_a_damaged_entry_is_encoded_again(folder, people, write, damage):
    write(people, "people.csv")
    data, said = Data(path="people.csv"), []
    before = {name: np.array(array) for name, array in arrays(streamed(data).parts["train"]).items()}
    [entry] = [path for path in entries_folder().iterdir() if path.is_dir()]
    [file] = (entry / "train" / "inputs").glob("town*")
    if damage == "short":
        file.write_bytes(file.read_bytes()[:-4])
    elif damage == "gone":
        file.unlink()
    elif damage == "manifest":
        (entry / "manifest.json").write_text("{}")
    else:
        (entry / "train" / "head.arrow").write_bytes(b"x")
    after = arrays(streamed(data, say=said.append).parts["train"])
    assert any("is damaged" in text for text in said)
    assert all(np.array_equal(before[name], after[name]) for name in before)


def refusal(data, *args, error=DataError):
    with pytest.raises(error) as raised:
        streamed(data, *args)
    assert not [path for path in entries_folder().glob("*") if path.is_dir()], "nothing half done is left"
    return [(finding.message, finding.place) for finding in raised.value.diagnostics]


def test_errors_in_all_blocks_with_their_lines(folder, block_rows):
    lines = [f"{n},a" for n in range(1000)]
    lines[100], lines[101], lines[900] = "one,a", "two,a", "three,b"
    Path("t.csv").write_text("x,y\n" + "\n".join(lines) + "\n")
    found = refusal(Data(path="t.csv"), {"x": Numeric()}, {"y": CategoryTarget()})
    assert found[0][1] == "t.csv:102"
    assert "`one`, `two`" in found[0][0]
    assert len(found) == 1 or found[1] == ("column `x`: `three` is not a number", "t.csv:902")


def test_reading_ends_after_many_errors(folder, monkeypatch):
    monkeypatch.setattr(convert.Conversion.__init__, "__kwdefaults__", {"block_rows": 64})
    Path("t.csv").write_text("x,y\n" + "none of a number that is here and there and everywhere,a\n" * 200_000)
    found = refusal(Data(path="t.csv"), {"x": Numeric()}, {"y": CategoryTarget()})
    assert len(found) == convert.MOST_PROBLEMS + 1
    assert found[-1][0] == "there may be more: reading ended here"


def test_labels_that_the_training_rows_lack(folder, people, write, block_rows):
    write(people.with_columns(group=pl.when(pl.col("part") == "test").then(pl.lit("C")).otherwise("group")), "people.csv")
    found = refusal(Data(path="people.csv", split=Split(column="part")))
    assert "has labels that the training rows lack" in found[0][0]
    assert found[0][1].startswith("people.csv:")


def test_missing_columns_and_files(folder, people, write):
    assert refusal(Data(path="none.csv"))[0][0] == "there is no file `none.csv`"
    write(people.drop("age"), "people.csv")
    assert "the data has no column `age`" in refusal(Data(path="people.csv"))[0][0]


@pytest.mark.parametrize(("rows", "message"), [(0, "has 0 rows"), (2, "part is empty: none of 2 rows fell to it")])
def test_too_few_rows(folder, people, write, rows, message):
    write(people[:rows], "people.parquet")
    assert message in refusal(Data(path="people.parquet"))[0][0]


def test_a_disk_that_is_too_small(folder, people, write, monkeypatch):
    import shutil

    write(people, "people.parquet")
    usage = shutil.disk_usage(".")
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage._replace(free=1000))
    [(message, _)] = refusal(Data(path="people.parquet"), error=MachineError)
    assert message.startswith("the encoded rows need 0.0 GB")
    assert "bytes each" in message


def test_a_disk_that_fills_up(folder, people, write, monkeypatch):
    import errno

    write(people, "people.parquet")

    def full(file, view):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("mlpspec.data.streaming.stored._write", full)
    assert "the disk is full" in refusal(Data(path="people.parquet"), error=MachineError)[0][0]


def test_rows_from_memory_are_not_streamed(folder, people):
    found = streamed(Data(path="none.csv"), frame=people)
    assert not isinstance(found.parts["train"], StoredPart)


def test_progress_is_said(folder, people, write, monkeypatch):
    monkeypatch.setattr(convert, "_SECONDS", -1.0)
    monkeypatch.setattr(convert.Conversion.__init__, "__kwdefaults__", {"block_rows": 300})
    write(people, "people.parquet")
    said: list[str] = []
    load_streamed(Recipe(Data(path="people.parquet"), INPUTS, TARGETS, 1), Path(), said.append)
    assert any(text.startswith("reading `people.parquet`: ") for text in said)
    assert any(text.startswith("encoding `people.parquet`: ") and text.endswith(" rows so far") for text in said)
