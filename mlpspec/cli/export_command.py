"""`mlpspec export`."""

from __future__ import annotations

from pathlib import Path

import click

from mlpspec.cli.calibration import calibrated
from mlpspec.cli.command import command, outside_option
from mlpspec.cli.output import Output
from mlpspec.cli.precision import differences, lowered


@command(
    "export",
    examples="mlpspec export\nmlpspec export runs/penguins/latest -o penguins.onnx\nmlpspec export --precision int8 -o small.onnx\n"
    "mlpspec export --uncertainty mc_dropout --samples 30\nmlpspec export --calibrate temperature\n"
    "mlpspec export runs/penguins/latest --ensemble",
)
@click.argument("run", required=False)
@click.option("-o", "--output", "target", type=click.Path(path_type=Path), help="The model file. Default: model.onnx in the run folder.")
@click.option("--precision", type=click.Choice(["fp32", "fp16", "bf16", "int8"]), help="Of the network. Default: the spec's.")
@click.option("--quantization", type=click.Choice(["static", "dynamic"]), help="How int8 scales activations. Default: the spec's.")
@click.option(
    "--max-metric-drop", type=click.FloatRange(min=0), metavar="X", help="How much worse than fp32 a metric may be. Default: the spec's."
)
@click.option("--uncertainty", type=click.Choice(["mc_dropout", "none"]), help="Answer every row several times, and tell the spread.")
@click.option("--samples", type=click.IntRange(2, 1000), metavar="N", help="How many times mc_dropout answers.  [default: 30]")
@click.option("--calibrate", type=click.Choice(["temperature", "none"]), help="Fit probabilities to the validation rows.")
@click.option("--opset", type=click.IntRange(17, 21), metavar="N", help="ONNX operator set, 17 to 21. Default: the spec's.")
@click.option("--ensemble", is_flag=True, help="Write all folds of a cross-validation as one file that gives the mean of their answers.")
@click.option("--set", "settings", metavar="PATH=VALUE", multiple=True, help="Change a value of the section, e.g. export.outputs=[label].")
@outside_option
@click.option("--triton", type=click.Path(path_type=Path), metavar="DIR", help="Also write a Triton model repository there.")
@click.option("--runs", default="runs", type=click.Path(path_type=Path), show_default=True, help="Where to look for the newest run.")
def main(
    output: Output,
    run: str | None,
    target: Path | None,
    precision: str | None,
    quantization: str | None,
    max_metric_drop: float | None,
    uncertainty: str | None,
    samples: int | None,
    calibrate: str | None,
    opset: int | None,
    ensemble: bool,
    settings: tuple[str, ...],
    allow_outside: bool,
    triton: Path | None,
    runs: Path,
) -> None:
    """Write a run (the newest when none is named) as one ONNX file from raw columns to labels, proved before it gets its name."""
    from mlpspec.diagnostics import UsageError
    from mlpspec.training.run_folder import RunFolder

    folder = RunFolder.open(run, runs)
    if uncertainty == "none" and samples is not None:
        message = "`--samples` says how often `mc_dropout` answers, and `--uncertainty none` leaves that out"
        raise UsageError(message, help="keep one of them")
    flags = {
        "uncertainty": uncertainty,
        "uncertainty.mc_dropout.samples": samples,
        "calibrate": calibrate,
        "precision": precision,
        "quantization": quantization,
        "max_metric_drop": max_metric_drop,
        "opset": opset,
    }
    chosen = [f"export.{path}={'null' if value == 'none' else value}" for path, value in flags.items() if value is not None]
    if ensemble:
        from mlpspec.exporting.ensemble.export import export_ensemble as write
    else:
        from mlpspec.exporting.export import export as write
    result = write(folder, target, settings=[*chosen, *settings], allow_outside=allow_outside)
    if triton is not None:
        from mlpspec.serving.triton import write_triton_repository

        output.note(f"wrote {write_triton_repository(result.path, triton)}")
    proof = result.proof
    batches = ", ".join(map(str, proof["batch_sizes"]))
    only_run = f" ({proof['not_compared']:,} of them beyond float32, and only run)" if proof["not_compared"] else ""
    text = (
        f"{result.path}: {result.bytes:,} bytes, {result.nodes} nodes\n"
        f"proved on {proof['rows']:,} rows and {proof['edge_rows']:,} edge rows{only_run} at batch sizes {batches}"
        f"; largest difference: {differences(proof['max_absolute'])}"
    )
    if "precision" in proof:
        text += " in fp32"
    if proof["flips"]:
        text += f"\n{proof['flips']} labels differ where two are equally likely"
    text += "".join(f"\n{line}" for line in calibrated(proof.get("calibration", {})))
    if "precision" in proof:
        text += f"\n\n{lowered(proof['precision'])}"
        sizes = proof["precision"]["bytes"]
        if result.bytes >= sizes["fp32"]:
            output.note(f"the file is not smaller than in fp32 ({sizes['fp32']:,} bytes): the network is too small to gain")
    data = {
        "path": str(result.path),
        "bytes": result.bytes,
        "sha256": result.sha256,
        "nodes": result.nodes,
        "run": str(folder.path),
        "proof": proof,
    }
    output.result(text, data)
