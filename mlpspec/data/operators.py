"""The NumPy meaning of every operator of `ir/program.py`. `exporting/operators.py` writes the same ones as ONNX."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import repeat
from typing import Any

import numpy as np

from mlpspec.catalog.calendar import date_part
from mlpspec.catalog.encoders.hashing import bucket
from mlpspec.instants import NO_TIME
from mlpspec.ir.program import Program

Calculate = Callable[[list[np.ndarray], Mapping[str, Any]], np.ndarray]
"""Calculates one step from its inputs and constants."""


def run_program(program: Program, values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The outputs of a program, by name. Numbers are float32 throughout.

    Args:
        values: an array for each input of the program: float32, int64, or texts (object array of str).
    """
    known = {name: values[name] for name in program.inputs}
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for step in program.steps:
            known[step.output] = OPERATORS[step.op]([known[name] for name in step.inputs], step.constants)
    return {name: known[name] for name in program.outputs}


def _fill_missing(inputs: list[np.ndarray], constants: Mapping[str, Any]) -> np.ndarray:
    return np.where(np.isnan(inputs[0]), np.asarray(constants["values"], np.float32), inputs[0])


def _is_missing(inputs: list[np.ndarray], constants: Mapping[str, Any]) -> np.ndarray:
    return np.isnan(inputs[0]).astype(np.float32)


def _arithmetic(function: np.ufunc) -> Calculate:
    def calculate(inputs: list[np.ndarray], constants: Mapping[str, Any]) -> np.ndarray:
        return function(inputs[0], np.asarray(constants["values"], np.float32), dtype=np.float32)

    return calculate


def _clip(inputs: list[np.ndarray], constants: Mapping[str, Any]) -> np.ndarray:
    return np.clip(inputs[0], np.asarray(constants["lower"], np.float32), np.asarray(constants["upper"], np.float32))


def _matmul(inputs: list[np.ndarray], constants: Mapping[str, Any]) -> np.ndarray:
    return (inputs[0].astype(np.float64) @ np.asarray(constants["values"], np.float64)).astype(np.float32)


def _lookup(inputs: list[np.ndarray], constants: Mapping[str, Any]) -> np.ndarray:
    column = inputs[0][:, constants["column"]]
    keys, values, default = constants["keys"], constants["values"], constants["default"]
    if column.dtype.kind == "i":
        return _lookup_integers(column, np.asarray(keys, np.int64), np.asarray(values, np.int64), default)[:, None]
    codes = dict(zip(keys, values, strict=True))
    return np.fromiter(map(codes.get, column.tolist(), repeat(default)), np.int64, len(column))[:, None]


def _lookup_integers(column: np.ndarray, keys: np.ndarray, values: np.ndarray, default: int) -> np.ndarray:
    if not len(keys):
        return np.full(len(column), default, np.int64)
    order = np.argsort(keys)
    place = order[np.searchsorted(keys, column, sorter=order).clip(max=len(keys) - 1)]
    return np.where(keys[place] == column, values[place], default)


def _one_hot(inputs: list[np.ndarray], constants: Mapping[str, Any]) -> np.ndarray:
    codes = inputs[0][:, 0]
    encoded = np.zeros((len(codes), constants["depth"]), np.float32)
    known = np.flatnonzero((codes >= 1) & (codes <= constants["depth"]))
    encoded[known, codes[known] - 1] = 1.0
    return encoded


def _multi_hot(inputs: list[np.ndarray], constants: Mapping[str, Any]) -> np.ndarray:
    position = {key: number for number, key in enumerate(constants["keys"])}
    encoded = np.zeros((len(inputs[0]), len(position)), np.float32)
    for row, text in enumerate(inputs[0][:, 0].tolist()):
        encoded[row, [position[piece] for piece in text.split(constants["separator"]) if piece in position]] = 1.0
    return encoded


def _hash(inputs: list[np.ndarray], constants: Mapping[str, Any]) -> np.ndarray:
    return 1 + np.asarray(constants["offsets"], np.int64) + bucket(inputs[0], constants["buckets"])


def _gather_rows(inputs: list[np.ndarray], constants: Mapping[str, Any]) -> np.ndarray:
    rows = np.asarray(constants["values"], np.float32)[inputs[0]]
    return rows.reshape(len(rows), inputs[0].shape[1] * rows.shape[2])


