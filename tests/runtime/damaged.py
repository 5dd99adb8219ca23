"""Opens and runs every model file in a folder, from Python and by the commands; prints a line for each: its name and how it ended.

A process of its own, so that a crash of ONNX Runtime is seen and named: the last line is then that of the file before. The second argument
is a data file that the sound model can read, the third a folder for answers, in which nothing may be left where a command fails, the others
are the commands; `serve` returns only from a file that it refuses.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from pathlib import Path

from mlpspec.cli.main import run
from mlpspec.diagnostics import MlpspecError
from mlpspec.runtime.inspect import describe
from mlpspec.runtime.model_file import read_model_file
from mlpspec.runtime.predictor import Predictor

ROWS = {"width": [1, None], "height": [2.5, 3], "island": ["Dream", "Mars"]}
MODELS, DATA, ANSWERS = map(Path, sys.argv[1:4])


def arguments(command: str, model: Path, answers: Path) -> list[str]:
    """A call of a command on a model."""
    further = {
        "inspect": [],
        "predict": [str(DATA), "-o", str(answers), "--device", "cpu"],
        "benchmark": ["-q", "--device", "cpu", "--seconds", "0", "--batch", "1", "--plot", str(answers.with_suffix(".svg"))],
        "serve": ["--device", "cpu", "--port", "0"],
    }
    return [command, str(model), *further[command]]


def ending(words: list[str]) -> tuple[int, str]:
    """How a command ends: its exit code, and the first line of its complaint."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as complaint:
        code = 0
        try:
            run(words)
        except SystemExit as stop:
            code = int(stop.code or 0)
    return code, complaint.getvalue().partition("\n")[0] if code else ""


for path in sorted(MODELS.iterdir()):
    outcome = "worked"
    for use in (lambda path=path: Predictor(path, "cpu").predict(ROWS), lambda path=path: describe(read_model_file(path))):
        try:
            use()
        except MlpspecError as error:
            outcome = type(error).__name__
        except Exception as error:
            outcome = f"{type(error).__name__}: {error}"
    endings: dict[str, tuple[int, str]] = {}
    left: list[str] = []
    for command in sys.argv[4:]:
        answers = ANSWERS / f"{path.stem}.csv"
        endings[command] = ending(arguments(command, path, answers))
        left += sorted(item.name for item in ANSWERS.iterdir() if endings[command][0] or item != answers)
        answers.unlink(missing_ok=True)
    print(json.dumps({"file": path.name, "outcome": outcome, "endings": endings, "left": left}), flush=True)  # noqa: T201
