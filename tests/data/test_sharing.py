from __future__ import annotations

import pytest

from mlpspec.compiler import load
from mlpspec.data import opened as module
from mlpspec.data.sharing import SharedData


@pytest.fixture
def opened(monkeypatch):
    """The files that were opened, in order."""
    files = []
    before = module.open_table

    def counted(path, **options):
        files.append(path.name)
        return before(path, **options)

    monkeypatch.setattr(module, "open_table", counted)
    return files


def test_files_are_read_once_and_encoded_as_often_as_needed(small, opened):
    shared = SharedData()
    first = shared.dataset(load(small / "spec.yaml", settings=["training.epochs=5", "model.0.dense.units=3"]))
    assert shared.dataset(load(small / "spec.yaml")) is first
    assert shared.dataset(load(small / "spec.yaml", settings=["inputs.size={numeric: {augment: [{noise: 0.1}]}}"])) is first
    other = shared.dataset(load(small / "spec.yaml", settings=["inputs.size={numeric: {scale: min_max}}"]))
    assert other.preprocessing != first.preprocessing
    folds = [shared.dataset(load(small / "spec.yaml", settings=[f"data.split={{folds: 3, fold: {fold}}}"])) for fold in (1, 2, 3)]
    assert len({fold.parts["test"].index[0] for fold in folds}) > 1
    assert opened == ["table.csv"]
    (small / "other.csv").write_text((small / "table.csv").read_text())
    shared.dataset(load(small / "spec.yaml", settings=["data.path=other.csv"]))
    assert opened == ["table.csv", "other.csv"]


def test_rows_from_memory(small):
    frame = {"size": [1.0, 2.0] * 10, "colour": ["red", "blue"] * 10, "kind": ["big", "small"] * 10}
    assert SharedData(frame).dataset(load(small / "spec.yaml")).parts["train"].rows == 12