def _softmax(inputs: list[np.ndarray], constants: Mapping[str, Any]) -> np.ndarray:
    powers = np.exp(inputs[0] - inputs[0].max(axis=1, keepdims=True), dtype=np.float32)
    return powers / powers.sum(axis=1, keepdims=True, dtype=np.float32)


def _sigmoid(inputs: list[np.ndarray], constants: Mapping[str, Any]) -> np.ndarray:
    power = np.exp(-np.abs(inputs[0]), dtype=np.float32)  # at most 1, so that nothing overflows
    return np.where(inputs[0] >= 0, np.float32(1), power) / (np.float32(1) + power)


def _two_classes(inputs: list[np.ndarray], constants: Mapping[str, Any]) -> np.ndarray:
    return np.concatenate([np.float32(1) - inputs[0], inputs[0]], axis=1)


def _at_least(inputs: list[np.ndarray], constants: Mapping[str, Any]) -> np.ndarray:
    return (inputs[0] >= np.float32(constants["value"])).astype(np.int64)


def _take(inputs: list[np.ndarray], constants: Mapping[str, Any]) -> np.ndarray:
    values = constants["values"]
    return np.array(values, object if isinstance(values[0], str) else np.int64)[inputs[0]]


def _samples(values: np.ndarray, constants: Mapping[str, Any]) -> np.ndarray:
    """(batch * samples, ...) as (batch, samples, ...)."""
    return values.reshape(-1, constants["samples"], *constants["shape"])


def _sample_deviation(inputs: list[np.ndarray], constants: Mapping[str, Any]) -> np.ndarray:
    return _samples(inputs[0], constants).std(axis=1, ddof=1, dtype=np.float32)


def _sample_entropy(inputs: list[np.ndarray], constants: Mapping[str, Any]) -> np.ndarray:
    samples = _samples(inputs[0], constants)
    total = _entropy(samples.mean(axis=1, dtype=np.float32))
    model = total - _entropy(samples).mean(axis=1, dtype=np.float32)
    return np.stack([total, np.maximum(model, np.float32(0))], axis=1)


def _entropy(probability: np.ndarray) -> np.ndarray:
    """Over the last axis, in nats; 0 log 0 is 0."""
    surprise = np.log(np.maximum(probability, np.finfo(np.float32).tiny), dtype=np.float32)
    return -(probability * surprise).sum(axis=-1, dtype=np.float32)


OPERATORS: dict[str, Calculate] = {
    "fill_missing": _fill_missing,
    "is_missing": _is_missing,
    "fill_times": lambda inputs, constants: np.where(inputs[0] == NO_TIME, np.asarray(constants["values"], np.int64), inputs[0]),
    "is_no_time": lambda inputs, constants: (inputs[0] == NO_TIME).astype(np.float32),
    "subtract": _arithmetic(np.subtract),
    "divide": _arithmetic(np.divide),
    "multiply": _arithmetic(np.multiply),
    "add": _arithmetic(np.add),
    "clip": _clip,
    "log1p": lambda inputs, constants: np.log1p(inputs[0], dtype=np.float32),
    "expm1": lambda inputs, constants: np.expm1(inputs[0], dtype=np.float32),
    "matmul": _matmul,
    "sort": lambda inputs, constants: np.sort(inputs[0], axis=1),
    "pick": lambda inputs, constants: inputs[0][:, constants["columns"]],
    "lookup": _lookup,
    "one_hot": _one_hot,
    "multi_hot": _multi_hot,
    "hash": _hash,
    "date_part": lambda inputs, constants: date_part(inputs[0], constants["part"]),
    "to_float": lambda inputs, constants: inputs[0].astype(np.float32),
    "gather_rows": _gather_rows,
    "concat": lambda inputs, constants: np.concatenate(inputs, axis=1),
    "softmax": _softmax,
    "sigmoid": _sigmoid,
    "two_classes": _two_classes,
    "argmax": lambda inputs, constants: inputs[0].argmax(axis=1).astype(np.int64),
    "at_least": _at_least,
    "take": _take,
    "squeeze": lambda inputs, constants: inputs[0][:, 0],
    "mean": lambda inputs, constants: np.stack(inputs).mean(axis=0, dtype=np.float32),
    "sample_mean": lambda inputs, constants: _samples(inputs[0], constants).mean(axis=1, dtype=np.float32),
    "sample_deviation": _sample_deviation,
    "sample_entropy": _sample_entropy,
    "identity": lambda inputs, constants: inputs[0],
}
