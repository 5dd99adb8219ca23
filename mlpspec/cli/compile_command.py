"""`mlpspec compile`."""

from __future__ import annotations

from pathlib import Path

import click

from mlpspec.cli.command import command, outside_option, setting_option
from mlpspec.cli.output import Output


@command("compile", examples="mlpspec compile specs/digits.yaml -o model.py")
@click.argument("spec")
@click.option("-o", "--output", "target", default="-", metavar="FILE", help="Where to write it; `-` is standard output.")
@setting_option
@outside_option
def main(output: Output, spec: str, target: str, settings: tuple[str, ...], allow_outside: bool) -> None:
    """The network of a spec as standalone, readable PyTorch source. Its sizes come from the data, which is read."""
    from mlpspec.atomic import write_atomically
    from mlpspec.compiler import build_graph, load
    from mlpspec.data.load import load_data_of
    from mlpspec.pytorch.source import print_source

    document = load(spec, settings=settings, allow_outside=allow_outside)
    output.warnings(document.warnings)
    dataset = load_data_of(document)
    text = print_source(build_graph(document, dataset.preprocessing.facts))
    if target == "-" or output.json:
        output.result(text, {"source": text})
    if target == "-":
        return
    with write_atomically(Path(target)) as file:
        file.write(text.encode())
    output.note(f"wrote {target}")
