"""`mlpspec export`."""

from __future__ import annotations

from pathlib import Path

import click

from mlpspec.cli.command import command
from mlpspec.cli.output import Output


@command("export", examples="mlpspec export\nmlpspec export runs/penguins/latest -o penguins.onnx")
@click.argument("run", required=False)
@click.option("-o", "--output", "target", type=click.Path(path_type=Path), help="The model file. Default: model.onnx in the run folder.")
@click.option("--triton", type=click.Path(path_type=Path), metavar="DIR", help="Also write a Triton model repository there.")
@click.option("--runs", default="runs", type=click.Path(path_type=Path), show_default=True, help="Where to look for the newest run.")
def main(output: Output, run: str | None, target: Path | None, triton: Path | None, runs: Path) -> None:
    """Write a run (the newest when none is named) as one ONNX file from raw columns to labels, proved before it gets its name."""
    from mlpspec.exporting.export import export
    from mlpspec.training.run_folder import RunFolder

    folder = RunFolder.open(run, runs)
    result = export(folder, target)
    if triton is not None:
        from mlpspec.serving.triton import write_triton_repository

        output.note(f"wrote {write_triton_repository(result.path, triton)}")
    proof = result.proof
    worst = ", ".join(f"{name} {value:.1e}" for name, value in proof["max_absolute"].items())
    text = (
        f"{result.path}: {result.bytes:,} bytes, {result.nodes} nodes\n"
        f"proved on {proof['rows']:,} rows and {proof['edge_rows']:,} edge rows at batch sizes {', '.join(map(str, proof['batch_sizes']))}"
        f"; largest difference: {worst or 'none'}"
    )
    data = {
        "path": str(result.path),
        "bytes": result.bytes,
        "sha256": result.sha256,
        "nodes": result.nodes,
        "run": str(folder.path),
        "proof": proof,
    }
    output.result(text, data)
