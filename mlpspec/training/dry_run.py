"""Preprocessing that was read from a file, tried on rows of nothing: what is wrong with it comes out before real rows are trusted to it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mlpspec.data.operators import run_program
from mlpspec.ir.fitted import Preprocessing, RawType
from mlpspec.ir.graph import Graph
from mlpspec.ir.program import Program

RAW_DTYPES: Mapping[RawType, type] = {"float32": np.float32, "string": object, "int64": np.int64, "seconds": np.int64}
"""NumPy's types of raw values."""

ROWS = 2


def try_programs(preprocessing: Preprocessing) -> None:
    """Run every program on rows of zeros and empty texts. A damaged program raises what it raises, among it KeyError and ValueError."""
    for target in preprocessing.targets.values():
        encoded = _run(target.encode, _blank(target.type, (len(target.columns),)))
        _run(target.restore, encoded)
        _run(target.decode, np.zeros((ROWS, target.facts.outputs), np.float32))
    for name in preprocessing.inputs:
        encoded_input(preprocessing, name)


def encoded_input(preprocessing: Preprocessing, name: str) -> np.ndarray:
    """What the network would take of an input for rows of nothing."""
    item = preprocessing.inputs[name]
    return _run(item.program, _blank(item.type, item.shape if item.shape is not None else (len(item.columns),)))


def check_fit(preprocessing: Preprocessing, graph: Graph) -> None:
    """The network takes what the preprocessing gives.

    Raises:
        ValueError: naming the first input that does not fit.
    """
    for value in graph.inputs:
        encoded = encoded_input(preprocessing, value.name)
        if encoded.shape[1:] != value.shape.known or str(encoded.dtype) != value.dtype:
            given, wanted = f"{encoded.dtype} {encoded.shape[1:]}", f"{value.dtype} {value.shape.known}"
            raise ValueError(f"`{value.name}` becomes {given}, and the network of the spec takes {wanted}")


def _run(program: Program, rows: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        found = list(run_program(program, {program.inputs[0]: rows}).values())
    if any(len(value) != ROWS for value in found):
        raise ValueError("a program changes the number of rows")
    return found[0]


def _blank(type_: RawType, shape: tuple[int, ...]) -> np.ndarray:
    return np.full((ROWS, *shape), "" if type_ == "string" else 0, RAW_DTYPES[type_])
