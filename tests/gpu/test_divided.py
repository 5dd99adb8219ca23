"""Weights divided among GPUs: `shard_weights` over NCCL learns what one GPU learns. Skipped where there are fewer than two."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mlpspec.training.tensor_file import read_tensors

pytestmark = pytest.mark.gpu

SPEC = """\
mlpspec: 1
name: wide
data: {path: rows.csv, split: {train: 0.8, validation: 0.2, test: 0}}
inputs: {x: {numeric: {columns: [a, b]}}}
targets: {y: binary}
model: [{dense: {units: 129, activation: tanh}}, {dense: {units: 64, activation: tanh}}, {head: y}]
training: {epochs: 4, batch_size: 64, accumulate: 2, step: eager, device: DEVICE, precision: PRECISION, shard_weights: true}
"""


def learnt(folder: Path, devices: int, runs: str) -> tuple[dict[str, torch.Tensor], str]:
    command = [sys.executable, "-m", "mlpspec", "train", "spec.yaml", f"--devices={devices}", f"--runs={runs}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    [file] = (folder / runs / "wide").glob("2*/checkpoints/last-*/model.safetensors")
    return read_tensors(file.read_bytes(), file), json.loads((file.parents[2] / "run.json").read_text())["step"]


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_two_gpus_learn_what_one_learns(precision, torch_device, tmp_path, found):
    if torch_device != "cpu" and torch.cuda.device_count() < 2:
        pytest.skip("there is only one GPU")
    rows = np.random.default_rng(0).normal(size=(2000, 2))
    lines = [f"{a:.4f},{b:.4f},{int(a * b > 0)}" for a, b in rows]
    (tmp_path / "rows.csv").write_text("a,b,y\n" + "\n".join(lines) + "\n")
    device = "cpu" if torch_device == "cpu" else "cuda"
    (tmp_path / "spec.yaml").write_text(SPEC.replace("DEVICE", device).replace("PRECISION", precision))
    (one, _), (two, step) = learnt(tmp_path, 1, "one"), learnt(tmp_path, 2, "two")
    assert "divide the weights" in step
    far = max((two[name] - weight).abs().max().item() for name, weight in one.items())
    found(f"weights after {precision}", f"{far:.1e} apart")
    tolerance = {"rtol": 1e-4, "atol": 1e-4} if precision == "fp32" else {"rtol": 5e-2, "atol": 1e-2}
    for name, weight in one.items():
        torch.testing.assert_close(two[name], weight, **tolerance)
