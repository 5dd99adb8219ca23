"""How fast mlpspec trains, beside tuned PyTorch, JAX, Keras, scikit-learn and Lightning, taking turns on the same machine.

python benchmarks/training.py [WORKLOAD ...] [--rounds N] [--only PEER ...] [--jax-python PYTHON] [--plots FOLDER]

Every contender is a process of its own that trains only when it is its turn; a round is one turn of each. A ratio compares turns of one
round, so that a busy neighbour hits both alike. Contenders whose libraries are missing are skipped with a note.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from machine import machine
from peers.workloads import WORKLOADS

from mlpspec.cli.table import aligned
from mlpspec.report.charts.bars import bars_chart
from mlpspec.report.picture import svg_picture

PEERS = Path(__file__).resolve().parent / "peers"

CONTENDERS = {
    "mlpspec compiled": ("mlpspec_step.py", "compiled"),
    "mlpspec eager": ("mlpspec_step.py", "eager"),
    "torch textbook": ("torch_textbook.py",),
    "torch tuned": ("torch_tuned.py",),
    "jax scan": ("jax_scan.py",),
    "keras jax": ("keras_jax.py",),
    "scikit-learn": ("sklearn_fit.py",),
    "lightning": ("lightning_fit.py",),
}
BASE = "torch tuned"
ANY_NETWORK = ("mlpspec compiled", "mlpspec eager", "torch textbook", "torch tuned")


class Contender:
    """A running worker."""

    def __init__(self, name: str, workload: str, python: str):
        script, *arguments = CONTENDERS[name]
        self.name, self.speeds = name, []
        command = [python, str(PEERS / script), workload, *arguments]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, PEERS.parents[:2])), "TF_CPP_MIN_LOG_LEVEL": "3"}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )
        self.start: dict[str, Any] = self._answer()

    def turn(self) -> None:
        """Train for a moment."""
        self._tell("turn")
        self.speeds.append(self._answer()["rows_per_second"])

    def end(self) -> float:
        """Stop; the most memory it ever had, in MB."""
        self._tell("end")
        peak = self._answer()["peak_mb"]
        self.process.communicate()
        return peak

    def _tell(self, word: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        said = self.process.stderr.read().strip().splitlines()
        raise OSError(said[-1] if said else "it ended without a word")


def main() -> None:
    """Run the workloads and print a table for each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("workloads", nargs="*", default=list(WORKLOADS), help=f"of {', '.join(WORKLOADS)}")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each contender (7)")
    parser.add_argument("--only", nargs="+", choices=list(CONTENDERS), default=list(CONTENDERS), help="contenders to run")
    parser.add_argument("--jax-python", default=sys.executable, help="a Python that has jax, optax and keras, where this one has not")
    parser.add_argument("--plots", type=Path, help="a folder for a picture of each workload")
    options = parser.parse_args()
    for workload in options.workloads:
        contenders = compete(workload, options.rounds, options.only, options.jax_python)
        report(workload, contenders)
        if options.plots is not None:
            plot(workload, contenders, options.plots / f"training_{workload}.svg")
    print(machine("mlpspec", "torch", "scikit-learn", "lightning", "numpy"))


def compete(workload: str, rounds: int, only: list[str], jax_python: str) -> list[Contender]:
    """All contenders on one workload, in turn."""
    running = []
    for name in only:
        if not WORKLOADS[workload].plain and name not in ANY_NETWORK:
            continue
        try:
            running.append(Contender(name, workload, jax_python if "jax" in name else sys.executable))
        except OSError as error:
            print(f"{name}: skipped ({error})", file=sys.stderr)
    for _ in range(rounds):
        for contender in running:
            contender.turn()
    return running


def report(workload: str, running: list[Contender]) -> None:
    """Print one workload's table."""
    base = next((contender.speeds for contender in running if contender.name == BASE), None)
    lines = []
    for contender in running:
        ratios = sorted(own / other for own, other in zip(contender.speeds, base, strict=True)) if base else []
        compared = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} - {ratios[-1]:.2f})" if ratios else ""
        speeds = [f"{statistics.median(contender.speeds):,.0f}", f"{max(contender.speeds):,.0f}"]
        ready, remark = contender.start["ready"], contender.start["remark"]
        lines.append([contender.name, *speeds, compared, f"{ready:.2f}", f"{contender.end():.0f}", remark])
    print(f"\n{workload}: {WORKLOADS[workload]}\n")
    print(aligned(["", "rows/s", "best", f"x {BASE} (least - most)", "ready s", "peak MB", ""], lines))


def plot(workload: str, running: list[Contender], path: Path) -> None:
    """Draw each contender's median speed as a share of the fastest one's."""
    medians = {contender.name: statistics.median(contender.speeds) for contender in running}
    fastest = max(medians.values())
    shares = sorted(((name, speed / fastest) for name, speed in medians.items()), key=lambda each: -each[1])
    told = f"Rows per second in training as shares of the fastest, {fastest:,.0f}: {WORKLOADS[workload]}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(svg_picture(bars_chart(f"Training speed, {workload}", told, shares)), encoding="utf-8")


if __name__ == "__main__":
    main()
