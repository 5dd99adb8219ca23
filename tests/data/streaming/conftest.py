from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to work in, with a cache of its own beside it."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("MLPSPEC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "work"


@pytest.fixture
def people():
    """1000 rows with all kinds of columns."""
    random = np.random.default_rng(3)
    rows = 1000
    age = random.normal(40, 10, rows).round(1)
    return pl.DataFrame(
        {
            "age": pl.Series([None if random.random() < 0.1 else float(value) for value in age]),
            "income": random.lognormal(10, 1, rows).round(2),
            "town": random.choice(["Ulm", "Köln", "Bonn, am Rhein"], rows),
            "since": pl.Series(np.datetime64("2020-01-01", "us") + 60_000_000 * random.integers(0, 10**6, rows), dtype=pl.Datetime("us")),
            "tags": random.choice(["a", "b|c", "", "a|c"], rows),
            "group": random.choice(["A", "B"], rows, p=[0.8, 0.2]),
            "score": random.normal(0, 3, rows).round(3),
            "family": [f"f{number}" for number in random.integers(0, 200, rows)],
            "part": random.choice(["train", "validation", "test"], rows, p=[0.6, 0.2, 0.2]),
        }
    )


@pytest.fixture
def write():
    """Write a frame as the suffix says."""

    def write(frame: pl.DataFrame, path: str) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        {"csv": frame.write_csv, "parquet": frame.write_parquet, "arrow": frame.write_ipc}[path.rsplit(".", 1)[-1]](path)

    return write
