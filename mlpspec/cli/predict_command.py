"""`mlpspec predict`."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlpspec.cli.command import command, gpu_options
from mlpspec.cli.output import Output

if TYPE_CHECKING:
    from mlpspec.runtime.bad_rows import OnError
    from mlpspec.runtime.predict_file import PredictSummary

_LISTED = 8
"""Ignored columns that a note names."""


def names(_context: click.Context, _parameter: click.Parameter, values: Iterable[str]) -> list[str] | None:
    """Names separated by commas, from an option that may be repeated; one with a comma in it is quoted as in CSV."""
    found = [name.strip() for value in values for name in next(csv.reader([value], skipinitialspace=True), [])]
    if "" in found:
        raise click.BadParameter("a name is empty")
    return found or None


@command(
    "predict",
    examples="mlpspec predict penguins.onnx new.csv -o answers.csv\n"
    "mlpspec predict penguins.onnx new.parquet -o answers.parquet --device cuda --keep\n"
    "mlpspec predict penguins.onnx new.csv -o answers.csv --on-error null --keep-columns id --columns species\n"
    "zcat new.csv.gz | mlpspec predict penguins.onnx - > answers.csv",
)
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data")
@click.option(
    "-o", "--output", "target", default="-", metavar="FILE", help="Where the answers go: CSV, Parquet or npz; `-` is standard output."
)
@click.option(
    "--device", default="auto", show_default=True, help="cuda, cuda:1, cpu or auto. Only auto may fall back to the CPU, and says so."
)
@gpu_options
@click.option("--batch-rows", default=65536, show_default=True, type=click.IntRange(1), help="Rows answered at a time.")
@click.option("--columns", multiple=True, metavar="NAMES", callback=names, help="Answers wanted, in this order, e.g. species,species_p*.")
@click.option("--keep", is_flag=True, help="Keep the columns of the data in front of the answers.")
@click.option("--keep-columns", multiple=True, metavar="NAMES", callback=names, help="Keep these columns of the data, e.g. id,flipper_*.")
@click.option(
    "--on-error",
    type=click.Choice(["stop", "skip", "null"]),
    default="stop",
    show_default=True,
    help="Rows that the model cannot take: stop and say what is wrong, leave them out, or leave their answers empty.",
)
@click.option("--errors", metavar="FILE", help="With skip and null: where bad rows are listed. Default: the output with .errors.csv.")
@click.option("--separator", metavar="SIGN", help="What stands between the cells of CSV data. Default: a comma, in .tsv a tab.")
@click.option("--force", is_flag=True, help="Replace output files that are there.")
def main(
    output: Output,
    model: Path,
    data: str,
    target: str,
    device: str,
    gpu: dict[str, Any],
    batch_rows: int,
    columns: list[str] | None,
    keep: bool,
    keep_columns: list[str] | None,
    on_error: OnError,
    errors: str | None,
    separator: str | None,
    force: bool,
) -> None:
    """Answer the rows of a CSV, Parquet, Arrow or npz file with a model file, on ONNX Runtime. Needs no torch."""
    from mlpspec.cli.progress import progress_bar
    from mlpspec.diagnostics import UsageError
    from mlpspec.runtime import Predictor
    from mlpspec.runtime.predict_file import errors_path, predict_file

    if target == "-" and output.json:
        raise UsageError("answers and --json cannot both go to standard output", help="name a file with -o")
    if keep and keep_columns:
        raise UsageError("--keep keeps all columns, --keep-columns some", help="pass one of the two")
    for path in (target, errors_path(target, on_error, errors)):
        if path not in ("-", None) and Path(path).is_file() and not force:
            raise UsageError(f"{path} is there already", help="choose another name, or pass --force")
    predictor = Predictor(model, device=device, **gpu)
    output.note(f"running on {predictor.device}")
    output.warnings(predictor.device.warnings)
    with progress_bar(shown=not (output.quiet or output.json)) as report:
        summary = predict_file(
            predictor,
            data,
            target,
            batch_rows=batch_rows,
            keep=keep_columns or keep,
            columns=columns,
            on_error=on_error,
            errors=errors,
            separator=separator,
            progress=report,
        )
    _say(output, summary, on_error)
    facts = {
        "output": target,
        "rows": summary.rows,
        "bad_rows": summary.bad_rows,
        "reasons": dict(summary.reasons),
        "errors": summary.errors,
        "seconds": summary.seconds,
        "device": predictor.device.device,
        "device_reason": predictor.device.reason,
        "unseen": dict(summary.unseen),
        "ignored": list(summary.ignored),
    }
    if target != "-":
        output.result(f"wrote {target}", facts)


def _say(output: Output, summary: PredictSummary, on_error: OnError) -> None:
    """Notes and warnings about what was done."""
    if summary.ignored:
        listed = ", ".join(summary.ignored[:_LISTED]) + (", ..." if len(summary.ignored) > _LISTED else "")
        output.note(f"{_count(len(summary.ignored), 'column')} that the model does not read: {listed}")
    for column, count in summary.unseen.items():
        output.note(f"{_count(count, 'cell')} of `{column}` with a category that the training rows did not have; counted as unknown")
    if summary.bad_rows:
        output.warnings(summary.warnings)
        done = "left out" if on_error == "skip" else "given empty answers"
        where = f"; {summary.errors} lists them" if summary.errors else ""
        output.note(f"{summary.bad_rows:,} of {_count(summary.rows, 'row')} {done}{where}")
    speed = summary.rows / max(summary.seconds, 1e-9)
    output.note(f"{_count(summary.rows, 'row')} in {summary.seconds:.2f} s, {speed:,.0f} rows/s")


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' if count != 1 else ''}"
