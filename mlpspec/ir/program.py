"""Programs: preprocessing and decoding as data. `data/operators.py` has their meaning in NumPy, `exporting/operators.py` in ONNX.

A program is a list of steps over named values. The first axis of every value is the batch. Operators:

    name          inputs -> output                          constants
    fill_missing  (batch, k) -> (batch, k)                  values: k numbers that replace NaN
    is_missing    (batch, k) -> (batch, k) of 0.0 and 1.0
    fill_times    (batch, k) seconds -> the same            values: k times that replace NO_TIME
    is_no_time    (batch, k) seconds -> (batch, k) of 0.0 and 1.0
    subtract      (batch, ...) -> (batch, ...)              values: numbers that broadcast
    divide        (batch, ...) -> (batch, ...)              values: numbers that broadcast
    multiply      (batch, ...) -> (batch, ...)              values: numbers that broadcast
    add           (batch, ...) -> (batch, ...)              values: numbers that broadcast
    clip          (batch, ...) -> (batch, ...)              lower, upper: numbers that broadcast
    log1p         (batch, ...) -> (batch, ...)              log(1 + x), for x above -1
    expm1         (batch, ...) -> (batch, ...)              exp(x) - 1
    matmul        (batch, k) -> (batch, m)                  values: k rows of m numbers; calculated in float64
    sort          (batch, k) -> (batch, k)                  width: k; the smallest first
    pick          (batch, k) -> (batch, n)                  columns: n positions
    lookup        (batch, k) texts or int64 -> (batch, 1)   columns: k; column: which of them; keys; values: int64; default
    one_hot       (batch, 1) int64 -> (batch, depth)        depth; code 0 (unknown) gives zeros, code i sets position i - 1
    multi_hot     (batch, 1) texts -> (batch, n)            keys: n texts; separator: what stands between those that a text names
    hash          (batch, k) int64 -> (batch, k) int64      buckets; offsets: k; gives 1 + offset + one of 0 to buckets - 1
    date_part     (batch, k) seconds -> (batch, k) int64    part: of `catalog/calendar.py`
    to_float      (batch, k) int64 -> (batch, k)
    gather_rows   (batch, k) int64 -> (batch, k * n)        values: rows of n numbers; each number gives way to that row
    concat        several (batch, k_i) -> (batch, sum k_i)
    softmax       (batch, classes) -> (batch, classes)
    sigmoid       (batch, k) -> (batch, k)
    two_classes   (batch, 1) of p -> (batch, 2) of 1 - p, p
    argmax        (batch, classes) -> (batch,) int64
    at_least      (batch, k) -> (batch, k) int64 of 0, 1    value: the threshold
    take          (batch,) int64 -> (batch,)                values: texts or int64 to pick from
    mean          several (batch, ...) -> (batch, ...)      of each number over the inputs
    squeeze       (batch, 1) -> (batch,)
    identity      anything -> the same

Where every row is answered several times, its samples stand side by side as rows until one of these steps takes them together; `samples`
is how many there are, `shape` that of a row's value:

    sample_mean       (batch * samples, ...) -> (batch, ...)
    sample_deviation  (batch * samples, ...) -> (batch, ...)    the standard deviation, squares divided by samples - 1
    sample_entropy    (batch * samples, classes) -> (batch, 2)  of probabilities, in nats: of their mean; what that is above
                                                                the mean of their own

Seconds are int64, counted from 1970-01-01 00:00 UTC; `NO_TIME` of `instants.py` stands for a missing time.
Numbers are float32 but where the table says otherwise, so that NumPy and ONNX Runtime calculate alike. A NaN stays one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Step:
    """One operation. `constants` hold plain numbers, texts and (nested) lists, so that a program is JSON."""

    op: str
    inputs: tuple[str, ...]
    output: str
    constants: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Program:
    """Steps from `inputs` to `outputs`, in order of calculation."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    steps: tuple[Step, ...]

    def to_json(self) -> dict[str, Any]:
        """The program as JSON data."""
        return {
            "inputs": list(self.inputs),
            "outputs": list(self.outputs),
            "steps": [{"op": s.op, "inputs": list(s.inputs), "output": s.output, "constants": dict(s.constants)} for s in self.steps],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Program:
        """The inverse of `to_json`; KeyError or TypeError on data of another form."""
        steps = tuple(Step(s["op"], tuple(s["inputs"]), s["output"], s["constants"]) for s in data["steps"])
        return cls(tuple(data["inputs"]), tuple(data["outputs"]), steps)


class Chain:
    """Builds a program whose steps mostly follow one another.

    >>> chain = Chain("x")
    >>> chain.then("subtract", values=[1.0]).then("divide", values=[2.0]).program().outputs
    ('x.2',)
    """

    def __init__(self, *inputs: str):
        self._inputs = inputs
        self._steps: list[Step] = []
        self.last = inputs[0]

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps so far."""
        return tuple(self._steps)

    def step(self, op: str, *inputs: str, **constants: Any) -> str:
        """Add a step that reads `inputs`; its output's name."""
        output = f"{self._inputs[0]}.{len(self._steps) + 1}"
        self._steps.append(Step(op, inputs, output, constants))
        return output

    def then(self, op: str, **constants: Any) -> Chain:
        """Add a step that reads the last value and becomes the last value."""
        self.last = self.step(op, self.last, **constants)
        return self

    def program(self, *outputs: str) -> Program:
        """The finished program; its output is the last value unless others are named."""
        return Program(self._inputs, outputs or (self.last,), tuple(self._steps))
