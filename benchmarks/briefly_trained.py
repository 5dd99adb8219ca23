"""Model files after an epoch of training: where only speed counts, weights may be anything."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mlpspec import compiler
from mlpspec.exporting.export import export
from mlpspec.training.run_document import load_run_document, load_run_module
from mlpspec.training.train import train

ROWS = 500
TRAINING = "training: {epochs: 1, batch_size: 64, device: cpu}\n"


@dataclass(frozen=True)
class Made:
    """Model files by precision, and the torch module of the network inside with what stands around it."""

    module: Any
    graph: Any
    preprocessing: Any
    files: dict[str, bytes] = field(repr=False)


def briefly_trained(text: str, frame: dict[str, np.ndarray], *precisions: str, check: bool = True) -> Made:
    """Train the model of a spec, which has no `training:`, on arrays and export it.

    Args:
        text: the spec.
        frame: columns and arrays by name.
        precisions: of the files, fp32 being one of them in any case.
        check: hold the spec against the schema, which takes the package jsonschema.
    """
    if not check:
        compiler.validate = lambda tree: []
    with tempfile.TemporaryDirectory() as folder:
        run = train(compiler.loads(text + TRAINING), frame=frame, runs=Path(folder)).folder
        files = {}
        for precision in dict.fromkeys(("fp32", *precisions)):
            settings = [f"export.precision={precision}", "export.max_metric_drop=1"]
            files[precision] = export(run, Path(folder) / f"{precision}.onnx", settings=settings, frame=frame).path.read_bytes()
        preprocessing = run.preprocessing()
        graph, module = load_run_module(run, load_run_document(run, reads_data=False), preprocessing)
    return Made(module.eval(), graph, preprocessing, files)


def numbers(count: int, classes: int = 3) -> dict[str, np.ndarray]:
    """Columns x0, x1, ... of the standard normal distribution, a text `colour`, a text class `kind` and a number `price`."""
    random = np.random.default_rng(0)
    columns = {f"x{number}": random.standard_normal(ROWS) for number in range(count)}
    colour = random.choice(["red", "green", "blue"], ROWS).astype(object)
    kind = np.array([f"kind {number % classes}" for number in range(ROWS)], object)
    return {**columns, "colour": colour, "kind": kind, "price": random.standard_normal(ROWS)}
