"""What all commands share: --json, --debug, --quiet, --color, and the way from a body to an exit code."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from mlpspec.cli.output import Output

_COMMON = (
    click.Option(["--json", "as_json"], is_flag=True, help="One JSON document on stdout, diagnostics included."),
    click.Option(["--quiet", "-q"], is_flag=True, help="No progress, notes or warnings."),
    click.Option(["--color", "colour"], type=click.Choice(["auto", "always", "never"]), default="auto", help="Colours in messages."),
    click.Option(["--debug"], is_flag=True, help="Show tracebacks."),
)


def command(name: str, *, examples: str) -> Callable[[Callable[..., int | None]], click.Command]:
    """Make a click command of a body `(output: Output, **parameters) -> exit code or None`.

    The body's docstring is the help text; `examples` are command lines shown below it. Parameters are declared with click's decorators on
    the body, under this one.
    """

    def make(body: Callable[..., int | None]) -> click.Command:
        def callback(as_json: bool, quiet: bool, colour: str, debug: bool, **parameters: Any) -> None:
            output = Output(name, json=as_json, debug=debug, quiet=quiet, colour=colour)
            raise SystemExit(output.run(lambda: body(output, **parameters)))

        parameters = list(reversed(getattr(body, "__click_params__", [])))
        epilog = "\b\nExamples:\n" + "\n".join(f"  {line}" for line in examples.strip().splitlines())
        return click.Command(name, callback=callback, params=[*parameters, *_COMMON], help=body.__doc__, epilog=epilog)

    return make


def gpu_options(body: Callable[..., int | None]) -> Callable[..., int | None]:
    """How a GPU is used, as `Predictor` takes it: `--tf32`, `--memory-limit` and `--cuda-graph` reach the body as the mapping `gpu`."""

    @wraps(body)
    def gathered(output: Output, *, tf32: bool, memory_limit: int | None, cuda_graph: str, **others: Any) -> int | None:
        limit = None if memory_limit is None else memory_limit * 2**20
        return body(output, gpu={"tf32": tf32, "memory_limit": limit, "cuda_graph": cuda_graph}, **others)

    graphs = click.Choice(["auto", "on", "off"])
    for option in (
        click.option("--cuda-graph", type=graphs, default="auto", show_default=True, help="Repeat small batches on a GPU as CUDA graphs."),
        click.option("--memory-limit", type=click.IntRange(1), metavar="MIB", help="MiB of GPU memory that the model may take."),
        click.option("--tf32", is_flag=True, help="Let a GPU round the factors of matrix products: faster, less exact."),
    ):
        option(gathered)
    return gathered


def setting_option(body: Callable[..., Any]) -> Callable[..., Any]:
    """`--set path=value`, repeated."""
    return click.option(
        "--set", "settings", metavar="PATH=VALUE", multiple=True, help="Change a value of the spec, e.g. training.epochs=5."
    )(body)


def outside_option(body: Callable[..., Any]) -> Callable[..., Any]:
    """`--allow-outside`."""
    return click.option("--allow-outside", is_flag=True, help="Let the spec read data outside its folder and the current one.")(body)
