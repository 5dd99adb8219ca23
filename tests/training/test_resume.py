"""A run that was stopped and goes on ends with the very weights of one that never stopped."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from mlpspec.ir.callback import Callback
from mlpspec.training.resume import differences

SETTINGS = [
    "model.0.dense.batchnorm=true",
    "model.0.dense.dropout=0.3",
    "training.epochs=400",
    "training.optimizer={adam: {learning_rate: 0.003}}",
    "training.schedule={cosine: {warmup: 0.1}}",
    "training.checkpoint={seconds: 0.05}",
]
"""Everything whose state could be lost: running averages, dropout's masks, moments, the schedule's place."""


def command(*extra, step="compiled"):
    settings = [part for setting in [*SETTINGS, f"training.step={step}"] for part in ("--set", setting)]
    return [sys.executable, "-m", "mlpspec", "train", "spec.yaml", "-q", *settings, *extra]


def run(folder, *extra, step="compiled"):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command(*extra, step=step), cwd=folder, env=environment, capture_output=True, text=True, check=False)


def weights(folder):
    """The hash of the last weights of the only run below a folder."""
    [pointer] = folder.glob("small/2*/checkpoints/last")
    return hashlib.sha256((pointer.parent / pointer.read_text().strip() / "model.safetensors").read_bytes()).hexdigest()


def fingerprint(folder):
    """The hash that run.json has for the weights the run ended with."""
    [info] = folder.glob("small/2*/run.json")
    return json.loads(info.read_text())["weights_sha256"]


def recorded(folder):
    """How many epochs metrics.jsonl has."""
    [metrics] = folder.glob("small/2*/metrics.jsonl")
    return len(metrics.read_text().splitlines())


@pytest.mark.parametrize("step", ["compiled", "eager"])
def test_after_a_signal_in_the_middle(step, small):
    assert run(small, "--runs", "whole", step=step).returncode == 0
    process = subprocess.Popen(command("--runs", "parts", step=step), cwd=small, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    _wait_for(small / "parts", process)
    process.send_signal(signal.SIGTERM)
    _, message = process.communicate(timeout=30)
    assert process.returncode == 75, message
    assert "--resume" in message
    done = run(small, "--runs", "parts", "--resume", step=step)
    assert done.returncode == 0, done.stderr
    assert weights(small / "parts") == weights(small / "whole")
    assert recorded(small / "parts") == recorded(small / "whole") == 400


KILLING = """
import json, os, random, shutil, signal, sys, time
from pathlib import Path

import polars  # imported once, for all children
import mlpspec.cli.main, mlpspec.training.run

arguments, times = json.loads(sys.argv[1]), int(sys.argv[2])

