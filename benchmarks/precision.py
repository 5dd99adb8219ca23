"""What the precisions of `mlpspec export` cost and gain: bytes, speed on the CPU, and how much worse metrics become.

python benchmarks/precision.py [--seeds N]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from machine import machine

import mlpspec
from mlpspec.cli.table import aligned

SPECS = Path(__file__).resolve().parents[1] / "specs"

CASES = {
    "breast_cancer": (SPECS / "breast_cancer.yaml", []),
    "digits": (SPECS / "digits.yaml", []),
    "digits, 1024 and 512 units": (SPECS / "digits.yaml", ["model.1.dense.units=1024", "model.2.dense.units=512"]),
}

METHODS = {
    "fp16": ["export.precision=fp16"],
    "bf16": ["export.precision=bf16"],
    "int8 static": ["export.precision=int8"],
    "int8 dynamic": ["export.precision=int8", "export.quantization=dynamic"],
}


def measured(spec: Path, settings: list[str], seeds: int) -> dict[str, list[dict[str, Any]]]:
    """For each method what `proof.json` says of the precision, a run for each seed; no drop is refused."""
    found: dict[str, list[dict[str, Any]]] = {method: [] for method in METHODS}
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(seeds):
            run = mlpspec.train(mlpspec.load(spec, settings=[*settings, f"seed={seed}"]), runs=folder)
            for method, wanted in METHODS.items():
                exported = mlpspec.export(run, Path(folder) / "model.onnx", settings=[*wanted, "export.max_metric_drop=1"])
                found[method].append(dict(exported.proof["precision"]))
    return found


def rows_of(case: str, found: Mapping[str, list[dict[str, Any]]]) -> list[list[str]]:
    """A row for fp32 and for each method: medians over the seeds, speed as a multiple of fp32's; of drops and differences the greatest."""
    first = next(iter(found.values()))
    return [_row(case, "fp32", "fp32", first, judged=False)] + [
        _row(case, method, method.split()[0], proofs, judged=True) for method, proofs in found.items()
    ]


def _row(case: str, method: str, precision: str, proofs: list[dict[str, Any]], *, judged: bool) -> list[str]:
    def median(of: Any) -> float:
        return statistics.median(of(proof) for proof in proofs)

    def gain(name: str) -> float:
        """The median of the method's speed beside that of fp32, which took turns with it."""
        return median(lambda proof: proof["speed"][precision][name] / proof["speed"]["fp32"][name])

    figures = [
        f"{median(lambda proof: proof['bytes'][precision]):,.0f}",
        f"{median(lambda proof: proof['network_bytes'][judged]):,.0f}",
        f"{1 / gain('latency'):.2f}",
        f"{gain('rows_per_second'):.2f}",
    ]
    if not judged:
        return [case, method, *figures, "", "", ""]
    drop, name = max((change["drop"], name) for proof in proofs for name, change in proof["figures"].items())
    flips = sum(sum(proof["agreement"]["flips"].values()) for proof in proofs)
    rows = sum(proof["agreement"]["rows"] for proof in proofs)
    largest = max(max(proof["agreement"]["max_absolute"].values()) for proof in proofs)
    return [case, method, *figures, f"{drop:.4f} {name}" if drop > 0 else "none", f"{flips} of {rows}", f"{largest:.1e}"]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    seeds = parser.parse_args().seeds
    rows = [row for case, (spec, settings) in CASES.items() for row in rows_of(case, measured(spec, settings, seeds))]
    header = [
        "spec",
        "method",
        "file, bytes",
        "network, bytes",
        "1 row: speed",
        "4096 rows: speed",
        "largest drop",
        "other labels",
        "probability",
    ]
    print(aligned(header, rows, numeric_from=2))
    print(f"\nvalidation rows of seeds 0 to {seeds - 1}, one thread; {machine('mlpspec', 'torch', 'onnxruntime-gpu', 'onnx', 'numpy')}")


if __name__ == "__main__":
    main()
