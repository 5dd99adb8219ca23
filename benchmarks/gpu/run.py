"""What a GPU is worth: answers and training on it, beside the CPU, plain ONNX Runtime and PyTorch.

python benchmarks/gpu/run.py [--device cuda:0] [--only predict|train] [--seconds S] [--batch N ...] [--json FILE]

`--device cpu` rehearses on the CPU; its figures say nothing about a GPU, and are headed so. What is missing is left out, with a note.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1])]  # so that a copy of the project needs no installation

from machine import machine  # noqa: E402

from mlpspec.cli.table import aligned  # noqa: E402


def main() -> None:
    """Measure, print two tables, write the JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--device", default="cuda:0", help="cuda:0, another GPU, or cpu for a rehearsal")
    parser.add_argument("--only", choices=["predict", "train"], help="one part")
    parser.add_argument("--seconds", type=float, default=0.5, help="time for each call, and each turn of training (0.5)")
    parser.add_argument("--turns", type=int, default=5, help="turns of each contender in training (5)")
    parser.add_argument("--batch", type=int, nargs="+", help="rows of a batch (1 to 65536)")
    parser.add_argument("--model", nargs="+", help="the models to predict with, by the beginning of their names")
    parser.add_argument("--workload", nargs="+", help="of T1, T2, T3")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the figures go as JSON")
    options = parser.parse_args()
    notes: list[str] = []
    head = "REHEARSAL ON THE CPU: these figures say nothing about a GPU" if options.device == "cpu" else _gpu(options.device, notes)
    document: dict[str, object] = {"device": head, "machine": machine("mlpspec", "torch", "onnxruntime-gpu", "onnxruntime", "numpy")}
    print(head)
    if options.only != "train":
        document["predict"] = predict(options, notes)
    if options.only != "predict":
        document["train"] = train(options)
    document["notes"] = list(dict.fromkeys(notes))
    print(f"\n{document['machine']}")
    for note in dict.fromkeys(notes):
        print(f"note: {note}")
    if options.json:
        options.json.write_text(json.dumps(document, indent=1) + "\n")


def predict(options: argparse.Namespace, notes: list[str]) -> list[dict[str, object]]:
    """The table of answers; its rows as data."""
    from predict import BATCHES, MODELS, measure

    wanted = [name for name in MODELS if not options.model or any(name.startswith(start) for start in options.model)]
    found = [
        entry for name in wanted for entry in measure(name, options.device, tuple(options.batch or BATCHES), options.seconds, notes.append)
    ]
    cpu = {(entry.model, entry.rows): entry.p50 for entry in found if entry.way == "Predictor on the CPU"}
    lines = [
        [
            entry.model,
            f"{entry.rows:,}",
            entry.way,
            f"{entry.p50 * 1e6:,.1f}",
            f"{entry.p99 * 1e6:,.1f}",
            f"{entry.rows / entry.p50:,.0f}",
            f"{cpu[entry.model, entry.rows] / entry.p50:.2f}",
        ]
        for entry in found
    ]
    print("\nAnswers: from arrays to arrays in main memory, except where torch finds its rows on the device\n")
    print(aligned(["model", "rows", "way", "p50 µs", "p99 µs", "rows/s", "x CPU"], lines, numeric_from=3))
    return [asdict(entry) for entry in found]


def train(options: argparse.Namespace) -> list[dict[str, object]]:
    """The table of training; its rows as data."""
    from peers.workloads import WORKLOADS
    from train import NAMES, measure

    found = [entry for name in options.workload or NAMES for entry in measure(name, options.device, options.turns, options.seconds)]
    base = {entry.workload: entry.rows_per_second for entry in found if entry.way == "torch tuned"}
    lines = [
        [
            entry.workload,
            entry.way,
            f"{entry.rows_per_second:,.0f}",
            f"{entry.best:,.0f}",
            f"{entry.rows_per_second / base[entry.workload]:.2f}",
            f"{entry.ready:.1f}",
            f"{entry.loss:.4f}",
            entry.remark,
        ]
        for entry in found
    ]
    print("\nTraining, rows on the device but where they are fetched\n")
    print(aligned(["workload", "way", "rows/s", "best", "x torch tuned", "ready s", "loss", ""], lines, numeric_from=2))
    for name in dict.fromkeys(entry.workload for entry in found):
        print(f"{name}: {WORKLOADS[name]}")
    return [asdict(entry) for entry in found]


def _gpu(device: str, notes: list[str]) -> str:
    """The GPU's name; ends where ONNX Runtime or torch cannot use it."""
    from mlpspec.runtime.cuda import cuda_problem, read_driver

    index = int(device.partition(":")[2] or 0)
    problem = cuda_problem(index)
    if problem:
        raise SystemExit(f"{device} cannot be used: {problem}")
    driver = read_driver()
    assert driver is not None
    return f"{driver.gpus[index].name}, driver for CUDA {driver.version // 1000}.{driver.version % 1000 // 10}"


if __name__ == "__main__":
    main()
