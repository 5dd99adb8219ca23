"""Memory does not grow with the data."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import polars as pl
import pytest

PROGRAM = """
import resource, sys
from pathlib import Path
from mlpspec.catalog.inputs import Category, Numeric
from mlpspec.catalog.targets import NumericTarget
from mlpspec.data.streaming import sample
from mlpspec.data.streaming.load import load_streamed
from mlpspec.data.streaming.recipe import Recipe
from mlpspec.language.sections.data import Data

sample.SAMPLE_ROWS = 5000
inputs = {"x": Numeric(columns=("x*",)), "word": Category(unseen="unknown")}
found = load_streamed(Recipe(Data(path=sys.argv[1], streaming=True), inputs, {"y": NumericTarget()}, 1), Path())
print(sum(part.rows for part in found.parts.values()), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux")
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_twice_the_rows_take_no_more_memory(folder, write, suffix):
    """The second half of 400,000 rows, 37 MB of numbers and texts in memory, adds less than 20 MB to the peak of the process."""
    random, rows = np.random.default_rng(0), 400_000
    frame = pl.DataFrame(
        {
            **{f"x{n}": random.normal(size=rows).astype(np.float32) for n in range(8)},
            "y": random.normal(size=rows),
            "word": random.choice([f"a rather long category, number {n}" for n in range(40)], rows),
        }
    )
    peaks = []
    for count in (rows // 2, rows):
        write(frame[:count], f"{count}.{suffix}")
        done = subprocess.run([sys.executable, "-c", PROGRAM, f"{count}.{suffix}"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        found, peak = done.stdout.split()
        assert int(found) == count
        peaks.append(float(peak))
    assert peaks[1] - peaks[0] < 20
