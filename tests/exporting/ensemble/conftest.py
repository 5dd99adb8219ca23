"""A cross-validation over every kind of target."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mlpspec.compiler import loads
from mlpspec.training.folds.cross_validate import cross_validate
from mlpspec.training.run_folder import RunFolder

SPEC = """\
mlpspec: 1
name: many
seed: 1
data:
  path: table.csv
  split: {train: 0.6, validation: 0.4, folds: 3, stratify: kind}
inputs:
  size: {numeric: {missing: mean}}
  colour: category
targets:
  kind: category
  on: binary
  tags: {multilabel: {separator: "|", labels: [x, y]}}
  price: {numeric: {loss: {quantile: {levels: [0.1, 0.5, 0.9]}}}}
  pair: {numeric: {columns: [left, right]}}
model:
  - dense: {units: 8, activation: relu, batchnorm: true, name: h}
  - {head: kind}
  - head: {target: on, from: h}
  - head: {target: tags, from: h}
  - head: {target: price, from: h}
  - head: {target: pair, from: h}
training: {epochs: 3, batch_size: 8}
"""


def table(rows: int = 90) -> str:
    """Rows in which every target follows from the size; the last rows alone have the colour `violet`."""
    lines = ["size,colour,kind,on,tags,price,left,right"]
    for row in range(rows):
        size, colour = row % 10, "violet" if row > rows - 3 else ("red", "green", "blue")[row % 3]
        tags = ["", "x", "y", "x|y"][size % 4]
        lines.append(f"{size}.5,{colour},{'abc'[size % 3]},{row % 2},{tags},{1000 + 30 * size},{size},{-size / 100}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="session")
def _crossed(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("crossed")
    (folder / "table.csv").write_text(table())
    return cross_validate(loads(SPEC, folder=folder), runs=folder / "runs").folder.path


@pytest.fixture
def crossed(_crossed, tmp_path) -> RunFolder:
    """A finished cross-validation, for the test alone."""
    return RunFolder(Path(shutil.copytree(_crossed, tmp_path / "crossed" / _crossed.name)))
