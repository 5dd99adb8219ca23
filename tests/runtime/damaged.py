"""Opens and runs every model file in a folder; prints a line for each: its name and how it ended.

A process of its own, so that a crash of ONNX Runtime is seen and named: the last line is then that of the file before.
"""

from __future__ import annotations

import sys
from pathlib import Path

from mlpspec.diagnostics import MlpspecError
from mlpspec.runtime.inspect import describe
from mlpspec.runtime.model_file import read_model_file
from mlpspec.runtime.predictor import Predictor

ROWS = {"width": [1, None], "height": [2.5, 3], "island": ["Dream", "Mars"]}

for path in sorted(Path(sys.argv[1]).iterdir()):
    outcome = "worked"
    for use in (lambda path=path: Predictor(path, "cpu").predict(ROWS), lambda path=path: describe(read_model_file(path))):
        try:
            use()
        except MlpspecError as error:
            outcome = type(error).__name__
        except Exception as error:
            outcome = f"{type(error).__name__}: {error}".replace("\n", " ")
    print(path.name, outcome, flush=True)  # noqa: T201
