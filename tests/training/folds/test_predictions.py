from __future__ import annotations

from pathlib import Path

import pytest

from mlpspec.compiler import load
from mlpspec.diagnostics import MachineError, UsageError
from mlpspec.training.folds.cross_validate import cross_validate
from mlpspec.training.folds.predictions import check_place


def test_places():
    check_place(Path("a.parquet"))
    with pytest.raises(UsageError) as error:
        check_place(Path("a.json"))
    assert error.value.diagnostics[0].help == "end the name in .csv or .parquet"
    with pytest.raises(MachineError, match="the folder does not exist"):
        check_place(Path("nowhere/a.csv"))


def test_several_targets_of_all_kinds(small):
    """Truth and answers of each target stand beside each other; in time's order the first rows are held out by no fold."""
    import polars as pl

    table = pl.read_csv(small / "table.csv").with_columns(
        weight=pl.col("size") * 2, on=pl.int_range(60) % 2, tags=pl.when(pl.col("size") > 4).then(pl.lit("x|y")).otherwise(pl.lit("x"))
    )
    table.with_columns(at=pl.int_range(60)).write_csv(small / "table.csv")
    targets = "targets={kind: category, weight: numeric, on: binary, tags: {multilabel: {separator: '|'}}}"
    settings = [targets, "model=[{head: kind}, {head: {target: weight, from: size}}, {head: {target: on, from: size}}, "]
    settings[1] += "{head: {target: tags, from: size}}]"
    document = load(small / "spec.yaml", settings=[*settings, "data.split={time: at, folds: 3}"])
    found = pl.read_csv(cross_validate(document, runs=small / "runs").predictions)
    assert found["row"].to_list() == list(range(15, 60))
    assert found.columns[2:] == [
        *("kind_true", "kind", "kind_probability_big", "kind_probability_small"),
        *("weight_true", "weight"),
        *("on_true", "on", "on_probability_0", "on_probability_1"),
        *("tags_true", "tags_x", "tags_y", "tags_probability_x", "tags_probability_y"),
    ]
    assert found["weight_true"].to_list() == [2 * value for value in table["size"].to_list()[15:]]
