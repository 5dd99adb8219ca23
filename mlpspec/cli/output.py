"""What a command says: results on stdout, everything else on stderr, one JSON document instead with --json."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TextIO

from mlpspec.cli.termination import Terminated
from mlpspec.diagnostics import Diagnostic, MlpspecError, Severity
from mlpspec.diagnostics.render import diagnostic_to_json, render_full

MAX_SHOWN = 20
"""Diagnostics shown in full; the rest is counted."""


@dataclass
class Output:
    """Where a command's words go. `colour` is `auto`, `always` or `never`."""

    command: str
    json: bool = False
    debug: bool = False
    quiet: bool = False
    colour: str = "auto"
    _shown: list[Diagnostic] = field(default_factory=list)

    @property
    def flags(self) -> list[tuple[str, bool]]:
        """The options that a command hands on to processes that it starts, and whether each was given."""
        return [("--json", self.json), ("--quiet", self.quiet), ("--debug", self.debug), (f"--color={self.colour}", True)]

    def result(self, text: str, data: Mapping[str, Any]) -> None:
        """The result: `text` for people, `data` for machines."""
        if self.json:
            self._document(ok=True, result=data)
        elif text:
            sys.stdout.write(text.rstrip("\n") + "\n")

    def note(self, text: str) -> None:
        """A line beside the result, unless --quiet."""
        if not self.quiet and not self.json:
            sys.stderr.write(text + "\n")

    def warnings(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Findings that stop nothing."""
        self._show([d for d in diagnostics if not (self.quiet and d.severity is not Severity.ERROR)])

    def run(self, body: Callable[[], int | None]) -> int:
        """Run a command's body; its exit code. Failures become diagnostics, never a traceback unless --debug."""
        try:
            code = body() or 0
            sys.stdout.flush()
        except MlpspecError as error:
            return self._failed(error)
        except Terminated as stop:
            return self._failed(MlpspecError(f"stopped by {stop}", code="stopped"), stop.exit_code)
        except KeyboardInterrupt:
            return self._failed(MlpspecError("stopped by Ctrl-C", code="stopped"), 130)
        except BrokenPipeError:
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123  # so that the interpreter's own flush at exit has somewhere to go
            return 141
        except OSError as error:
            return self._failed(MlpspecError(_describe(error), code="cannot-write"), 6)
        except Exception as error:
            if self.debug:
                traceback.print_exc()
            message = f"a fault in mlpspec: {type(error).__name__}: {error}"
            return self._failed(MlpspecError(message, help="please report it with the spec and what --debug prints"), 1)
        return code

    def _failed(self, error: MlpspecError, code: int | None = None) -> int:
        if self.debug:
            traceback.print_exception(error)
        self._show(error.diagnostics)
        if self.json:
            self._document(ok=False, result=None)
        return error.exit_code if code is None else code

    def _show(self, diagnostics: Iterable[Diagnostic]) -> None:
        found = list(diagnostics)
        self._shown += found
        if self.json:
            return
        colour = use_colour(self.colour, sys.stderr)
        for diagnostic in found[:MAX_SHOWN]:
            sys.stderr.write(render_full(diagnostic, colour=colour) + "\n\n")
        errors = sum(d.severity is Severity.ERROR for d in found)
        if len(found) > MAX_SHOWN:
            sys.stderr.write(f"... and {len(found) - MAX_SHOWN} more\n")
        if errors > 1:
            sys.stderr.write(f"{errors} errors\n")

    def _document(self, *, ok: bool, result: Mapping[str, Any] | None) -> None:
        document = {
            "schema_version": 1,
            "command": self.command,
            "ok": ok,
            "result": result,
            "diagnostics": [diagnostic_to_json(d) for d in self._shown],
        }
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n")


def use_colour(wanted: str, stream: TextIO) -> bool:
    """Whether to colour a stream: as asked, else by FORCE_COLOR, NO_COLOR, TERM and whether it is a terminal."""
    if wanted != "auto":
        return wanted == "always"
    if os.environ.get("FORCE_COLOR"):
        return True
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and stream.isatty()


def _describe(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}"
