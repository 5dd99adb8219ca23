"""Trained runs that many tests look at."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

SPEC = """\
mlpspec: 1
name: small
seed: 1
data:
  path: table.csv
  split: {train: 0.6, validation: 0.2, test: 0.2}
inputs:
  size: numeric
  colour: category
targets:
  kind: category
model:
  - dense: {units: 8, activation: relu}
  - head: kind
training:
  epochs: 3
  batch_size: 16
"""


def _table(rows: int = 60) -> str:
    lines = ["size,colour,kind,weight"]
    for row in range(rows):
        size, colour = row % 10, ("red", "green", "blue")[row % 3]
        lines.append(f"{size}.5,{colour},{'big' if size > 4 else 'small'},{3 * size + row % 3}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    """What the compiled step finds out about this machine is kept for these tests alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def spec_text() -> str:
    return SPEC


@pytest.fixture
def train_in(tmp_path):
    """Train a spec (text) with settings on the table of sizes and colours; the result."""
    from mlpspec.compiler import loads
    from mlpspec.training.train import train

    def run(text=None, *settings, table=None, **options):
        (tmp_path / "table.csv").write_text(_table() if table is None else table)
        return train(loads(text or SPEC, folder=tmp_path, settings=settings), runs=tmp_path / "runs", **options)

    return run


@pytest.fixture(scope="session")
def _finished(tmp_path_factory):
    from mlpspec.compiler import loads
    from mlpspec.training.train import train

    folder = tmp_path_factory.mktemp("finished")
    (folder / "table.csv").write_text(_table())
    return train(loads(SPEC, folder=folder), runs=folder / "runs").folder.path


@pytest.fixture
def finished(_finished, tmp_path) -> Path:
    """The folder of a finished run, for the test alone."""
    return Path(shutil.copytree(_finished, tmp_path / "finished" / _finished.name))


@pytest.fixture
def metrics_of_run():
    """The lines of metrics.jsonl of a training result."""
    return lambda result: [json.loads(line) for line in (result.folder.path / "metrics.jsonl").read_text().splitlines()]
