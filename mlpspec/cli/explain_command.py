"""`mlpspec explain`."""

from __future__ import annotations

import click

from mlpspec.cli.command import command
from mlpspec.cli.output import Output


@command("explain", examples="mlpspec explain dense\nmlpspec explain training.schedule\nmlpspec explain shape-mismatch")
@click.argument("topic")
def main(output: Output, topic: str) -> None:
    """What a catalog entry, a section or option of a spec, or an error code means."""
    from mlpspec.diagnostics import UsageError, did_you_mean
    from mlpspec.language.reference import explain, topics

    text = explain(topic)
    if text is None:
        raise UsageError(f"there is nothing to explain under `{topic}`", help=did_you_mean(topic, topics()))
    output.result(text, {"topic": topic, "text": text})
