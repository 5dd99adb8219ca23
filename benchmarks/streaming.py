"""Data in files beside data in memory: rows learnt from a second, and peak memory while the data grows.

python benchmarks/streaming.py [--rows N] [--times 1 4 10] [--epochs N]

Each run is a process of its own on a Parquet file of 20 numbers and a class of three, with a network of 64 and 32 units. Speeds are those
of epochs that take turns in one process, in memory and from files; memory is the peak of a process (resident set, without cached files).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import machine

from mlpspec.cli.table import aligned

COLUMNS, BATCH = 20, 1024


def main() -> None:
    """Run from the command line."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=1_000_000, help="rows of the smallest file")
    options.add_argument("--times", type=int, nargs="*", default=[1, 4, 10], help="how many times as many rows, in memory's turn")
    options.add_argument("--epochs", type=int, default=9, help="epochs of each side, in the turns for speed")
    options.add_argument("--worker", nargs="*", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.worker:
        sys.stdout.write(json.dumps(WORKERS[given.worker[0]](*given.worker[1:])) + "\n")
        return
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "MLPSPEC_CACHE": f"{folder}/cache", "OMP_NUM_THREADS": "1"}
        rows = []
        for times in given.times:
            _run(environment, folder, "write", times * given.rows)
            built, learnt = (_run(environment, folder, "peak", "true") for _ in range(2))
            held = _run(environment, folder, "peak", "false") if times == given.times[0] or times <= 4 else {"peak": None}
            held_peak = "-" if held["peak"] is None else f"{held['peak']:,.0f}"
            shown = f"{times * given.rows:,}", f"{built['peak']:,.0f}", f"{learnt['peak']:,.0f}", held_peak, f"{built['encoding']:.1f}"
            rows.append(list(shown))
        head = ["rows", "encoding and training, MB", "training, MB", "in memory, MB", "encoding, s"]
        sys.stdout.write(aligned(head, rows) + "\n")
        _run(environment, folder, "write", given.times[-1] * given.rows // 2)
        found = _run(environment, folder, "speed", given.epochs)
        memory, files = found["memory"], found["files"]
        ratios = [one / other for one, other in zip(files, memory, strict=True)]
        sys.stdout.write(
            f"rows/s: {statistics.median(memory):,.0f} from memory, {statistics.median(files):,.0f} from files, {found['chunks']} chunks; "
            f"ratio of turns {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})\n"
        )
    sys.stdout.write(machine("mlpspec", "torch", "polars", "numpy") + "\n")


def _run(environment: dict[str, str], folder: str, *worker: object) -> dict:
    command = [sys.executable, __file__, "--worker", *map(str, worker)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def write(rows: str) -> dict:
    """Write so many rows to `data.parquet`, a part at a time."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    random, writer = np.random.default_rng(0), None
    for start in range(0, int(rows), 250_000):
        count = min(250_000, int(rows) - start)
        columns = {f"c{n}": random.normal(size=count).astype(np.float32) for n in range(COLUMNS)}
        table = pa.table({**columns, "kind": np.array(["a", "b", "c"])[(columns["c0"] > 0).astype(int) + (columns["c1"] > 0)]})
        writer = writer or pq.ParquetWriter("data.parquet", table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()
    return {}


def _document(*, streaming: bool):  # noqa: ANN202  # a Document
    from mlpspec.compiler import load

    return load(
        {
            "mlpspec": 1,
            "seed": 1,
            "data": {"path": "data.parquet", "streaming": streaming, "split": {"train": 0.96, "validation": 0.02, "test": 0.02}},
            "inputs": {"x": {"numeric": {"columns": "c*"}}},
            "targets": {"kind": "category"},
            "model": [{"dense": {"units": 64, "activation": "relu"}}, {"dense": {"units": 32, "activation": "relu"}}, {"head": "kind"}],
            "training": {"epochs": 2, "batch_size": BATCH, "device": "cpu"},
        }
    )


def peak(streaming: str) -> dict:
    """Train for two epochs; the peak of resident memory in MB."""
    import resource

    from mlpspec.training.train import train

    notes: list[float] = []

    class Clock:
        def __enter__(self):
            return self

        def __exit__(self, *_: object) -> None: ...

        def note(self, text: str) -> None:
            notes.append(time.perf_counter())

        def epoch(self, seen: object) -> None: ...

    train(_document(streaming=streaming == "true"), runs=Path("runs"), progress=Clock())
    return {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3, "encoding": notes[-1] - notes[0]}


def speed(epochs: str) -> dict:
    """Epochs in turn from memory and from files, with a step and weights each: rows a second."""
    import torch

    from mlpspec.compiler import build_graph
    from mlpspec.data.load import load_dataset
    from mlpspec.data.streaming.part import StoredPart
    from mlpspec.pytorch.module import build_module
    from mlpspec.training.chunks import ChunkFeed
    from mlpspec.training.compiled.step import CompiledStep
    from mlpspec.training.feed import MemoryFeed, PlannedEpoch
    from mlpspec.training.losses import TotalLoss
    from mlpspec.training.plan import Plan
    from mlpspec.training.stored_tensors import StoredTensors

    document, device = _document(streaming=True), torch.device("cpu")
    spec = document.spec
    dataset = load_dataset(spec.data, spec.inputs, spec.targets, folder=document.folder, seed=1)
    part = dataset.parts["train"]
    assert isinstance(part, StoredPart)
    graph = build_graph(document, dataset.preprocessing.facts)
    plan = Plan(spec.training, 1, part.rows)
    files = ChunkFeed(part.stored, plan, device, epochs=10**6)
    rows = StoredTensors(part.stored, device).part(0, part.rows)
    feeds = {"memory": (MemoryFeed(rows, plan), rows), "files": (files, files.data)}
    loss = TotalLoss(spec.targets, dataset.preprocessing.targets, device)
    steps = {name: CompiledStep(build_module(graph), loss, spec.training.optimizer, data, plan.forms) for name, (_, data) in feeds.items()}
    found: dict[str, list[float]] = {name: [] for name in feeds}
    for epoch in range(int(epochs) + 1):
        names = list(feeds) if epoch % 2 else list(feeds)[::-1]
        for name in names:
            start = time.perf_counter()
            for _ in PlannedEpoch(epoch, plan.batches(epoch), [1e-3] * len(plan.batches(epoch)), feeds[name][0]).run(steps[name]):
                pass
            steps[name].epoch_loss()
            if epoch:
                found[name].append(part.rows / (time.perf_counter() - start))
    chunks = len(files.chunks(0))
    files.close()
    return {**found, "chunks": chunks}


WORKERS = {"write": write, "peak": peak, "speed": speed}

if __name__ == "__main__":
    main()
