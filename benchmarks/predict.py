"""How fast `mlpspec predict` answers a file, beside the floor: polars reads it, plain ONNX Runtime answers, polars writes.

python benchmarks/predict.py [--rows N] [--rounds N] [--device cpu|cuda] [--memory]

The model (20 numeric columns, two dense layers of 64 and 32 units, 3 classes) is trained for an epoch, and the rows are generated.
Contenders take turns, and a ratio compares two turns of one round, so that a busy neighbour hits both alike. The floor holds the whole file
in memory and checks nothing; mlpspec streams it, checks every line and cell, and writes the answers beside their place first. `command` is
a new process each time, `in process` leaves out the start of Python and the opening of the model for both. `--memory` tells instead the
most memory that a new process has for N and for ten times N rows.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
from machine import machine
from peers.plain_predict import answer, open_model

from mlpspec.cli.table import aligned

HERE = Path(__file__).resolve().parent
COLUMNS = [f"x{number:02}" for number in range(20)]
CHUNK = 1 << 20

SPEC = """\
mlpspec: 1
name: floor
data: {path: train.csv}
inputs: {x: {numeric: {columns: "x*"}}}
targets: {y: category}
model:
  - dense: {units: 64, activation: relu}
  - dense: {units: 32, activation: relu}
  - head: y
training: {epochs: 1, batch_size: 1024}
"""

MODEL = """
import sys, mlpspec
folder = sys.argv[1]
mlpspec.export(mlpspec.train(mlpspec.load(folder + "/spec.yaml"), runs=folder + "/runs"), folder + "/model.onnx")
"""

PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def generated(count: int, seed: int) -> pl.DataFrame:
    """Rows of standard normal numbers with four decimals."""
    values = np.random.default_rng(seed).standard_normal((count, len(COLUMNS)), np.float32).round(4)
    return pl.DataFrame({name: values[:, number] for number, name in enumerate(COLUMNS)})


def write_rows(path: Path, count: int) -> None:
    """A file of so many rows, written in pieces."""
    pieces = (generated(min(CHUNK, count - start), start) for start in range(0, count, CHUNK))
    if path.suffix == ".csv":
        with path.open("wb") as file:
            for number, piece in enumerate(pieces):
                piece.write_csv(file, include_header=number == 0)
        return
    from polars.io.plugins import register_io_source

    def source(*_: object) -> Iterator[pl.DataFrame]:
        yield from pieces

    register_io_source(source, schema=dict.fromkeys(COLUMNS, pl.Float32)).sink_parquet(path, row_group_size=1 << 17)


def write_model(folder: Path) -> Path:
    """A model file; made in a process of its own, so that this one has neither torch nor its threads."""
    rows = generated(20_000, 0)
    rank = np.digitize((rows["x00"] + rows["x01"] * rows["x02"]).to_numpy(), [-0.5, 0.5])
    rows.with_columns(y=pl.Series(np.array(["low", "middle", "high"])[rank])).write_csv(folder / "train.csv")
    (folder / "spec.yaml").write_text(SPEC)
    subprocess.run([sys.executable, "-c", MODEL, str(folder)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return folder / "model.onnx"


def commands(model: Path, data: Path, out: Path, device: str) -> dict[str, list[str]]:
    """The command lines of both contenders."""
    ours = ["-m", "mlpspec", "predict", str(model), str(data), "-o", str(out), "--device", device, "--force", "-q"]
    floor = [str(HERE / "peers" / "plain_predict.py"), str(model), str(data), str(out), device]
    return {"mlpspec": [sys.executable, *ours], "floor": [sys.executable, *floor]}


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one turn."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def compete(model: Path, data: Path, out: Path, device: str, rounds: int) -> list[list[str]]:
    """Rows of the table for one kind of file."""
    from mlpspec.runtime import Predictor
    from mlpspec.runtime.predict_file import predict_file

    session, predictor = open_model(model, device), Predictor(model, device)
    lines = commands(model, data, out, device)

    def run(name: str) -> Callable[[], object]:
        return lambda: subprocess.run(lines[name], check=True, stdout=subprocess.DEVNULL)

    ways = {
        "command": (run("mlpspec"), run("floor")),
        "in process": (lambda: predict_file(predictor, data, out), lambda: answer(session, data, out)),
    }
    compare(ways["in process"], out)
    times = {way: [(seconds(ours), seconds(floor)) for _ in range(rounds)] for way, (ours, floor) in ways.items()}
    table = []
    for way, found in times.items():
        ratios = sorted(ours / floor for ours, floor in found)
        medians = [f"{statistics.median(column):.2f}" for column in zip(*found, strict=True)]
        table.append([f"{data.suffix[1:]}, {way}", *medians, f"{statistics.median(ratios):.2f}", f"{ratios[0]:.2f} - {ratios[-1]:.2f}"])
    return table


def compare(both: tuple[Callable[[], object], Callable[[], object]], out: Path) -> None:
    """Run both once, which also warms them up, and assert that they answer alike."""
    read = pl.read_csv if out.suffix == ".csv" else pl.read_parquet
    frames = []
    for work in both:
        work()
        frames.append(read(out))
    ours, floor = frames
    assert ours.columns == floor.columns
    np.testing.assert_allclose(ours[:, 1:].to_numpy(), floor[:, 1:].to_numpy(), rtol=1e-4, atol=1e-6)


def peak(command: list[str]) -> float:
    """The most memory of a new process, in MB."""
    done = subprocess.run([sys.executable, "-c", PEAK, *command], check=True, capture_output=True, text=True)
    return int(done.stdout.split()[-1]) / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def main() -> None:
    """Run and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the files (1,000,000)")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each contender (9)")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--memory", action="store_true", help="measure memory instead, for that many rows and ten times as many")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = write_model(folder)
        table: list[list[str]] = []
        for suffix in (".parquet", ".csv"):
            data, out = folder / f"data{suffix}", folder / f"answers{suffix}"
            if not options.memory:
                write_rows(data, options.rows)
                table += compete(model, data, out, options.device, options.rounds)
                continue
            peaks: dict[str, list[str]] = {"mlpspec": [], "floor": []}
            for rows in (options.rows, 10 * options.rows):
                write_rows(data, rows)
                for contender, command in commands(model, data, out, options.device).items():
                    peaks[contender].append(f"{peak(command):,.0f}")
            table += [[f"{suffix[1:]}, {contender}", *found] for contender, found in peaks.items()]
    if options.memory:
        print(aligned(["most memory in MB", f"{options.rows:,} rows", f"{10 * options.rows:,} rows"], table))
    else:
        print(aligned([f"{options.rows:,} rows", "mlpspec s", "floor s", "ratio", "least - most"], table))
    print(f"\n{options.device}; {machine('mlpspec', 'polars', 'onnxruntime-gpu', 'onnxruntime', 'numpy')}")


if __name__ == "__main__":
    main()
