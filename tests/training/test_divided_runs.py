"""Two processes that divide the weights, met once for all tests here; this file is also what they run."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from mlpspec.compiler import loads
from mlpspec.diagnostics import CheckError

SPEC = """\
mlpspec: 1
name: small
seed: 3
data: {path: rows.csv, split: {train: 0.8, validation: 0.2, test: 0}}
inputs: {x: {numeric: {columns: [a, b]}}}
targets: {y: {category: {class_weights: balanced}}}
model:
  - dense: {units: 5, activation: tanh, batchnorm: $batchnorm, dropout: $dropout}
  - linear: {units: 5, name: twice}
  - activation: tanh
  - share: twice
  - linear: 1
  - activation: tanh
  - head: y
vars: {batchnorm: false, dropout: 0}
training: {epochs: 4, batch_size: 11, accumulate: 2, device: cpu, shard_weights: true}
"""

PLAIN = ("training.clip={norm: 0.05}", "training.callbacks=[{ema: 0.9}]")
"""What two processes learn as one does: no batch norm, whose statistics are those of each process's rows."""

NORMED = ("vars.batchnorm=true", "vars.dropout=0.3", "training.callbacks=[{swa: 2}]")

HALF = ("training.precision=fp16", "training.optimizer={sgd: {learning_rate: 0.1, momentum: 0.9}}", "training.clip={value: 0.01}")


def spec(folder: Path, *settings: str, text: str = SPEC) -> Any:
    return loads(text, folder=folder, settings=settings)


def work(folder: Path) -> None:
    """What each of the two processes does."""
    from mlpspec.training.group import joined
    from mlpspec.training.train import train

    with joined(cuda=False) as group:

        def run(name: str, *settings: str, text: str = SPEC, **options: Any) -> Any:
            return train(spec(folder, *settings, text=text), runs=folder / name, group=group, **options)

        said: dict[str, Any] = {"plain": run("plain", *PLAIN).weights_sha256}
        whole = run("whole", *NORMED)
        part = run("part", *NORMED, "training.epochs=3")
        run("part", *NORMED, resume=part.folder)
        said["hash"] = whole.weights_sha256
        run("half", *HALF)
        run("shared half", *HALF, "training.shard_weights=false")
        with pytest.raises(CheckError) as error:
            run("bad", text=BAD_SPEC)
        said["bad"] = str(error.value)
        said["bytes"] = _bytes(folder, group)
        (folder / f"said {group.rank}.json").write_text(json.dumps(said))


BAD_SPEC = """\
mlpspec: 1
name: small
data: {path: rows.csv, split: {train: 0.8, validation: 0.2, test: 0}}
inputs: {x: {numeric: {columns: [a], scale: none}}}
targets: {b: {numeric: {scale: none}}}
model: [{linear: {units: 8, name: wide}}, {head: b}]
training: {epochs: 2, batch_size: 11, optimizer: {sgd: 1000}, device: cpu, shard_weights: true}
"""


def _bytes(folder: Path, group: Any) -> dict[str, list[int]]:
    """Bytes of weights, gradients and optimizer memory after a step: those of this process, and those of the whole network."""
    from mlpspec.catalog.optimizers import Adam
    from mlpspec.compiler import build_graph
    from mlpspec.data.load import load_dataset
    from mlpspec.pytorch.module import build_module
    from mlpspec.training.cause import first_weights
    from mlpspec.training.divided import divide
    from mlpspec.training.divided_step import DividedStep
    from mlpspec.training.losses import TotalLoss
    from mlpspec.training.tensors import Tensors
    from mlpspec.training.whole import held

    document = spec(folder, text=SPEC.replace("units: 5", "units: 64"))
    dataset = load_dataset(document.spec.data, document.spec.inputs, document.spec.targets, folder=folder, seed=3)
    graph, part = build_graph(document, dataset.preprocessing.facts), dataset.parts["train"]
    with torch.device("meta"):
        module = build_module(graph)
    divide(module, group, torch.device("cpu"), lambda whole: first_weights(graph, 3, whole))
    rows = Tensors.from_arrays(part.inputs, part.targets, part.rows, torch.device("cpu"))
    step = DividedStep(module, TotalLoss(document.spec.targets, dataset.preprocessing.targets), Adam(), rows, group)
    gradients: list[torch.Tensor] = []
    step._before_update.append(lambda module: gradients.extend(weight.grad for weight in module.parameters()))  # type: ignore[misc]
    step.run(torch.arange(8), 0.1)
    kinds = {
        "weights": list(module.parameters()),
        "gradients": gradients,
        "memory": [value for name, value in step.state().items() if name.startswith("exp_avg")],
    }
    return {kind: [sum(held(t).nbytes for t in tensors), sum(t.nbytes for t in tensors)] for kind, tensors in kinds.items()}


