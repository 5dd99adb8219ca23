"""`mlpspec init`."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlpspec.cli.command import command
from mlpspec.cli.output import Output

if TYPE_CHECKING:
    from mlpspec.data.draft import Draft

SCHEMA = Path(".mlpspec") / "schema.json"


@command(
    "init",
    examples="mlpspec init examples/data/penguins.csv --target species\nmlpspec init table.parquet --target price -o price.yaml",
)
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--target", required=True, metavar="COLUMN", help="The column that the model shall answer.")
@click.option("-o", "--output", "path", default="-", metavar="FILE", help="Where the spec goes; `-` is standard output.  [default: -]")
@click.option("--separator", metavar="SIGN", help="What stands between the cells of a CSV file.")
@click.option("--force", is_flag=True, help="Write over an existing file.")
def main(output: Output, data: Path, target: str, path: str, separator: str | None, force: bool) -> None:
    """Write a commented spec for a table: guesses of types and missing values with their reasons, and a model of a sensible size."""
    from mlpspec.diagnostics import UsageError

    file = None if path == "-" else Path(path)
    if file is not None and file.exists() and not force:
        raise UsageError(f"{path} exists already", help="choose another name, or write over it with --force")
    draft = _draft(output, data, target, file, separator)
    text = draft.text()
    _check(text, path, file)
    if file is None and not output.json:
        sys.stdout.write(text)
        output.note(f"\nwith -o FILE the schema for your editor is written too, to {SCHEMA.as_posix()} beside the spec")
        return
    if file is not None:
        _write(file, text)
    kinds = {guess.column.name: guess.kind for guess in draft.inputs}
    left_out = sum(kind == "skipped" for kind in kinds.values())
    lines = (
        f"{path}: reads {len(kinds) - left_out} of {len(kinds)} columns, answers `{target}` ({draft.target.kind})",
        f"next: look at its comments, then {draft.train}",
    )
    output.result("\n".join(lines), {"path": None if file is None else path, "target": draft.target.kind, "columns": kinds, "spec": text})


def _draft(output: Output, data: Path, target: str, file: Path | None, separator: str | None) -> Draft:
    """What the spec says, from the table's columns."""
    from mlpspec.data.draft import Draft, identifier
    from mlpspec.data.guess import guess_input, guess_target, read_columns
    from mlpspec.data.opening import open_table
    from mlpspec.diagnostics import DataError, Diagnostic, Severity, UsageError, did_you_mean

    table = open_table(data, separator=separator)
    if target not in table.columns:
        raise UsageError(f"{data} has no column `{target}`", help=did_you_mean(target, table.columns))
    columns, tokens = read_columns(table)
    inputs = [guess_input(column) for column in columns if column.name != target]
    answer = guess_target(next(column for column in columns if column.name == target))
    if answer.kind == "skipped":
        raise DataError(f"`{target}` cannot be a target: {answer.reason}", place=table.name, help="name another column with --target")
    if all(guess.kind == "skipped" for guess in inputs):
        reasons = "; ".join(f"{guess.column.name}: {guess.reason}" for guess in inputs) or "there is no other column"
        raise DataError("no column can be an input", place=table.name, help=reasons)
    if answer.column.missing:
        values = "a missing value" if answer.column.missing == 1 else f"{answer.column.missing} missing values"
        message = f"the target `{target}` has {values}, which training refuses"
        help = "remove those rows from the data"
        output.warnings([Diagnostic("missing-value", message, severity=Severity.WARNING, place=table.name, help=help)])
    written, options = _relative(data, Path.cwd() if file is None else file.parent), [] if separator is None else ["--separator", separator]
    spec = "SPEC.yaml" if file is None else str(file)
    inside = any(data.resolve().is_relative_to(folder.resolve()) for folder in (Path.cwd(), Path.cwd() if file is None else file.parent))
    return Draft(
        name=identifier((data if file is None else file).stem),
        command=shlex.join(["mlpspec", "init", str(data), "--target", target, *options]),
        train=shlex.join(["mlpspec", "train", spec, *([] if inside else ["--allow-outside"])]),
        schema=SCHEMA.as_posix(),
        path=written,
        rows=table.rows,
        tokens=tokens,
        inputs=inputs,
        target=answer,
        options={} if separator is None else {"separator": separator},
    )


def _relative(data: Path, folder: Path) -> str:
    """The path of the data from the spec's folder."""
    try:
        return Path(os.path.relpath(data.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive
        return data.resolve().as_posix()


def _check(text: str, name: str, file: Path | None) -> None:
    """A spec that mlpspec itself would refuse is a fault, and is not written."""
    from mlpspec.compiler import check
    from mlpspec.language.reader import read

    check(read(text, name), Path.cwd() if file is None else file.parent, allow_outside=True)


def _write(file: Path, text: str) -> None:
    from mlpspec.atomic import write_atomically
    from mlpspec.diagnostics import MachineError
    from mlpspec.language.schema import spec_schema

    schema = file.parent / SCHEMA
    try:
        schema.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise MachineError(f"cannot write {schema}: {error.strerror}", code="cannot-write", help="choose another folder") from error
    with write_atomically(schema) as stream:
        stream.write((json.dumps(spec_schema(variables=True), indent=1, ensure_ascii=False) + "\n").encode())
    with write_atomically(file) as stream:
        stream.write(text.encode())