def child(*more):
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open("log", os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
        os.dup2(2, 1)
        mlpspec.cli.main.run([*arguments, *more])
    return pid

def wait(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

started = time.monotonic()
whole = child("--runs", "whole")
while not list(Path("whole").glob("small/2*/checkpoints/last")):
    time.sleep(0.001)
first = time.monotonic() - started
assert wait(whole) == 0
each = (time.monotonic() - started - first) / times
moments, kills, ended = random.Random(5), 0, 0
while kills < times:
    runs = list(Path("parts").glob("small/2*"))
    for run in runs:
        if not (run / "checkpoints/last").exists():  # killed before its first checkpoint: nothing to go on with
            shutil.rmtree(run)
            runs = []
    pid = child("--runs", "parts", *(["--resume", str(runs[0])] if runs else []))
    time.sleep(moments.uniform(0, first + 1.2 * each))
    gone, status = os.waitpid(pid, os.WNOHANG)
    if gone:  # trained to its end before its time: another one is begun
        assert os.waitstatus_to_exitcode(status) in (0, 2)
        Path("parts").rename(f"parts-{ended}")
        ended += 1
        continue
    os.kill(pid, signal.SIGKILL)
    wait(pid)
    kills += 1
runs = [run for run in Path("parts").glob("small/2*") if (run / "checkpoints/last").exists()]
assert wait(child("--runs", "parts", *(["--resume", str(runs[0])] if runs else []))) in (0, 2)  # 2: it was complete
print(kills)
"""
"""Trains once in peace and once with kill -9 at random moments, each in a fork of a process that has imported everything already."""


def _kill_and_resume(small, times, epochs, *settings):
    """How many kills there were; whatever their moments, the run ends with the weights of one that was left in peace."""
    wanted = [*SETTINGS, f"training.epochs={epochs}", "training.checkpoint={seconds: 0.04, keep: 2}", *settings]
    arguments = ["train", "spec.yaml", "-q", *(part for setting in wanted for part in ("--set", setting))]
    done = subprocess.run(
        [sys.executable, "-c", KILLING, json.dumps(arguments), str(times)],
        cwd=small,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + (small / "log").read_text()
    for parts in small.glob("parts*"):
        assert fingerprint(parts) == fingerprint(small / "whole")
        assert weights(parts) == weights(small / "whole")
        assert recorded(parts) == recorded(small / "whole") == epochs
    return int(done.stdout)


def _wait_for(folder, process):
    """Until a training has made its first checkpoint of this call, or is over."""
    before = _newest(folder)
    for _ in range(600):
        if process.poll() is not None or _newest(folder) != before:
            return
        time.sleep(0.05)


def _newest(folder):
    return max((path.stat().st_mtime_ns for path in folder.glob("small/2*/checkpoints/last")), default=0)


EVERYTHING = "training.callbacks=[{ema: {decay: 0.9, use: export}}, {reduce_on_plateau: {factor: 0.7, patience: 9}}]"


def test_after_kills_at_random_moments(small):
    assert _kill_and_resume(small, 10, 600, EVERYTHING, "training.clip={norm: 0.5}") == 10


@pytest.mark.slow
@pytest.mark.parametrize("step", ["compiled", "eager"])
def test_after_two_hundred_kills(small, step):
    assert _kill_and_resume(small, 200, 20_000 if step == "compiled" else 4000, EVERYTHING, f"training.step={step}") == 200


@pytest.mark.parametrize("step", ["compiled", "eager"])
@pytest.mark.parametrize("callback", ["{ema: 0.9}", "{swa: {use: validation}}", "{reduce_on_plateau: {patience: 1}}"])
def test_callbacks_go_on_where_they_were(train_in, spec_text, callback, step):
    """Stopped in the middle of an epoch, and at the end of one; in this process, by a callback."""

    class Stop(Callback):
        def __init__(self, at):
            self.at = at

        def on_steps(self, run):
            if run.steps >= self.at:
                run.stop("for now")

        on_epoch_end = on_steps

    settings = (*SETTINGS[:2], "training.epochs=9", "training.batch_size=6", f"training.callbacks=[{callback}]", f"training.step={step}")
    whole = train_in(spec_text, *settings)
    for at in (15, 24, 38, 47):
        part = train_in(spec_text, *settings, callbacks=[Stop(at)])
        assert part.ended == "for now"
        again = train_in(spec_text, *settings, resume=part.folder)
        assert (again.weights_sha256, again.figures) == (whole.weights_sha256, whole.figures)


def test_a_damaged_last_checkpoint_gives_way_to_the_one_before(train_in, spec_text):
    settings = ("training.epochs=9", "training.checkpoint={epochs: 2, keep: 3}")
    whole = train_in(spec_text, *settings)
    folder = train_in(spec_text, "training.epochs=7", *settings[1:]).folder
    kept = sorted(path.name for path in (folder.path / "checkpoints").glob("last-*"))
    assert kept == ["last-000004-000000", "last-000006-000000", "last-000007-000000"]
    (folder.path / "checkpoints" / kept[-1] / "step.safetensors").write_bytes(b"damaged")
    assert train_in(spec_text, *settings, resume=folder).weights_sha256 == whole.weights_sha256


def test_a_complete_run_says_so(cli, small):
    assert cli("train", "spec.yaml").code == 0
    outcome = cli("train", "spec.yaml", "--resume")
    assert outcome.code == 2
    assert "already complete" in outcome.err


def test_a_run_that_stopped_early_is_complete(cli, small):
    stopping = ("--set", "training.early_stopping={monitor: train.loss, patience: 1, min_delta: 99}", "--set", "training.epochs=9")
    assert cli("train", "spec.yaml", *stopping).code == 0
    outcome = cli("train", "spec.yaml", "--resume", *stopping)
    assert outcome.code == 2
    assert "already complete" in outcome.err


def test_callbacks_that_alter_no_step_may_change(cli, small):
    assert cli("train", "spec.yaml").code == 0
    more = ("--set", "training.epochs=5", "--set", "training.callbacks=[{early_stopping: 50}, {checkpoint: {epochs: 1}}]")
    assert cli("train", "spec.yaml", "--resume", *more).code == 0


def test_more_epochs_go_on_from_the_end(cli, small):
    assert cli("train", "spec.yaml").code == 0
    assert cli("train", "spec.yaml", "--resume", "--set", "training.epochs=5").code == 0
    [metrics] = (small / "runs").glob("small/2*/metrics.jsonl")
    assert len(metrics.read_text().splitlines()) == 5


def test_another_spec_is_refused_with_what_changed(cli, small):
    assert cli("train", "spec.yaml").code == 0
    outcome = cli("train", "spec.yaml", "--resume", "--set", "model.0.dense.units=9", "--set", "training.epochs=9")
    assert outcome.code == 3
    assert "`model.0.dense.units` was 8" in outcome.err


def test_other_data_is_refused(cli, small):
    assert cli("train", "spec.yaml").code == 0
    (small / "table.csv").write_text((small / "table.csv").read_text().replace("9.5,red", "8.5,red"))
    outcome = cli("train", "spec.yaml", "--resume", "--set", "training.epochs=9")
    assert outcome.code == 4
    assert "changed" in outcome.err


def test_differences_name_the_path():
    assert list(differences({"a": {"b": [1, 2]}}, {"a": {"b": [1]}, "c": 3})) == [(("a", "b"), [1, 2], [1]), (("c",), None, 3)]
