"""Opens and runs every model file in a folder, from Python and by the commands; prints a line for each: its name and how it ended.

A process of its own, so that a crash of ONNX Runtime is seen and named: the last line is then that of the file before. The second argument
is a data file that the sound model can read, the third a folder for answers, in which nothing may be left where a command fails.
"""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path

from mlpspec.cli.main import run
from mlpspec.diagnostics import MlpspecError
from mlpspec.runtime.inspect import describe
from mlpspec.runtime.model_file import read_model_file
from mlpspec.runtime.predictor import Predictor

ROWS = {"width": [1, None], "height": [2.5, 3], "island": ["Dream", "Mars"]}
MODELS, DATA, ANSWERS = map(Path, sys.argv[1:])


def code(*arguments: str | Path) -> int:
    """How a command ends."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            run([str(argument) for argument in arguments])
        except SystemExit as stop:
            return int(stop.code or 0)
    return 0


for path in sorted(MODELS.iterdir()):
    outcome = "worked"
    for use in (lambda path=path: Predictor(path, "cpu").predict(ROWS), lambda path=path: describe(read_model_file(path))):
        try:
            use()
        except MlpspecError as error:
            outcome = type(error).__name__
        except Exception as error:
            outcome = f"{type(error).__name__}: {error}".replace("\n", " ")
    answers = ANSWERS / f"{path.stem}.csv"
    codes = code("inspect", path), code("predict", path, DATA, "-o", answers, "--device", "cpu")
    left = sorted(item.name for item in ANSWERS.iterdir() if codes[1] or item != answers)
    answers.unlink(missing_ok=True)
    print(path.name, outcome, *codes, ",".join(left), sep="\t", flush=True)  # noqa: T201
