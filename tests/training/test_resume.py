"""A run that was stopped and goes on ends with the very weights of one that never stopped."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time

import pytest

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


def epochs(folder):
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
    assert epochs(small / "parts") == epochs(small / "whole") == 400


def _kill_and_resume(small, times):
    """Kill at random moments until the run is through, then compare."""
    assert run(small, "--runs", "whole").returncode == 0
    moments = random.Random(5)
    kills = 0
    while kills < times:
        started = any((small / "parts").glob("small/2*/checkpoints/last"))
        process = subprocess.Popen(
            command("--runs", "parts", *(["--resume"] if started else [])),
            cwd=small,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        _wait_for(small / "parts", process)
        time.sleep(moments.uniform(0, 0.4))
        if process.poll() is not None:
            process.communicate()
            break
        process.kill()
        process.communicate()
        kills += 1
        for folder in (small / "parts").glob("small/2*"):
            if not (folder / "checkpoints/last").exists():  # killed before its first checkpoint: nothing to go on with
                subprocess.run(["rm", "-r", str(folder)], check=True)
    if process.poll() != 0:
        done = run(small, "--runs", "parts", "--resume")
        assert done.returncode in (0, 2), done.stderr  # 2: the last one killed was already complete
    assert weights(small / "parts") == weights(small / "whole")
    return kills


def _wait_for(folder, process):
    """Until a training has made its first checkpoint of this call, or is over."""
    before = _newest(folder)
    for _ in range(600):
        if process.poll() is not None or _newest(folder) != before:
            return
        time.sleep(0.05)


def _newest(folder):
    return max((path.stat().st_mtime_ns for path in folder.glob("small/2*/checkpoints/last")), default=0)


def test_after_kills_at_random_moments(small):
    assert _kill_and_resume(small, 4) > 0


@pytest.mark.slow
def test_after_two_hundred_kills(small):
    global SETTINGS  # a longer run, so that so many fit in
    SETTINGS = [setting.replace("epochs=400", "epochs=40000") for setting in SETTINGS]
    assert _kill_and_resume(small, 200) > 100


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
