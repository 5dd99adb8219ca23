"""Two processes that train one model, as `mlpspec train --devices 2` and torchrun start them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Gloo, and signals as Unix has them")

SPEC = """\
mlpspec: 1
name: small
seed: 3
data: {path: rows.csv, split: {train: 0.8, validation: 0.2, test: 0}}
inputs: {x: {numeric: {columns: [a, b]}}}
targets: {y: {category: {class_weights: balanced}}}
model:
  - dense: {units: 8, activation: tanh, batchnorm: $batchnorm, dropout: $dropout}
  - head: y
vars: {batchnorm: false, dropout: 0}
training: {epochs: 6, batch_size: 11, accumulate: 2, device: cpu, checkpoint: {steps: 1}}
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    draws = np.random.default_rng(0)
    rows = draws.normal(size=(120, 2))
    labels = np.where(rows.sum(axis=1) + draws.normal(scale=0.3, size=120) > 0.5, "high", "low")
    lines = [f"{a:.4f},{b:.4f},{y}" for (a, b), y in zip(rows, labels, strict=True)]
    (tmp_path / "rows.csv").write_text("a,b,y\n" + "\n".join(lines) + "\n")
    (tmp_path / "spec.yaml").write_text(SPEC)
    return tmp_path


TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2"]


def command(*options: str) -> list[str]:
    return [sys.executable, "-m", "mlpspec", "train", "spec.yaml", *options]


def train(here: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*options), cwd=here, capture_output=True, text=True, timeout=300)


@pytest.fixture
def begin() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a command whose messages are read while it runs."""
    begun: list[subprocess.Popen[str]] = []

    def start(here: Path, *options: str) -> subprocess.Popen[str]:
        begun.append(subprocess.Popen(command(*options), cwd=here, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True))
        return begun[-1]

    yield start
    for process in begun:
        process.terminate()
        process.communicate(timeout=60)


def weights(here: Path, runs: str) -> dict[str, torch.Tensor]:
    [folder] = (here / runs / "small").glob("2*/checkpoints/last-*")
    return load_file(folder / "model.safetensors")


def metrics(here: Path, runs: str) -> list[dict[str, float]]:
    [file] = (here / runs / "small").glob("2*/metrics.jsonl")
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.slow
def test_two_processes_learn_in_float16_what_one_learns(here):
    precision = ("--set=training.precision=fp16", "--set=training.clip={norm: 1.0}")
    assert train(here, "--runs=one", *precision).returncode == 0
    done = train(here, "--runs=two", "--devices=2", *precision)
    assert done.returncode == 0, done.stderr
    one, two = weights(here, "one"), weights(here, "two")
    for name, weight in one.items():
        torch.testing.assert_close(two[name], weight, rtol=1e-2, atol=1e-3)  # float16 is rounded batch by batch
    assert [line["skipped_steps"] for line in metrics(here, "two")] == [line["skipped_steps"] for line in metrics(here, "one")]


def test_two_processes_learn_what_one_learns(here):
    assert train(here, "--runs=one").returncode == 0
    done = train(here, "--runs=two", "--devices=2", "--json")
    assert done.returncode == 0, done.stderr
    one, two = weights(here, "one"), weights(here, "two")
    for name, weight in one.items():
        torch.testing.assert_close(two[name], weight, rtol=1e-4, atol=1e-5)  # the sums of gradients are rounded in another order
    records = [
        [json.loads(line) for line in next((here / runs / "small").glob("2*/metrics.jsonl")).read_text().splitlines()]
        for runs in ("one", "two")
    ]
    assert len(records[1]) == 6  # one process writes
    for ours, theirs in zip(*records, strict=True):
        assert theirs["train.loss"] == pytest.approx(ours["train.loss"], rel=1e-4)
        assert theirs["validation.loss"] == pytest.approx(ours["validation.loss"], rel=1e-4)
    run = json.loads(done.stdout)["result"]["run"]
    info = json.loads((here / run / "run.json").read_text())
    assert info["processes"] == 2
    assert info["step"].startswith("compiled: ")
    assert info["step"].endswith("; 2 processes share every batch")


BOTH = """\
from pathlib import Path
from mlpspec.compiler import load
from mlpspec.training.group import joined
from mlpspec.training.train import train

with joined(cuda=False) as group:
    for step in ("compiled", "eager"):
        settings = [f"training.step={step}", "vars.batchnorm=true", "training.clip=norm"]
        train(load("spec.yaml", settings=settings), runs=Path(step), group=group)
