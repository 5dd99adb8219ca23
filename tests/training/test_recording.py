import json
from types import SimpleNamespace

import torch

from mlpspec.training import recording
from mlpspec.training.recording import Record, Show
from mlpspec.training.run_folder import RunFolder

RUN = SimpleNamespace(
    epoch=2,
    epochs=9,
    figures={"train.loss": 0.5, "validation.auroc": None},
    learning_rate=0.1,
    seconds=2.0,
    rows=50,
    skipped=None,
)


def test_a_line_an_epoch(tmp_path):
    for _ in range(2):
        Record(RunFolder(tmp_path)).on_epoch_end(RUN)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert lines == [{"epoch": 2, "train.loss": 0.5, "validation.auroc": None, "learning_rate": 0.1, "seconds": 2.0}] * 2


def test_steps_that_were_skipped_are_told(tmp_path):
    Record(RunFolder(tmp_path)).on_epoch_end(SimpleNamespace(**{**vars(RUN), "skipped": 3}))
    [line] = map(json.loads, (tmp_path / "metrics.jsonl").read_text().splitlines())
    assert line["skipped_steps"] == 3


def test_the_display_is_told_the_speed_the_best_and_the_time_left(monkeypatch):
    """50 rows in 2 seconds; one epoch in 10 seconds, validation included, so that the other 7 take 70."""
    told, best = [], SimpleNamespace(value=0.4, epoch=1)
    show = Show(SimpleNamespace(epoch=told.append), best, torch.device("cpu"))
    moments = iter((100.0, 110.0))
    monkeypatch.setattr(recording.time, "monotonic", lambda: next(moments))
    show.on_start(SimpleNamespace(epoch=1))
    show.on_epoch_end(RUN)
    [seen] = told
    assert (seen.number, seen.epochs, seen.figures, seen.rows_per_second, seen.learning_rate) == (2, 9, RUN.figures, 25.0, 0.1)
    assert (seen.best, seen.best_epoch, seen.seconds_left) == (0.4, 1, 70.0)
