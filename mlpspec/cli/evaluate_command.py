"""`mlpspec evaluate`."""

from __future__ import annotations

from pathlib import Path

import click

from mlpspec.cli.command import command, outside_option
from mlpspec.cli.output import Output
from mlpspec.cli.table import aligned, figure


@command("evaluate", examples="mlpspec evaluate\nmlpspec evaluate runs/penguins/latest --part validation\nmlpspec evaluate --data new.csv")
@click.argument("run", required=False)
@click.option("--data", type=click.Path(path_type=Path), help="Measure on this file, targets included, instead of the run's own data.")
@click.option(
    "--part", type=click.Choice(["train", "validation", "test"]), default="test", show_default=True, help="Of the run's own data."
)
@outside_option
@click.option("--runs", default="runs", type=click.Path(path_type=Path), show_default=True, help="Where to look for the newest run.")
def main(output: Output, run: str | None, data: Path | None, part: str, allow_outside: bool, runs: Path) -> None:
    """Loss and metrics of a run (the newest when none is named) with its best weights."""
    from mlpspec.training.evaluate_run import evaluate_run
    from mlpspec.training.run_folder import RunFolder

    folder = RunFolder.open(run, runs)
    found = evaluate_run(folder, data=data, part=part, allow_outside=allow_outside)
    output.warnings(found.warnings)
    for name, reason in found.undefined.items():
        output.note(f"{name} is undefined: {reason}")
    where = str(data) if data else part
    text = aligned(["", "rows", *found.figures], [[where, f"{found.rows:,}", *map(figure, found.figures.values())]])
    facts = {"run": str(folder.path), "data": where, "rows": found.rows, "figures": found.figures, "undefined": found.undefined}
    output.result(text, facts)
