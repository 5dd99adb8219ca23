"""`mlpspec validate`."""

from __future__ import annotations

import click

from mlpspec.cli.command import command, outside_option, setting_option
from mlpspec.cli.output import Output


@command(
    "validate", examples="mlpspec validate specs/penguins.yaml\nmlpspec validate specs/*.yaml --json\ncat spec.yaml | mlpspec validate -"
)
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@setting_option
@outside_option
def main(output: Output, specs: tuple[str, ...], settings: tuple[str, ...], allow_outside: bool) -> int:
    """Check specs without torch and without data; every mistake at once. `-` reads standard input."""
    from mlpspec.compiler import load
    from mlpspec.diagnostics import MlpspecError

    code, valid = 0, []
    for spec in specs:
        try:
            document = load(spec, settings=settings, allow_outside=allow_outside)
        except MlpspecError as error:
            if len(specs) == 1:
                raise
            output.warnings(error.diagnostics)
            code = max(code, error.exit_code)
        else:
            output.warnings(document.warnings)
            valid.append(spec)
    output.result("\n".join(f"{spec}: valid" for spec in valid), {"valid": valid, "invalid": [s for s in specs if s not in valid]})
    return code
