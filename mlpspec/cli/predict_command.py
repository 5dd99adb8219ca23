"""`mlpspec predict`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mlpspec.cli.command import command, gpu_options
from mlpspec.cli.output import Output


@command(
    "predict",
    examples="mlpspec predict penguins.onnx new.csv -o answers.csv\n"
    "mlpspec predict penguins.onnx new.parquet -o answers.parquet --device cuda --keep",
)
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data")
@click.option("-o", "--output", "target", default="-", metavar="FILE", help="Where the answers go, CSV or Parquet; `-` is standard output.")
@click.option(
    "--device", default="auto", show_default=True, help="cuda, cuda:1, cpu or auto. Only auto may fall back to the CPU, and says so."
)
@gpu_options
@click.option("--batch-rows", default=65536, show_default=True, type=click.IntRange(1), help="Rows answered at a time.")
@click.option("--keep", is_flag=True, help="Keep the columns of the data in front of the answers.")
@click.option("--force", is_flag=True, help="Replace the output file if it is there.")
def main(
    output: Output, model: Path, data: str, target: str, device: str, gpu: dict[str, Any], batch_rows: int, keep: bool, force: bool
) -> None:
    """Answer the rows of a CSV, Parquet or npz file with a model file, on ONNX Runtime. Needs no torch."""
    from mlpspec.cli.progress import progress_bar
    from mlpspec.diagnostics import UsageError
    from mlpspec.runtime import Predictor
    from mlpspec.runtime.predict_file import predict_file

    if target == "-" and output.json:
        raise UsageError("answers and --json cannot both go to standard output", help="name a file with -o")
    if target != "-" and Path(target).exists() and not force:
        raise UsageError(f"{target} is there already", help="choose another name, or pass --force")
    predictor = Predictor(model, device=device, **gpu)
    output.note(f"running on {predictor.device}")
    output.warnings(predictor.device.warnings)
    with progress_bar(shown=not (output.quiet or output.json)) as report:
        summary = predict_file(predictor, data, target, batch_rows=batch_rows, keep=keep, progress=report)
    for column, count in summary.unseen.items():
        cells = f"{count:,} cell{'s' if count > 1 else ''} of `{column}`"
        output.note(f"{cells} with a category that the training rows did not have; counted as unknown")
    speed = summary.rows / max(summary.seconds, 1e-9)
    output.note(f"{summary.rows:,} rows in {summary.seconds:.2f} s, {speed:,.0f} rows/s")
    facts = {
        "output": target,
        "rows": summary.rows,
        "seconds": summary.seconds,
        "device": predictor.device.device,
        "device_reason": predictor.device.reason,
        "unseen": dict(summary.unseen),
    }
    if target != "-":
        output.result(f"wrote {target}", facts)
