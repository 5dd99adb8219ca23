"""How fast several processes train together on one machine's cores, beside one process.

python benchmarks/several_processes.py [--processes N] [--batch ROWS] [--rounds N] [--epochs N]

T2's network and rows, as in whole_run.py. Each turn is a run of its own, in turns; rows/s is that of the run's fastest epoch, without
start-up and validation. On one machine all processes share the same cores, so that this shows what sharing a batch costs, not what more
machines win.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from machine import machine
from peers.workloads import WORKLOADS
from whole_run import HERE, prepare

from mlpspec.cli.table import aligned


def main() -> None:
    """Take turns and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--processes", type=int, default=2, help="how many processes (2)")
    parser.add_argument("--batch", type=int, default=WORKLOADS["T2"].batch, help=f"rows of a step ({WORKLOADS['T2'].batch})")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each (3)")
    parser.add_argument("--epochs", type=int, default=4, help="epochs of a run (4)")
    options = parser.parse_args()
    count, cores = options.processes, os.cpu_count() or 1
    each = max(1, cores // count)
    numbers = [(1, cores), (1, each), (count, each)]
    ways = {
        f"{processes} process{'es' * (processes > 1)}, {step}, {threads} thread{'s' * (threads > 1)}{' each' * (processes > 1)}": (
            ["--set", f"training.step={step}", *(["--devices", str(processes)] if processes > 1 else [])],
            threads,
        )
        for step in ("eager", "compiled")
        for processes, threads in numbers
    }
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder), options.epochs)
        for _ in range(options.rounds):
            for name, (arguments, threads) in ways.items():
                speeds[name].append(run([*arguments, "--set", f"training.batch_size={options.batch}"], threads, Path(folder)))
    base = next(iter(speeds.values()))
    lines = []
    for name, each in speeds.items():
        ratios = sorted(own / other for own, other in zip(each, base, strict=True))
        lines.append([name, f"{statistics.median(each):,.0f}", f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} - {ratios[-1]:.2f})"])
    print(aligned(["", "rows/s", "x the first (least - most)"], lines))
    print(machine("mlpspec", "torch"))


def run(arguments: list[str], threads: int, folder: Path) -> float:
    """Rows per second of the fastest epoch."""
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent), "OMP_NUM_THREADS": str(threads)}
    command = [sys.executable, "-m", "mlpspec", "train", "spec.yaml", "--runs", "runs", "--json", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    metrics = folder / json.loads(done.stdout)["result"]["run"] / "metrics.jsonl"
    seconds = [json.loads(line)["seconds"] for line in metrics.read_text().splitlines()]
    return WORKLOADS["T2"].rows * 0.9 / min(seconds)


if __name__ == "__main__":
    main()
