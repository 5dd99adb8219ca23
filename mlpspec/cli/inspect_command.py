"""`mlpspec inspect`."""

from __future__ import annotations

from pathlib import Path

import click

from mlpspec.cli.command import command
from mlpspec.cli.output import Output
from mlpspec.cli.table import aligned


@command("inspect", examples="mlpspec inspect penguins.onnx\nmlpspec inspect penguins.onnx --spec > penguins.yaml")
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--spec", "only_spec", is_flag=True, help="Print only the spec that the model was trained with.")
def main(output: Output, model: Path, only_spec: bool) -> None:
    """What a model file is: inputs, outputs, classes, spec, figures, versions. Needs no torch."""
    from mlpspec.diagnostics import ModelFileError
    from mlpspec.runtime.inspect import describe
    from mlpspec.runtime.model_file import read_model_file

    found = describe(read_model_file(model))
    if only_spec:
        if found.card is None or not found.card.spec:
            raise ModelFileError(f"{model} holds no spec", place=str(model))
        output.result(found.card.spec, {"spec": found.card.spec})
        return
    opsets = ", ".join(f"{domain or 'ai.onnx'} {version}" for domain, version in found.opsets.items())
    facts = [
        ["file", f"{found.path}, {found.bytes:,} bytes"],
        ["sha256", found.sha256],
        ["made by", found.producer or "unknown"],
        ["format", f"ONNX IR {found.ir_version}, {opsets}"],
        ["operators", ", ".join(f"{count} {name}" for name, count in found.operators.items())],
    ]
    tensors = [
        [way, v.name, v.type, str(list(v.shape))] for way, values in (("input", found.inputs), ("output", found.outputs)) for v in values
    ]
    text = [aligned(["", ""], facts, numeric_from=2).strip("\n"), "", aligned(["", "name", "type", "shape"], tensors, numeric_from=4)]
    if found.card is None:
        text += ["", found.no_card]
    else:
        text += ["", *_card(found.card)]
    output.result("\n".join(text), found.to_json())


def _card(card) -> list[str]:  # noqa: ANN001  # a runtime.card.ModelCard, imported only when the command runs
    lines = [f"model `{card.name}`, exported by mlpspec {card.mlpspec}"]
    lines.append(f"  precision of the network: {card.precision} {card.quantization}".rstrip())
    lines += [f"  reads {i.name}: {i.kind} from {', '.join(i.columns)}; a missing value: {i.missing}" for i in card.inputs]
    for target in card.targets:
        classes = f" of {', '.join(map(str, target.classes))}" if target.classes else ""
        lines.append(f"  answers {target.name}: {target.kind}{classes}")
    if card.samples > 1:
        lines.append(f"  every answer is the mean of {card.samples} samples")
    for part, figures in card.figures.items():
        shown = ", ".join(f"{name} {value:.4g}" for name, value in figures.items() if value is not None)
        lines.append(f"  {part}: {shown}")
    return lines
