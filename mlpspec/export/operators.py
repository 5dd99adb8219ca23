"""The ONNX meaning of every operator of `ir/program.py`; `data/operators.py` has the NumPy one, and a test holds them equal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from onnx import TensorProto

from mlpspec.export.writer import GraphWriter
from mlpspec.ir.program import Program

ML_DOMAIN = "ai.onnx.ml"

Write = Callable[[GraphWriter, list[str], str, Mapping[str, Any]], object]
"""Writes one step: the writer, the names of its inputs, the name of its output, its constants."""


def write_program(writer: GraphWriter, program: Program, names: Mapping[str, str], *, scope: str) -> dict[str, str]:
    """Write a program's steps; the names its values have in the graph.

    Args:
        names: names in the graph for values of the program: all its inputs, and outputs that need a certain name.
        scope: put in front of the names of all other values.
    """
    known = dict(names)
    for step in program.steps:
        output = known.setdefault(step.output, writer.unused(f"{scope}/{step.op}"))
        OPERATORS[step.op](writer, [known[name] for name in step.inputs], output, step.constants)
    return known


def _fill_missing(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
    missing = writer.node("IsNaN", inputs, f"{output}.missing")
    values = writer.constant([constants["values"]], np.float32, output)
    writer.node("Where", [missing, values, *inputs], output)


def _is_missing(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
    missing = writer.node("IsNaN", inputs, f"{output}.missing")
    writer.node("Cast", [missing], output, to=TensorProto.FLOAT)


def _arithmetic(op_type: str) -> Write:
    def write(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
        writer.node(op_type, [*inputs, writer.constant(constants["values"], np.float32, output)], output)

    return write


def _lookup(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
    column = inputs[0]
    if constants["columns"] > 1:
        number = writer.constant([constants["column"]], np.int64, output)
        column = writer.node("Gather", [column, number], f"{output}.column", axis=1)
    keys = constants["keys"]
    texts = not keys or isinstance(keys[0], str)
    attributes = {
        "keys_strings" if texts else "keys_int64s": keys,
        "values_int64s": constants["values"],
        "default_int64": constants["default"],
    }
    writer.node("LabelEncoder", [column], output, domain=ML_DOMAIN, **attributes)


def _one_hot(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
    codes = writer.constant([list(range(1, constants["depth"] + 1))], np.int64, output)
    writer.node("Cast", [writer.node("Equal", [*inputs, codes], f"{output}.equal")], output, to=TensorProto.FLOAT)


def _two_classes(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
    one = writer.constant(1.0, np.float32, output)
    negative = writer.node("Sub", [one, *inputs], f"{output}.negative")
    writer.node("Concat", [negative, *inputs], output, axis=1)


def _at_least(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
    threshold = writer.constant(constants["value"], np.float32, output)
    reached = writer.node("GreaterOrEqual", [*inputs, threshold], f"{output}.reached")
    number = writer.node("Cast", [reached], f"{output}.number", to=TensorProto.INT64)
    _squeeze(writer, [number], output, constants)


def _take(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
    values = constants["values"]
    dtype = object if isinstance(values[0], str) else np.int64
    writer.node("Gather", [writer.constant(values, dtype, output), *inputs], output, axis=0)


def _squeeze(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
    writer.node("Squeeze", [*inputs, writer.constant([1], np.int64, output)], output)


def _plain(op_type: str, **attributes: Any) -> Write:
    def write(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
        writer.node(op_type, inputs, output, **attributes)

    return write


OPERATORS: dict[str, Write] = {
    "fill_missing": _fill_missing,
    "is_missing": _is_missing,
    "subtract": _arithmetic("Sub"),
    "divide": _arithmetic("Div"),
    "multiply": _arithmetic("Mul"),
    "add": _arithmetic("Add"),
    "lookup": _lookup,
    "one_hot": _one_hot,
    "concat": _plain("Concat", axis=1),
    "softmax": _plain("Softmax", axis=1),
    "sigmoid": _plain("Sigmoid"),
    "two_classes": _two_classes,
    "argmax": _plain("ArgMax", axis=1, keepdims=0),
    "at_least": _at_least,
    "take": _take,
    "squeeze": _squeeze,
    "identity": _plain("Identity"),
}
