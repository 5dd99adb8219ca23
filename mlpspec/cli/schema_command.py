"""`mlpspec schema`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from mlpspec.cli.command import command
from mlpspec.cli.output import Output


@command("schema", examples="mlpspec schema -o mlpspec.schema.json")
@click.option("-o", "--output", "target", default="-", metavar="FILE", help="Where to write it; `-` is standard output.")
def main(output: Output, target: str) -> None:
    """The JSON Schema of the language, for editors: completion, hover texts and checks while you type."""
    from mlpspec.atomic import write_atomically
    from mlpspec.language.schema import spec_schema

    text = json.dumps(spec_schema(variables=True), indent=1, ensure_ascii=False) + "\n"
    if target == "-":
        sys.stdout.write(text)
        return
    with write_atomically(Path(target)) as file:
        file.write(text.encode())
    output.note(f"wrote {target}; name it on a spec's first line: # yaml-language-server: $schema={target}")
