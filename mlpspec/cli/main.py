"""The command `mlpspec`."""

from __future__ import annotations

import gc
import io
import sys
from importlib import import_module

import click

from mlpspec.cli.output import Output
from mlpspec.cli.termination import termination_raises
from mlpspec.diagnostics import UsageError, did_you_mean
from mlpspec.version import __version__

COMMANDS = {
    "init": "Write a commented spec from a table.",
    "validate": "Check specs; every mistake at once.",
    "summary": "Layers, shapes and parameters of a spec.",
    "explain": "What a word of the language or an error code means.",
    "train": "Train the model of a spec.",
    "tune": "Search for the best values of a spec.",
    "evaluate": "Measure a trained run on data.",
    "export": "Write a run as one proved ONNX file.",
    "predict": "Answer the rows of a file with a model file.",
    "serve": "Answer over HTTP with a model file.",
    "inspect": "What a model file is.",
    "benchmark": "Latency and rows a second of a model file.",
    "compile": "Print the network as PyTorch source.",
    "schema": "Print the JSON Schema of the language.",
    "doctor": "What this machine can do, and why not.",
}
"""Each command is the `main` of the module of its name in this package; modules are imported when they run."""


class Commands(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        return import_module(f"mlpspec.cli.{cmd_name}_command").main

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS:
            raise UsageError(f"there is no command `{args[0]}`", help=did_you_mean(args[0], COMMANDS))
        return super().resolve_command(ctx, args)


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="\b\nFirst steps:\n  mlpspec init table.csv --target price -o price.yaml\n  mlpspec train price.yaml\n"
    "  mlpspec export -o price.onnx\n  mlpspec predict price.onnx new.csv -o answers.csv",
)
@click.version_option(__version__, message="mlpspec %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """A compiler for models: one YAML file becomes a trained network and one ONNX file."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def run(arguments: list[str] | None = None) -> None:
    """The console script: runs a command and ends the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that cannot show a sign must not end the work
    output = Output("mlpspec", json="--json" in (sys.argv if arguments is None else arguments))

    def body() -> int:
        try:
            main.main(arguments, prog_name="mlpspec", standalone_mode=False)
        except click.exceptions.Exit as stop:
            return stop.exit_code
        except click.Abort:
            return 130
        except click.ClickException as error:
            help = error.ctx.get_usage().replace("Usage: ", "usage: ") if isinstance(error, click.UsageError) and error.ctx else ""
            raise UsageError(error.format_message(), help=help) from error
        except SystemExit as stop:
            return stop.code if isinstance(stop.code, int) else 1
        return 0

    with termination_raises():
        code = output.run(body)
    gc.freeze()  # the collections of an ending process look through all of torch, for half a second and for nothing
    sys.exit(code)
