"""`mlpspec benchmark`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlpspec.cli.command import command, gpu_options
from mlpspec.cli.output import Output
from mlpspec.cli.table import aligned

if TYPE_CHECKING:
    from mlpspec.runtime.benchmark import Timing


@command(
    "benchmark",
    examples="mlpspec benchmark penguins.onnx\nmlpspec benchmark penguins.onnx --device cpu --device cuda --batch 1 --batch 4096\n"
    "mlpspec benchmark penguins.onnx --threads 1 --threads 4 --run runs/penguins/latest --plot speed.svg",
)
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--device", "devices", multiple=True, default=("auto",), show_default=True, help="cuda, cuda:1, cpu or auto; repeat it.")
@click.option("--batch", "batches", multiple=True, type=click.IntRange(1), help="Rows of a batch; repeat it. Default: 1 to 65536.")
@click.option("--threads", multiple=True, type=click.IntRange(1), help="CPU threads; repeat it. Default: one a core.")
@click.option("--run", help="A run folder, whose torch module is timed as well.")
@click.option("--seconds", default=1.0, show_default=True, type=click.FloatRange(0), help="Time for each measurement.")
@gpu_options
@click.option("--plot", type=click.Path(path_type=Path), metavar="FILE.svg", help="Draw rows a second by batch size.")
def main(
    output: Output,
    model: Path,
    devices: tuple[str, ...],
    batches: tuple[int, ...],
    threads: tuple[int, ...],
    run: str | None,
    seconds: float,
    gpu: dict[str, Any],
    plot: Path | None,
) -> None:
    """Latency and rows a second of a model file on made-up rows, beside plain ONNX Runtime on the same rows."""
    from mlpspec.diagnostics import UsageError
    from mlpspec.runtime.benchmark import BATCH_SIZES, benchmark

    if plot is not None and plot.suffix.lower() != ".svg":
        raise UsageError(f"--plot writes SVG, not {plot.suffix or plot.name}", help="name a file that ends in .svg")
    sizes = sorted(set(batches)) or BATCH_SIZES
    others = _torch(run)
    settings = len(devices) * max(len(threads), 1) * len(sizes)
    output.note(f"{settings * (2 + len(others))} measurements, {seconds:g} s each")
    found = [*benchmark(model, devices=devices, threads=threads or (None,), batch_sizes=sizes, seconds=seconds, others=others, **gpu)]
    if plot is not None:
        _draw(plot, model, found)
    output.result(_table(found), {"model": str(model), "timings": [_data(timing) for timing in found]})


def _torch(run: str | None) -> dict[str, Any]:
    if run is None:
        return {}
    from mlpspec.training.run_folder import RunFolder
    from mlpspec.training.timed_module import timed_module

    return {"torch network": timed_module(RunFolder.open(run))}


def _table(timings: Sequence[Timing]) -> str:
    header = ["device", "threads", "what", "rows", "calls", "p50 ms", "p99 ms", "rows/s", "overhead µs"]
    rows = [
        [
            timing.device,
            _threads(timing),
            timing.what,
            f"{timing.rows:,}",
            f"{timing.calls:,}",
            f"{timing.p50 * 1e3:,.4f}",
            f"{timing.p99 * 1e3:,.4f}",
            f"{timing.rows_per_second:,.0f}",
            "" if timing.overhead is None else f"{timing.overhead * 1e6:+,.1f}",
        ]
        for timing in timings
    ]
    return aligned(header, rows, numeric_from=3)


def _data(timing: Timing) -> dict[str, Any]:
    return {
        "what": timing.what,
        "device": timing.device,
        "threads": timing.threads,
        "rows": timing.rows,
        "calls": timing.calls,
        "p50_seconds": timing.p50,
        "p99_seconds": timing.p99,
        "rows_per_second": timing.rows_per_second,
        "overhead_seconds": timing.overhead,
    }


def _threads(timing: Timing) -> str:
    return "all" if timing.threads is None else str(timing.threads)


def _name(timing: Timing) -> str:
    return f"{timing.what}, {timing.device}, {_threads(timing)} thread{'' if timing.threads == 1 else 's'}"


def _draw(path: Path, model: Path, timings: Sequence[Timing]) -> None:
    from mlpspec.atomic import write_atomically
    from mlpspec.report.charts.batch_sizes import batch_size_chart
    from mlpspec.report.charts.lines import Line
    from mlpspec.report.picture import svg_picture

    sizes = sorted({timing.rows for timing in timings})
    speeds: dict[str, dict[int, float]] = {}
    for timing in timings:
        speeds.setdefault(_name(timing), {})[timing.rows] = timing.rows_per_second
    lines = [Line(name, [speed.get(size) for size in sizes], style) for style, (name, speed) in enumerate(speeds.items(), 1)]
    description = "Rows a second by rows of a batch, for each way to calculate, device and number of threads."
    chart = batch_size_chart(f"Speed of {model.name}", description, sizes, lines, y_title="rows/s")
    with write_atomically(path) as file:
        file.write(svg_picture(chart).encode())
