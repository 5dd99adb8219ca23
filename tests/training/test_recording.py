import json
from types import SimpleNamespace

from mlpspec.training.recording import Record, Show
from mlpspec.training.run_folder import RunFolder

RUN = SimpleNamespace(epoch=2, epochs=9, figures={"train.loss": 0.5, "validation.auroc": None}, learning_rate=0.1, seconds=2.0, rows=50)


def test_a_line_an_epoch(tmp_path):
    for _ in range(2):
        Record(RunFolder(tmp_path)).on_epoch_end(RUN)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert lines == [{"epoch": 2, "train.loss": 0.5, "validation.auroc": None, "learning_rate": 0.1, "seconds": 2.0}] * 2


def test_the_display_is_told_the_speed():
    """50 rows in 2 seconds."""
    told = []
    Show(SimpleNamespace(epoch=lambda *given: told.append(given))).on_epoch_end(RUN)
    assert told == [(2, 9, RUN.figures, 25.0)]
