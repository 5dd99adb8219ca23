"""What a Predictor costs beside plain ONNX Runtime: in a call, at import; and what the settings of a session are worth.

python benchmarks/predictor.py [--seconds S] [--runs N] [--settings]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from functools import partial
from itertools import product
from typing import Any

import numpy as np
from briefly_trained import briefly_trained, numbers
from machine import machine

from mlpspec.cli.table import aligned
from mlpspec.runtime.predictor import Predictor
from mlpspec.runtime.session import CPU_PROVIDER, SPIN_MICROSECONDS, create_session
from mlpspec.runtime.synthetic import synthetic_rows
from mlpspec.timing import take_turns

MOST_OVERHEAD = 15e-6
"""Seconds that `Predictor.run` may take longer than `InferenceSession.run` at one row."""

MOST_IMPORT = 1.3
"""How many times as long as the libraries that it needs `mlpspec.runtime` may take to import."""

STOPPED = "session.force_spinning_stop"
ALLOWED, DURATION = "session.intra_op.allow_spinning", "session.intra_op.spin_duration_us"
SETTINGS: dict[str, tuple[int, dict[str, str]]] = {
    "1 thread": (1, {}),
    "2 threads that spin (ONNX Runtime)": (2, {}),
    "2 threads, spinning stopped after a run": (2, {STOPPED: "1"}),
    "2 threads that spin for 0.1 ms (mlpspec)": (2, {DURATION: SPIN_MICROSECONDS}),
    "2 threads that never spin": (2, {ALLOWED: "0"}),
}
"""Threads and session entries of ONNX Runtime."""

ROUNDS, PAUSE = 8, 0.0005
"""Rounds of each setting, and seconds between two calls."""

LINES = "model:\n  - dense: {units: %d, activation: relu, repeat: %d}\n  - head: kind\n"
MODELS = {
    "numbers, 32-64-64": ('inputs: {x: {numeric: {columns: "x*"}}}\n', 64, 2),
    "numbers and texts, 32-64-64": ('inputs: {x: {numeric: {columns: "x*"}}, colour: category}\n', 64, 2),
    "numbers, 32-512x4": ('inputs: {x: {numeric: {columns: "x*"}}}\n', 512, 4),
}

IMPORTS = {
    "numpy and onnxruntime": "import numpy, onnxruntime",
    "mlpspec.runtime": "import mlpspec.runtime, onnxruntime",
}


def model(name: str) -> bytes:
    inputs, units, repeat = MODELS[name]
    text = f"mlpspec: 1\n{inputs}targets: {{kind: category}}\n{LINES % (units, repeat)}"
    return briefly_trained(text, numbers(32)).files["fp32"]


def main() -> None:
    """Print the tables; end with 1 when a bound is broken."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=2.0, help="time for each call that is measured (2)")
    parser.add_argument("--runs", type=int, default=15, help="processes for each import (15)")
    parser.add_argument("--settings", action="store_true", help="also time sessions with other settings")
    options = parser.parse_args()
    models = {name: model(name) for name in MODELS}
    fine = calls(models, options.seconds) & imports(options.runs)
    if options.settings:
        settings(models, options.seconds)
    print(f"\n{machine('mlpspec', 'onnxruntime-gpu', 'onnxruntime', 'numpy')}")
    raise SystemExit(0 if fine else 1)


