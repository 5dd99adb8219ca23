"""Trained runs that many tests look at."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def weighted_table(table_text) -> str:
    """The table of sizes and colours with a column `weight`."""
    header, *lines = table_text.splitlines()
    return "\n".join([f"{header},weight", *(f"{line},{3 * (row % 10) + row % 3}" for row, line in enumerate(lines))]) + "\n"


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    """What the compiled step finds out about this machine is kept for these tests alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def train_in(tmp_path, spec_text, weighted_table):
    """Train a spec (text) with settings on the table of sizes and colours; the result."""
    from mlpspec.compiler import loads
    from mlpspec.training.train import train

    def run(text=None, *settings, table=None, **options):
        (tmp_path / "table.csv").write_text(weighted_table if table is None else table)
        return train(loads(text or spec_text, folder=tmp_path, settings=settings), runs=tmp_path / "runs", **options)

    return run


@pytest.fixture(scope="session")
def _finished(tmp_path_factory, spec_text, weighted_table):
    from mlpspec.compiler import loads
    from mlpspec.training.train import train

    folder = tmp_path_factory.mktemp("finished")
    (folder / "table.csv").write_text(weighted_table)
    return train(loads(spec_text, folder=folder), runs=folder / "runs").folder.path


@pytest.fixture
def finished(_finished, tmp_path) -> Path:
    """The folder of a finished run, for the test alone."""
    return Path(shutil.copytree(_finished, tmp_path / "finished" / _finished.name))


@pytest.fixture
def metrics_of_run():
    """The lines of metrics.jsonl of a training result."""
    return lambda result: [json.loads(line) for line in (result.folder.path / "metrics.jsonl").read_text().splitlines()]
