"""The ONNX meaning of every operator of `ir/program.py`; `data/operators.py` has the NumPy one, and a test holds them equal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from onnx import TensorProto

from mlpspec.catalog.encoders.hashing import FACTOR, PRIME, SUMMAND
from mlpspec.exporting.calendar import write_date_part
from mlpspec.exporting.writer import GraphWriter
from mlpspec.instants import NO_TIME
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


def _fill_times(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
    missing = writer.node("Equal", [*inputs, writer.constant(NO_TIME, np.int64, output)], f"{output}.missing")
    writer.node("Where", [missing, writer.constant([constants["values"]], np.int64, output), *inputs], output)


def _is_no_time(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
    missing = writer.node("Equal", [*inputs, writer.constant(NO_TIME, np.int64, output)], f"{output}.missing")
    writer.node("Cast", [missing], output, to=TensorProto.FLOAT)


def _arithmetic(op_type: str) -> Write:
    def write(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
        writer.node(op_type, [*inputs, writer.constant(constants["values"], np.float32, output)], output)

    return write


def _clip(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
    lower, upper = (writer.constant(constants[end], np.float32, output) for end in ("lower", "upper"))
    low, high = writer.node("Less", [*inputs, lower], f"{output}.low"), writer.node("Greater", [*inputs, upper], f"{output}.high")
    writer.node("Where", [high, upper, writer.node("Where", [low, lower, *inputs], f"{output}.raised")], output)


def _log1p(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
    """With u = 1 + x rounded, log(u) * x / (u - 1), and x where u is 1: exact for small x too (Kahan; Higham 2002, section 1.14.1)."""
    one = writer.constant(1.0, np.float32, output)
    sum_ = writer.node("Add", [*inputs, one], f"{output}.sum")
    is_one = writer.node("Equal", [sum_, one], f"{output}.is_one")
    added = writer.node("Where", [is_one, one, writer.node("Sub", [sum_, one], f"{output}.difference")], f"{output}.added")
    share = writer.node("Div", [*inputs, added], f"{output}.share")
    factor = writer.node("Where", [is_one, one, writer.node("Log", [sum_], f"{output}.log")], f"{output}.factor")
    writer.node("Mul", [factor, share], output)


def _expm1(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
    power = writer.node("Exp", inputs, f"{output}.power")
    writer.node("Sub", [power, writer.constant(1.0, np.float32, output)], output)


def _matmul(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
    wide = writer.node("Cast", inputs, f"{output}.wide", to=TensorProto.DOUBLE)
    weights = writer.constant(constants["values"], np.float64, output)
    writer.node("Cast", [writer.node("MatMul", [wide, weights], f"{output}.product")], output, to=TensorProto.FLOAT)


def _sort(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
    width = writer.constant([constants["width"]], np.int64, output)
    writer.node("TopK", [*inputs, width], output, f"{output}.places", axis=1, largest=0)


def _pick(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
    writer.node("Gather", [*inputs, writer.constant(constants["columns"], np.int64, output)], output, axis=1)


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


def _multi_hot(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
    """The pieces of a text are compared with each key: (batch, pieces, 1) with (1, n)."""
    flat = writer.node("Squeeze", [*inputs, writer.constant([1], np.int64, output)], f"{output}.text")
    pieces = writer.node("StringSplit", [flat], f"{output}.pieces", f"{output}.counts", delimiter=constants["separator"])
    apart = writer.node("Unsqueeze", [pieces, writer.constant([2], np.int64, output)], f"{output}.apart")
    equal = writer.node("Equal", [apart, writer.constant([constants["keys"]], object, output)], f"{output}.equal")
    number = writer.node("Cast", [equal], f"{output}.number", to=TensorProto.FLOAT)
    count = writer.node("ReduceSum", [number, writer.constant([1], np.int64, output)], f"{output}.count", keepdims=0)
    writer.node("Min", [count, writer.constant(1.0, np.float32, output)], output)


def _hash(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
    def calculate(op_type: str, value: str, number: int | list[int], name: str) -> str:
        return writer.node(op_type, [value, writer.constant(number, np.int64, output)], name)

    small = calculate("Mod", inputs[0], PRIME, f"{output}.small")
    spread = calculate("Add", calculate("Mul", small, FACTOR, f"{output}.product"), SUMMAND, f"{output}.spread")
    bucket = calculate("Mod", calculate("Mod", spread, PRIME, f"{output}.hash"), constants["buckets"], f"{output}.bucket")
    calculate("Add", bucket, [1 + offset for offset in constants["offsets"]], output)


def _gather_rows(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
    rows = writer.node("Gather", [writer.constant(constants["values"], np.float32, output), *inputs], f"{output}.rows", axis=0)
    writer.node("Flatten", [rows], output, axis=1)


def _two_classes(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
    one = writer.constant(1.0, np.float32, output)
    negative = writer.node("Sub", [one, *inputs], f"{output}.negative")
    writer.node("Concat", [negative, *inputs], output, axis=1)


def _at_least(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
    threshold = writer.constant(constants["value"], np.float32, output)
    reached = writer.node("GreaterOrEqual", [*inputs, threshold], f"{output}.reached")
    writer.node("Cast", [reached], output, to=TensorProto.INT64)


def _take(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
    values = constants["values"]
    dtype = object if isinstance(values[0], str) else np.int64
    writer.node("Gather", [writer.constant(values, dtype, output), *inputs], output, axis=0)


def _squeeze(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
    writer.node("Squeeze", [*inputs, writer.constant([1], np.int64, output)], output)


def _samples(writer: GraphWriter, value: str, output: str, constants: Mapping[str, Any]) -> str:
    """(batch * samples, ...) as (batch, samples, ...)."""
    shape = writer.constant([-1, constants["samples"], *constants["shape"]], np.int64, output)
    return writer.node("Reshape", [value, shape], f"{output}.samples")


def _mean(writer: GraphWriter, samples: str, output: str, constants: Mapping[str, Any], *, keep: bool = False) -> str:
    """The mean over the axis of the samples."""
    sum_ = writer.node("ReduceSum", [samples, writer.constant([1], np.int64, output)], f"{output}.sum", keepdims=int(keep))
    return writer.node("Div", [sum_, writer.constant(constants["samples"], np.float32, output)], output)


def _sample_mean(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
    _mean(writer, _samples(writer, inputs[0], output, constants), output, constants)


def _sample_deviation(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
    samples = _samples(writer, inputs[0], output, constants)
    mean = _mean(writer, samples, f"{output}.mean", constants, keep=True)
    difference = writer.node("Sub", [samples, mean], f"{output}.difference")
    square = writer.node("Mul", [difference, difference], f"{output}.square")
    sum_ = writer.node("ReduceSum", [square, writer.constant([1], np.int64, output)], f"{output}.sum", keepdims=0)
    others = writer.constant(constants["samples"] - 1, np.float32, output)
    writer.node("Sqrt", [writer.node("Div", [sum_, others], f"{output}.variance")], output)


def _sample_entropy(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
    samples = _samples(writer, inputs[0], output, constants)
    total = _entropy(writer, _mean(writer, samples, f"{output}.mean", constants), f"{output}.total", axis=1)
    own = _mean(writer, _entropy(writer, samples, f"{output}.own", axis=2), f"{output}.data", constants)
    difference = writer.node("Sub", [total, own], f"{output}.difference")
    model = writer.node("Max", [difference, writer.constant(0.0, np.float32, output)], f"{output}.model")
    writer.node("Concat", [total, model], output, axis=1)


def _entropy(writer: GraphWriter, probability: str, output: str, *, axis: int) -> str:
    """Over the last axis, which stays, in nats; 0 log 0 is 0."""
    smallest = writer.constant(np.finfo(np.float32).tiny, np.float32, output)
    surprise = writer.node("Log", [writer.node("Max", [probability, smallest], f"{output}.positive")], f"{output}.surprise")
    parts = writer.node("Mul", [probability, surprise], f"{output}.parts")
    sum_ = writer.node("ReduceSum", [parts, writer.constant([axis], np.int64, output)], f"{output}.sum", keepdims=1)
    return writer.node("Neg", [sum_], output)


def _plain(op_type: str, **attributes: Any) -> Write:
    def write(writer: GraphWriter, inputs: list[str], output: str, constants: Mapping[str, Any]) -> None:
        writer.node(op_type, inputs, output, **attributes)

    return write


OPERATORS: dict[str, Write] = {
    "fill_missing": _fill_missing,
    "is_missing": _is_missing,
    "fill_times": _fill_times,
    "is_no_time": _is_no_time,
    "subtract": _arithmetic("Sub"),
    "divide": _arithmetic("Div"),
    "multiply": _arithmetic("Mul"),
    "add": _arithmetic("Add"),
    "clip": _clip,
    "log1p": _log1p,
    "expm1": _expm1,
    "matmul": _matmul,
    "sort": _sort,
    "pick": _pick,
    "lookup": _lookup,
    "one_hot": _one_hot,
    "multi_hot": _multi_hot,
    "hash": _hash,
    "date_part": write_date_part,
    "to_float": _plain("Cast", to=TensorProto.FLOAT),
    "gather_rows": _gather_rows,
    "concat": _plain("Concat", axis=1),
    "softmax": _plain("Softmax", axis=1),
    "sigmoid": _plain("Sigmoid"),
    "two_classes": _two_classes,
    "argmax": _plain("ArgMax", axis=1, keepdims=0),
    "at_least": _at_least,
    "take": _take,
    "squeeze": _squeeze,
    "mean": _plain("Mean"),
    "sample_mean": _sample_mean,
    "sample_deviation": _sample_deviation,
    "sample_entropy": _sample_entropy,
    "identity": _plain("Identity"),
}