def calls(models: dict[str, bytes], seconds: float) -> bool:
    """Calls of one row; whether the bound holds. The three take turns on one session."""
    lines, worst = [], 0.0
    for name, data in models.items():
        predictor = Predictor(data, "cpu", threads=1)
        arrays = synthetic_rows(predictor.card, 1)
        row = {item.columns[n]: arrays[item.name][0, n] for item in predictor.card.inputs for n in range(len(item.columns))}
        names = [value.name for value in predictor.engine.facts.outputs]
        ways = {
            "session.run": partial(predictor.engine.run, names, arrays),
            "Predictor.run": partial(predictor.run, arrays),
            "Predictor.predict": partial(predictor.predict, row),
        }
        times = take_turns(ways, seconds=seconds)
        plain = times["session.run"]
        over = {way: float(np.median(found - plain)) for way, found in times.items()}
        worst = max(worst, over["Predictor.run"])
        for way, found in times.items():
            more = "" if way == "session.run" else f"{over[way] * 1e6:+.1f}"
            ratio = f"{np.median(found) / np.median(plain):.2f}"
            lines.append([name if way == "session.run" else "", way, f"{np.median(found) * 1e6:.1f}", more, ratio])
    print("\nOne row on the CPU, one thread\n")
    print(aligned(["model", "call", "p50 µs", "overhead µs", "x session.run"], lines, numeric_from=2))
    print(f"\nPredictor.run: {worst * 1e6:+.1f} µs at most, {MOST_OVERHEAD * 1e6:.0f} are allowed")
    return worst <= MOST_OVERHEAD


def imports(runs: int) -> bool:
    """Processor time of fresh processes that import, in turn; whether the bound holds."""
    times: dict[str, list[float]] = {name: [] for name in IMPORTS}
    for count in range(runs + 1):
        for name, statement in IMPORTS.items():
            code = f"import time; a = time.process_time(); {statement}; print(time.process_time() - a)"
            elapsed = float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)
            if count:  # the first run fills the caches of files
                times[name].append(elapsed)
    plain, ours = times.values()
    ratios = sorted(own / other for own, other in zip(ours, plain, strict=True))
    lines = [[name, f"{statistics.median(found):.3f}", f"{min(found):.3f}", f"{max(found):.3f}"] for name, found in times.items()]
    print("\nImport in a fresh process\n")
    print(aligned(["import", "median s", "least s", "most s"], lines))
    print(f"\nratio {statistics.median(ratios):.2f} ({ratios[0]:.2f} - {ratios[-1]:.2f}), {MOST_IMPORT} is allowed")
    return statistics.median(ratios) <= MOST_IMPORT


def settings(models: dict[str, bytes], seconds: float) -> None:
    """Sessions with other numbers of threads, spinning or not, in rounds: each is busy for a moment while the others sleep.

    Between two calls the caller sleeps, as a server's or a reader's thread would, so that threads that spin are seen to cost time.
    """
    lines = []
    for (name, data), rows in product(models.items(), (1, 64, 4096)):
        arrays = synthetic_rows(Predictor(data, "cpu", threads=1).card, rows)
        runs = {what: partial(_session(data, *setting).run, None, arrays) for what, setting in SETTINGS.items()}
        found: dict[str, list[tuple[float, float]]] = {what: [] for what in runs}
        for _ in range(ROUNDS):
            for what, run in runs.items():
                found[what].append(_busy(run, seconds / ROUNDS))
        for what, rounds in found.items():
            latency, cores = (statistics.median(column) for column in zip(*rounds, strict=True))
            lines.append([name, f"{rows:,}", what, f"{latency * 1e6:,.1f}", f"{min(rounds)[0] * 1e6:,.1f}", f"{cores:.2f}"])
    print("\nSettings of a session\n")
    print(aligned(["model", "rows", "settings", "p50 µs", "best round", "cores used"], lines, numeric_from=3))


def _session(data: bytes, threads: int, entries: dict[str, str]) -> Any:
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    for key, value in entries.items():
        settings.add_session_config_entry(key, value)
    return create_session(data, settings, [CPU_PROVIDER])


def _busy(call: partial[Any], seconds: float) -> tuple[float, float]:
    """The median of a call, and the processor time that the process took for each second of the calls and the pauses between them."""
    times = []
    for _ in range(3):
        call()
    start, used = time.perf_counter(), time.process_time()
    while time.perf_counter() - start < seconds or len(times) < 3:
        before = time.perf_counter()
        call()
        times.append(time.perf_counter() - before)
        time.sleep(PAUSE)
    return statistics.median(times), (time.process_time() - used) / (time.perf_counter() - start)


if __name__ == "__main__":
    main()
