"""Runs whose rows are in files."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file

from mlpspec.data.streaming.convert import Conversion
from mlpspec.diagnostics import CheckError, DataError
from mlpspec.exporting.export import export
from mlpspec.training import chunks, stored_tensors
from mlpspec.training.evaluate_run import evaluate_run

STREAMED = "data.streaming=true"
PARTS = "data={path: table.csv, split: {column: part}, missing: ['', '?']}"


@pytest.fixture
def small(monkeypatch):
    """Chunks of 30 rows."""
    monkeypatch.setattr(stored_tensors, "PIECE_BYTES", 30 * 24)
    monkeypatch.setattr(chunks, "BLOCK_BYTES", 4 * 24)


def table(rows=300):
    lines = ["size,colour,kind,part"]
    for row in range(rows):
        size = row * 7 % 10
        part = ("train", "train", "validation", "train", "test")[row % 5]
        lines.append(f"{size}.5,{('red', 'green', 'blue')[row % 3]},{'big' if size > 4 else 'small'},{part}")
    return "\n".join(lines) + "\n"


def weights(result, name="last"):
    folder = result.folder.path / "checkpoints"
    return load_file(folder / (folder / name).read_text().strip() / "model.safetensors")


def equal(one, other):
    return all(torch.equal(tensor, other[name]) for name, tensor in one.items())


@pytest.mark.parametrize("step", ["compiled", "eager"])
def test_rows_that_fit_into_a_chunk_are_learnt_from_as_in_memory(train_in, step):
    settings = (PARTS, f"training.step={step}", "model.0.dense.dropout=0.2")
    memory, files = train_in(None, *settings, table=table()), train_in(None, *settings, STREAMED, table=table())
    assert equal(weights(memory), weights(files))
    assert memory.figures == files.figures
    assert [line["train.loss"] for line in memory.folder.metrics()] == [line["train.loss"] for line in files.folder.metrics()]


@pytest.mark.parametrize("step", ["compiled", "eager"])
def test_chunks_in_the_order_of_the_file_are_learnt_from_as_in_memory(train_in, small, step):
    settings = (PARTS, f"training.step={step}", "training.sampling=sequential", "model.0.dense.batchnorm=true")
    memory, files = train_in(None, *settings, table=table()), train_in(None, *settings, STREAMED, table=table())
    assert equal(weights(memory), weights(files))
    for part in ("validation", "test"):
        assert memory.figures[part] == files.figures[part]


def test_shuffled_chunks(train_in, small):
    settings = (PARTS, STREAMED, "training.epochs=20", "training.optimizer={adam: 0.02}")
    one, other = train_in(None, *settings, table=table()), train_in(None, *settings, table=table())
    assert one.weights_sha256 == other.weights_sha256
    assert one.figures["test"]["accuracy"] == 1.0
    assert one.folder.info()["rows"] == {"train": 180, "validation": 60, "test": 60}


def test_what_is_kept_to_prove_the_export_on(train_in, small):
    result = train_in(None, PARTS, STREAMED, table=table())
    rows = result.folder.proof_rows()
    assert rows["size"].shape == (60, 1)
    assert rows["colour"].shape == (60, 1)


def test_evaluating_again(train_in, small):
    result = train_in(None, PARTS, STREAMED, table=table())
    for part in ("validation", "test"):
        found = evaluate_run(result.folder, part=part)
        assert found.rows == 60
        assert found.figures == pytest.approx(result.figures[part])
    assert evaluate_run(result.folder, part="train").rows == 180


def test_figures_of_training_rows_are_those_of_some(train_in, small):
    result = train_in(None, PARTS, STREAMED, table=table())
    assert any("the figures of the train part are those of 30 of its 180 rows" in warning.message for warning in result.warnings)


@pytest.mark.slow
@pytest.mark.parametrize("settings", [(), ("export.precision=int8", "export.max_metric_drop=1"), ("export.calibrate=temperature",)])
def test_exporting(train_in, small, settings):
    result = train_in(None, PARTS, STREAMED, "training.epochs=2", table=table())
    assert export(result.folder, settings=settings).path.is_file()


def test_data_that_changed(train_in, small, tmp_path, monkeypatch):
    """That is said before it is encoded again."""
    result = train_in(None, PARTS, STREAMED, table=table())
    (tmp_path / "table.csv").write_text(table(400))
    monkeypatch.setattr(Conversion, "run", lambda self, folder: pytest.fail("it is encoded"))
    with pytest.raises(DataError, match=r"the data has changed since the run was trained: `table.csv` is another"):
        evaluate_run(result.folder)
    with pytest.raises(DataError, match=r"the data has changed since the run began: `table.csv` is another"):
        train_in(None, PARTS, STREAMED, "training.epochs=9", table=table(400), resume=result.folder)


def test_a_loss_that_is_not_finite(train_in, small):
    settings = (PARTS, STREAMED, "training.optimizer={sgd: 1000}", "targets={size2: {numeric: size}}", "model=[{dense: 8}, {head: size2}]")
    with pytest.raises(CheckError, match=r"the largest gradient was that of"):
        train_in(None, *settings, table=table())


def test_averaged_weights_with_statistics(train_in, small):
    settings = (PARTS, STREAMED, "training.callbacks=[{swa: {start: 1, use: export}}]", "model.0.dense.batchnorm=true")
    assert train_in(None, *settings, "training.epochs=4", table=table()).weights == "average"


@pytest.mark.parametrize("more", ["training.batch_size=auto", "training.batch_size={growth: {start: 4, every: 1, maximum: 64}}"])
def test_batch_sizes(train_in, small, more):
    assert train_in(None, PARTS, STREAMED, more, table=table()).ended == "finished"


def test_what_takes_time_is_said(train_in, small):
    from mlpspec.training.progress import Silent

    class Notes(Silent):
        def __init__(self):
            self.kept = []

        def note(self, text):
            self.kept.append(text)

    notes = Notes()
    train_in(None, PARTS, STREAMED, "seed=77", table=table(), progress=notes)
    assert notes.kept[0].startswith("encoding the data into ")
