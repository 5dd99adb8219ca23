"""Data in files beside data in memory: rows learnt from a second, and peak memory while the data grows.

python benchmarks/streaming.py [memory] [speed] [--rows N] [--times 1 4 10] [--speed-rows N] [--chunk MIB] [--turns N]

Each run is a process of its own on a Parquet file of 20 numbers and a class of three. Memory is the peak of a process that trains a network
of 64 and 32 units for two epochs (resident set, without cached files). Speeds are those of epochs that take turns in one process, after one
epoch of each that does not count: rows in memory, in files that the system has in its cache, and in files that it reads from disk. Chunks
are made smaller for that, so that data of a moderate size has many.
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
from dataclasses import replace
from pathlib import Path

from machine import machine

from mlpspec.cli.table import aligned

COLUMNS, BATCH = 20, 1024

UNITS = {"8 units": (8,), "64 and 32 units": (64, 32)}


def main() -> None:
    """Run from the command line."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("what", nargs="*", help="`memory`, `speed`; both by default")
    options.add_argument("--rows", type=int, default=1_000_000, help="rows of the smallest file, for memory")
    options.add_argument("--times", type=int, nargs="*", default=[1, 4, 10], help="how many times as many rows, in memory's turn")
    options.add_argument("--speed-rows", type=int, default=4_000_000, help="rows of the file, for speed")
    options.add_argument("--chunk", type=int, default=32, help="MiB of a chunk, for speed")
    options.add_argument("--turns", type=int, default=7, help="epochs of each side, for speed")
    options.add_argument("--worker", nargs="*", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.worker:
        sys.stdout.write(json.dumps(WORKERS[given.worker[0]](*given.worker[1:])) + "\n")
        return
    if unknown := set(given.what) - {"memory", "speed"}:
        options.error(f"{', '.join(sorted(unknown))}: `memory` or `speed`")
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "MLPSPEC_CACHE": f"{folder}/cache", "OMP_NUM_THREADS": "1"}
        if "speed" in given.what or not given.what:
            _run(environment, folder, "write", given.speed_rows)
            for name in UNITS:
                _say_speed(name, _run(environment, folder, "speed", name, given.chunk, given.turns))
        if "memory" in given.what or not given.what:
            sys.stdout.write(_memory(environment, folder, given.rows, given.times) + "\n")
    sys.stdout.write(machine("mlpspec", "torch", "polars", "numpy") + "\n")


def _memory(environment: dict[str, str], folder: str, smallest: int, times: list[int]) -> str:
    """A table of peaks."""
    rows = []
    for factor in times:
        _run(environment, folder, "write", factor * smallest)
        built, learnt = (_run(environment, folder, "peak", "true") for _ in range(2))
        held = f"{_run(environment, folder, 'peak', 'false')['peak']:,.0f}" if factor == times[0] or factor <= 4 else "-"
        rows.append([f"{factor * smallest:,}", f"{built['peak']:,.0f}", f"{learnt['peak']:,.0f}", held, f"{built['encoding']:.1f}"])
    head = ["rows", "encoding and training, MB", "training, MB", "in memory, MB", "encoding, s"]
    return aligned(head, rows)


def _say_speed(name: str, found: dict) -> None:
    """A line for each way, with the ratios of its turns to those of memory."""
    sys.stdout.write(f"{name}, {found['rows']:,} rows in {found['chunks']} chunks, rows/s:\n")
    for way, speeds in found["speeds"].items():
        ratios = sorted(one / other for one, other in zip(speeds, found["speeds"]["memory"], strict=True))
        ratio = "" if way == "memory" else f"; of memory's {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        sys.stdout.write(f"  {way}: {statistics.median(speeds):,.0f}{ratio}\n")
    sys.stdout.flush()


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


def _document(*, streaming: bool, units: tuple[int, ...] = UNITS["64 and 32 units"]):  # noqa: ANN202  # a Document
    from mlpspec.compiler import load

    return load(
        {
            "mlpspec": 1,
            "seed": 1,
            "data": {"path": "data.parquet", "streaming": streaming, "split": {"train": 0.96, "validation": 0.02, "test": 0.02}},
            "inputs": {"x": {"numeric": {"columns": "c*"}}},
            "targets": {"kind": "category"},
            "model": [*({"dense": {"units": count, "activation": "relu"}} for count in units), {"head": "kind"}],
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


def speed(name: str, chunk: str, turns: str) -> dict:
    """Epochs in turn from memory and from files, with a step and weights each: rows a second."""
    import torch

    from mlpspec.compiler import build_graph
    from mlpspec.data.load import load_dataset
    from mlpspec.data.streaming.part import StoredPart
    from mlpspec.pytorch.module import build_module
    from mlpspec.training import stored_tensors
    from mlpspec.training.chunks import ChunkFeed, chunk_rows
    from mlpspec.training.compiled.step import CompiledStep
    from mlpspec.training.feed import MemoryFeed, PlannedEpoch
    from mlpspec.training.losses import TotalLoss
    from mlpspec.training.placement import place_chunks
    from mlpspec.training.plan import Plan

    stored_tensors.PIECE_BYTES = int(chunk) << 20
    document, device, epochs = _document(streaming=True, units=UNITS[name]), torch.device("cpu"), int(turns) + 1
    spec = document.spec
    dataset = load_dataset(spec.data, spec.inputs, spec.targets, folder=document.folder, seed=1)
    part = dataset.parts["train"]
    assert isinstance(part, StoredPart)
    graph = build_graph(document, dataset.preprocessing.facts)
    plan = Plan(replace(spec.training, epochs=epochs), 1, part.rows)
    rows = stored_tensors.StoredTensors(part.stored, device)

    def chunks() -> ChunkFeed:
        slots, data, _ = place_chunks(rows, chunk_rows(rows, plan), "auto", device, None)
        return ChunkFeed(rows, plan, slots, data)

    feeds = {"memory": MemoryFeed(rows.in_main_memory(), plan), "files": chunks(), "files on disk": chunks()}
    loss = TotalLoss(spec.targets, dataset.preprocessing.targets, device)
    steps = {way: CompiledStep(build_module(graph), loss, spec.training.optimizer, feed.data, plan.forms) for way, feed in feeds.items()}
    speeds: dict[str, list[float]] = {way: [] for way in feeds}
    batches = plan.batches(0)
    for epoch in range(epochs):
        for way in (list(feeds) * 2)[epoch % len(feeds) :][: len(feeds)]:
            for array in part.stored.arrays if way != "memory" else []:
                _settle(array.path, on_disk=way == "files on disk")
            start = time.perf_counter()
            for _ in PlannedEpoch(epoch, batches, [1e-3] * len(batches), feeds[way]).run(steps[way]):
                pass
            steps[way].epoch_loss()
            if epoch:
                speeds[way].append(part.rows / (time.perf_counter() - start))
    for feed in feeds.values():
        feed.close()
    return {"rows": part.rows, "chunks": len(feeds["files"].chunks(0)), "speeds": speeds}


def _settle(path: Path, *, on_disk: bool) -> None:
    """See that a file is in the system's cache, or that it is not."""
    with path.open("rb", buffering=0) as file:
        if on_disk:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            return
        memory = bytearray(1 << 20)
        while file.readinto(memory):
            pass


WORKERS = {"write": write, "peak": peak, "speed": speed}

if __name__ == "__main__":
    main()
