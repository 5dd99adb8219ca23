"""How long a whole training run takes, from the start of the process to its end, beside Keras on JAX doing the same.

python benchmarks/whole_run.py [--rounds N] [--epochs N] [--jax-python PYTHON]

T2's network and rows (784-256-128-10 with batch norm and dropout, 60,000 rows in an NPZ file). Both read the file, keep a tenth of the
rows for validation, train in batches of 128, look at the validation rows after each epoch and keep checkpoints; mlpspec also writes its
run folder and report. They run in turns, and a ratio compares the two of one round.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from machine import machine
from peers.workloads import RATE, WORKLOADS, rows

from mlpspec.cli.table import aligned

HERE = Path(__file__).resolve().parent

SPEC = """\
mlpspec: 1
name: whole
data:
  path: data.npz
  split: {{train: 0.9, validation: 0.1, test: 0}}
inputs:
  x: {{tensor: {{shape: [{inputs}], scale: none}}}}
targets:
  y: {{category: {{classes: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]}}}}
model:
{layers}
  - head: y
training:
  epochs: {epochs}
  batch_size: {batch}
  optimizer: {{adam: {{learning_rate: {rate}}}}}
"""


def main() -> None:
    """Take turns and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="turns of each (5)")
    parser.add_argument("--epochs", type=int, default=5, help="epochs of a run (5)")
    parser.add_argument("--jax-python", default=sys.executable, help="a Python that has jax and keras, where this one has not")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder), options.epochs)
        commands = {
            "mlpspec train": [sys.executable, "-m", "mlpspec", "train", "spec.yaml", "--runs", "runs"],
            "keras on jax": [options.jax_python, str(HERE / "peers" / "keras_whole.py"), "data.npz", folder, str(options.epochs)],
        }
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        peaks: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(options.rounds):
            for name, command in commands.items():
                spent, peak = run(command, Path(folder))
                seconds[name].append(spent)
                peaks[name].append(peak)
    report(seconds, peaks)
    print(machine("mlpspec", "torch", "numpy"))


def prepare(folder: Path, epochs: int) -> None:
    """Write the rows and the spec."""
    workload = WORKLOADS["T2"]
    features, answers = rows(workload)
    np.savez(folder / "data.npz", x=features, y=answers)
    options = f"batchnorm: true, activation: relu, dropout: {workload.dropout}"
    layers = "\n".join(f"  - dense: {{units: {width}, {options}}}" for width in workload.widths)
    spec = SPEC.format(inputs=workload.inputs, layers=layers, epochs=epochs, batch=workload.batch, rate=RATE)
    (folder / "spec.yaml").write_text(spec)


def run(command: list[str], folder: Path) -> tuple[float, float]:
    """Seconds from start to end, and the most memory in MB."""
    paths = os.pathsep.join(map(str, (HERE, HERE.parent)))
    begin = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env={**os.environ, "PYTHONPATH": paths}, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with exit status {process.returncode}")
    return time.perf_counter() - begin, used.ru_maxrss / 1024


def report(seconds: dict[str, list[float]], peaks: dict[str, list[float]]) -> None:
    """Print the table."""
    own, other = seconds.values()
    ratios = sorted(mine / theirs for mine, theirs in zip(own, other, strict=True))
    compared = {next(iter(seconds)): f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} - {ratios[-1]:.2f})"}
    lines = [
        [name, f"{statistics.median(each):.2f}", f"{min(each):.2f}", f"{max(peaks[name]):.0f}", compared.get(name, "")]
        for name, each in seconds.items()
    ]
    print(aligned(["", "seconds", "least", "peak MB", "ratio (least - most)"], lines))


if __name__ == "__main__":
    main()