"""


def test_the_compiled_step_learns_what_the_eager_one_learns(here):
    (here / "both.py").write_text(BOTH)
    done = subprocess.run(
        [*TORCHRUN, "both.py"], cwd=here, capture_output=True, text=True, timeout=300, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    compiled, eager = weights(here, "compiled"), weights(here, "eager")
    for name, weight in eager.items():
        torch.testing.assert_close(compiled[name], weight, rtol=1e-4, atol=1e-5)
    for ours, theirs in zip(metrics(here, "compiled"), metrics(here, "eager"), strict=True):
        assert ours["train.loss"] == pytest.approx(theirs["train.loss"], rel=1e-4)
        assert ours["validation.loss"] == pytest.approx(theirs["validation.loss"], rel=1e-4)


def test_a_signal_saves_and_the_resumed_run_has_the_bits_of_one_that_never_stopped(here, begin):
    options = ("--devices=2", "--set", "vars.batchnorm=true", "--set", "vars.dropout=0.3", "--set", "training.epochs=30")
    assert train(here, *options, "--runs=whole").returncode == 0
    process = begin(here, *options, "--runs=part")
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("epoch"):
            process.terminate()
    assert process.wait(60) == 75
    assert train(here, *options, "--runs=part", "--resume").returncode == 0
    whole, part = weights(here, "whole"), weights(here, "part")
    assert all(torch.equal(whole[name], part[name]) for name in whole)


@pytest.mark.parametrize("divided", ["false", pytest.param("true", marks=pytest.mark.slow)])
def test_a_killed_process_ends_the_run_with_one_message_and_a_checkpoint(here, begin, divided):
    options = ("--devices=2", "--set", "training.epochs=100000", "--set", f"training.shard_weights={divided}")
    process = begin(here, *options)
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if [each for each in said if each.startswith("epoch")] == [line]:
            os.kill(_member(process.pid, rank=1), signal.SIGKILL)
    assert process.wait(60) == 6
    errors = [line for line in said if line.startswith("error")]
    assert errors == ["error[machine]: process 1 of 2 was killed (SIGKILL); the others were ended\n"]
    again = train(here, *options, "--resume", "--set", "training.callbacks=[{time_limit: {seconds: 1}}]")
    assert again.returncode == 0, again.stderr


def _member(parent: int, rank: int) -> int:
    """The process of that rank below a launcher, which has set its environment."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
            if f"\0RANK={rank}\0" in Path(f"/proc/{child}/environ").read_text():
                return int(child)
    raise AssertionError("no such process")


def test_what_is_wrong_is_said_once(here):
    (here / "rows.csv").write_text((here / "rows.csv").read_text().replace("a,b,y", "a,c,y"))
    done = train(here, "--devices=2")
    assert done.returncode == 4
    assert done.stderr.count("error") == 1
    assert "no column `b`" in done.stderr


def test_folds_are_not_shared_out(here):
    done = train(here, "--devices=2", "--folds=3")
    assert done.returncode == 2
    assert "--workers" in done.stderr


def test_torchrun_starts_it_too(here):
    started = [*TORCHRUN, "--standalone", "-m", "mlpspec", "train", "spec.yaml"]
    done = subprocess.run(started, cwd=here, capture_output=True, text=True, timeout=300, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("run folder:") == 1


def test_torchrun_restarts_it_from_the_last_checkpoint(here):
    options = ("--set=training.epochs=40", "--set=vars.dropout=0.3", "--set=training.step=eager")
    assert train(here, "--devices=2", *options, "--runs=whole").returncode == 0
    started = [*TORCHRUN, "--max-restarts=1", "-m", "mlpspec", "train", "spec.yaml", *options, "--runs=part"]
    with (here / "said.txt").open("w+") as said:
        torchrun = subprocess.Popen(started, cwd=here, stdout=said, stderr=said, env={**os.environ, "OMP_NUM_THREADS": "1"})
        try:
            while torchrun.poll() is None and not any((here / "part").glob("small/2*/metrics.jsonl")):
                time.sleep(0.02)
            os.kill(_member(torchrun.pid, rank=1), signal.SIGKILL)
            assert torchrun.wait(120) == 0, (here / "said.txt").read_text()
        finally:
            torchrun.terminate()
            torchrun.wait(60)
    whole, part = weights(here, "whole"), weights(here, "part")
    assert all(torch.equal(whole[name], part[name]) for name in whole)