if __name__ == "__main__":
    work(Path(sys.argv[1]))
    sys.exit()

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Gloo")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Where both processes have left their runs, and what they said."""
    folder = tmp_path_factory.mktemp("divided")
    draws = np.random.default_rng(0)
    rows = draws.normal(size=(120, 2))
    labels = np.where(rows.sum(axis=1) + draws.normal(scale=0.3, size=120) > 0.5, "high", "low")
    lines = [f"{a:.4f},{b:.4f},{y}" for (a, b), y in zip(rows, labels, strict=True)]
    (folder / "rows.csv").write_text("a,b,y\n" + "\n".join(lines) + "\n")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = str(found.getsockname()[1])
    meeting = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": "1"}
    begun = [
        subprocess.Popen(
            [sys.executable, __file__, str(folder)],
            env={**os.environ, **meeting, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(2)
    ]
    outputs = [process.communicate(timeout=300)[0] for process in begun]
    assert [process.returncode for process in begun] == [0, 0], "\n".join(outputs)
    return folder


@pytest.fixture(scope="module")
def said(folder) -> list[dict[str, Any]]:
    return [json.loads((folder / f"said {rank}.json").read_text()) for rank in range(2)]


def tensors(folder: Path, runs: str, pointer: str = "last", file: str = "model") -> dict[str, torch.Tensor]:
    [run] = (folder / runs / "small").glob("2*")
    named = (run / "checkpoints" / pointer).read_text().strip()
    return load_file(run / "checkpoints" / named / f"{file}.safetensors")


def test_two_processes_learn_what_one_learns_and_write_the_same_files(folder, said):
    """Parts are of unequal size: 5 units and a single one."""
    from mlpspec.training.train import train

    alone = train(spec(folder, *PLAIN, "training.step=eager"), runs=folder / "alone")
    for pointer, file in (("last", "model"), ("last", "step"), ("last", "callbacks"), ("best", "model"), ("average", "model")):
        ours, theirs = tensors(folder, "plain", pointer, file), tensors(folder, "alone", pointer, file)
        assert ours.keys() == theirs.keys()
        for name in ours.keys() - {"random"}:
            torch.testing.assert_close(ours[name], theirs[name], rtol=1e-4, atol=1e-5)  # sums of gradients are rounded in another order
    files = [next((folder / runs / "small").glob("2*/metrics.jsonl")) for runs in ("plain", "alone")]
    figures = [[json.loads(line) for line in file.read_text().splitlines()] for file in files]
    for ours, theirs in zip(*figures, strict=True):
        assert ours["train.loss"] == pytest.approx(theirs["train.loss"], rel=1e-4)
        assert ours["validation.loss"] == pytest.approx(theirs["validation.loss"], rel=1e-4)
    info = json.loads(next((folder / "plain" / "small").glob("2*/run.json")).read_text())
    assert "2 processes share every batch and divide the weights" in info["step"]
    assert info["weights_sha256"] == said[0]["plain"] == said[1]["plain"]
    assert alone.weights == info["weights"]


@pytest.mark.parametrize(
    ("pointer", "file"), [("last", "model"), ("last", "step"), ("last", "callbacks"), ("best", "model"), ("average", "model")]
)
def test_a_resumed_run_has_the_bits_of_one_that_never_stopped(folder, pointer, file):
    """With batch norm, dropout, and statistics calculated for an average."""
    whole, part = tensors(folder, "whole", pointer, file), tensors(folder, "part", pointer, file)
    assert whole.keys() == part.keys()
    assert all(torch.equal(whole[name], part[name]) for name in whole)


def test_the_files_are_read_without_the_other_process(folder, said):
    """Evaluated, and gone on with alone and undivided."""
    from mlpspec.training.evaluate_run import evaluate_run
    from mlpspec.training.run_folder import RunFolder
    from mlpspec.training.train import train

    run = RunFolder.open(next((folder / "whole" / "small").glob("2*")))
    figures = evaluate_run(run, part="validation").figures
    assert figures["loss"] == pytest.approx(run.info()["figures"]["validation"]["loss"], rel=1e-5)
    assert run.info()["weights_sha256"] == said[0]["hash"]
    more = train(spec(folder, *NORMED, "training.shard_weights=false", "training.epochs=6"), resume=run)
    assert more.ended == "finished"


def test_float16_skips_the_steps_that_two_processes_with_whole_weights_skip(folder):
    ours, theirs = tensors(folder, "half", "last", "step"), tensors(folder, "shared half", "last", "step")
    assert torch.equal(ours["loss_scale"], theirs["loss_scale"])
    weights, others = tensors(folder, "half"), tensors(folder, "shared half")
    for name in weights:
        torch.testing.assert_close(weights[name], others[name], rtol=1e-2, atol=1e-3)  # float16 is rounded batch by batch


def test_the_cause_of_a_bad_loss_is_found(folder, said):
    from mlpspec.training.train import train

    with pytest.raises(CheckError) as error:
        train(loads(BAD_SPEC, folder=folder, settings=["training.step=eager"]), runs=folder / "bad alone")
    assert said[0]["bad"] == said[1]["bad"] == str(error.value)
    assert "the largest gradient was that of" in str(error.value)


@pytest.mark.parametrize("kind", ["weights", "gradients", "memory"])
def test_each_process_holds_its_half(said, kind):
    held, whole = zip(*(each["bytes"][kind] for each in said), strict=True)
    assert sum(held) == whole[0] == whole[1]
    assert max(held) < 0.52 * whole[0]  # a weight with a single unit is one process's
