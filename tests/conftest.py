"""What many tests share: the command line as a function, and small specs with data."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # tests run side by side

ROOT = Path(__file__).parents[1]


@dataclass
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def cli(capfd, monkeypatch, tmp_path):
    """Run `mlpspec ARGUMENTS...` in this process, in a folder of its own: the real command line without a new interpreter.

    It asserts for every call what holds for all: no traceback, and an exit code that the design knows.
    """
    from mlpspec.cli.main import run

    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Outcome:
        capfd.readouterr()
        with pytest.raises(SystemExit) as stop:
            run([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in err + out
        code = stop.value.code
        assert code in {0, 2, 3, 4, 5, 6, 7, 75, 130}, err
        return Outcome(int(code or 0), out, err)

    return call


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
    """A CSV of `size`, `colour` and `kind`, in which the kind follows from the other two."""
    lines = ["size,colour,kind"]
    for row in range(rows):
        size, colour = row % 10, ("red", "green", "blue")[row % 3]
        lines.append(f"{size}.5,{colour},{'big' if size > 4 else 'small'}")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="session")
def spec_text() -> str:
    """A small spec, of table.csv beside it."""
    return SPEC


@pytest.fixture(scope="session")
def table_text() -> str:
    """What that table holds."""
    return _table()


@pytest.fixture
def small(tmp_path, spec_text, table_text):
    """A folder with spec.yaml and table.csv; its path."""
    (tmp_path / "spec.yaml").write_text(spec_text)
    (tmp_path / "table.csv").write_text(table_text)
    return tmp_path
