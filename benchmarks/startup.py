"""How long a person waits before anything happens: start-up times of the command line, beside Python's and torch's own.

python benchmarks/startup.py [RUNS]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

from machine import machine

from mlpspec.cli.table import aligned

SPEC = Path(__file__).resolve().parents[1] / "specs" / "penguins.yaml"

CASES = {
    "python -c pass": ["-c", "pass"],
    "mlpspec --help": ["-m", "mlpspec", "--help"],
    "mlpspec validate penguins.yaml": ["-m", "mlpspec", "validate", str(SPEC)],
    "mlpspec summary penguins.yaml": ["-m", "mlpspec", "summary", str(SPEC)],
    "import onnxruntime": ["-c", "import onnxruntime"],
    "import torch": ["-c", "import torch"],
}


def seconds(arguments: list[str]) -> float:
    """Wall time of one fresh process."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=SPEC.parents[1])
    return time.perf_counter() - start


def main(runs: int = 15) -> None:
    """Time every case `runs` times in turn, after one run that is not counted, and print the table."""
    times: dict[str, list[float]] = {name: [] for name in CASES}
    for count in range(runs + 1):
        for name, arguments in CASES.items():
            elapsed = seconds(arguments)
            if count:
                times[name].append(elapsed)
    rows = [[name, f"{statistics.median(found):.3f}", f"{min(found):.3f}", f"{max(found):.3f}"] for name, found in times.items()]
    print(aligned(["process", "median s", "least s", "most s"], rows))
    print(f"\n{runs} runs each, files cached; {machine('mlpspec', 'torch', 'onnxruntime-gpu', 'onnxruntime', 'click', 'jsonschema')}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
