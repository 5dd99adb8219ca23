import os
import pty
import re
import select
import subprocess
import sys

import pytest

from mlpspec.training.progress import EpochSeen, Lines, Live, Silent, figures_text, progress_for

FIGURES = {"train.loss": 0.31214, "validation.loss": 0.4, "validation.auroc": None}


def seen(number, epochs, *, memory=lambda: 412_000_000):
    """An epoch as a display gets it."""
    return EpochSeen(number, epochs, FIGURES, 8123.4, 0.003, 0.4, 1, 754.2, memory)


def test_lines_say_the_first_the_last_and_every_twentieth_epoch(capsys):
    with Lines() as progress:
        progress.note("training on cpu")
        for number in range(1, 101):
            progress.epoch(seen(number, 100))
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert lines[0] == "training on cpu"
    assert lines[1] == (
        "epoch 1/100  train.loss 0.3121  validation.loss 0.4  validation.auroc -  "
        "best 0.4 (epoch 1)  rate 0.003  8,123 rows/s  412 MB  12:34 left"
    )
    assert [int(re.match(r"epoch (\d+)/100", line)[1]) for line in lines[1:]] == [1, *range(5, 101, 5)]


def test_slow_epochs_are_said_every_ten_seconds(capsys, monkeypatch):
    from mlpspec.training import progress as module

    now = iter(range(0, 10_000, 4))
    monkeypatch.setattr(module.time, "monotonic", lambda: next(now))
    with Lines() as progress:
        for number in range(1, 20):
            progress.epoch(seen(number, 1000))
    said = [int(re.match(r"epoch (\d+)/", line)[1]) for line in capsys.readouterr().err.splitlines()]
    assert 3 <= len(said) < 19


def test_silence_is_silent(capsys):
    with Silent() as progress:
        progress.note("x")
        progress.epoch(seen(1, 2, memory=lambda: pytest.fail("nobody sees it")))
    assert capsys.readouterr() == ("", "")


def test_what_is_shown_depends_on_where_it_goes(monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert isinstance(progress_for(quiet=False), Live)
    assert isinstance(progress_for(quiet=True), Silent)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    assert isinstance(progress_for(quiet=False), Lines)


def test_figures_have_four_digits():
    assert figures_text(FIGURES) == "train.loss 0.3121  validation.loss 0.4  validation.auroc -"
    assert figures_text({}) == ""


LIVE = """
from mlpspec.training.progress import EpochSeen, progress_for
progress = progress_for(quiet=False)
print(type(progress).__name__, flush=True)
progress.note("before it begins [not markup]")
with progress:
    progress.note("a note [/] that is long enough to wrap in a narrow terminal")
    for number in range(1, 31):
        progress.epoch(EpochSeen(number, 30, {"train.loss": 0.5, "validation.accuracy": None}, 1234.5, 0.003, 0.4, 7, 9.0, lambda: None))
"""


def in_terminal(command, cwd, **environment):
    """Run a command with its stderr on a terminal of its own; exit code, stdout, what the terminal got."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=theirs, cwd=cwd, env={**os.environ, "TERM": "xterm-256color", **environment}
    )
    os.close(theirs)
    shown = b""
    while True:
        ready, _, _ = select.select([ours], [], [], 60)
        try:
            piece = os.read(ours, 65536) if ready else b""
        except OSError:  # the other end is closed
            piece = b""
        if not piece:
            break
        shown += piece
    os.close(ours)
    out, _ = process.communicate(timeout=60)
    return process.returncode, out.decode(), shown.decode()


@pytest.mark.parametrize("columns", [20, 200])
def test_a_narrow_terminal_is_no_reason_to_fail(tmp_path, columns):
    """Row R10: 20 columns."""
    code, out, shown = in_terminal([sys.executable, "-c", LIVE], tmp_path, COLUMNS=str(columns), LINES="24")
    assert code == 0, shown
    assert out.strip() == "Live"
    assert "Traceback" not in shown
    assert "[not markup]" in shown.replace("\r\n", "")
    assert "30/30" in shown.replace(" ", "")
    assert ("best 0.4 (epoch 7)  rate 0.003" in shown) == (columns == 200)


def test_training_in_a_terminal(tmp_path, spec_text):
    """The whole command with a live display, in 20 columns without colours."""
    (tmp_path / "spec.yaml").write_text(spec_text)
    (tmp_path / "table.csv").write_text("size,colour,kind\n" + "".join(f"{row},red,{'ab'[row % 2]}\n" for row in range(40)))
    command = [sys.executable, "-m", "mlpspec", "train", "spec.yaml", "--set", "training.epochs=3"]
    code, out, shown = in_terminal(command, tmp_path, COLUMNS="20", NO_COLOR="1")
    assert code == 0, shown
    assert "run folder: runs/small/" in out
    assert "training on cpu" in re.sub(r"\s+", " ", shown)
