"""Programs: preprocessing and decoding as data. `data/operators.py` calculates them with NumPy, `export/operators.py` writes them as ONNX.

A program is a list of steps over named values. The first axis of every value is the batch. Operators:

    name          inputs -> output                          constants
    fill_missing  (batch, k) -> (batch, k)                  values: k numbers that replace NaN
    is_missing    (batch, k) -> (batch, k) of 0.0 and 1.0
    subtract      (batch, ...) -> (batch, ...)              values: numbers that broadcast
    divide        (batch, ...) -> (batch, ...)              values: numbers that broadcast
    multiply      (batch, ...) -> (batch, ...)              values: numbers that broadcast
    add           (batch, ...) -> (batch, ...)              values: numbers that broadcast
    lookup        (batch, k) texts or int64 -> (batch, 1)   columns: k; column: which of them; keys; values: int64; default
    one_hot       (batch, 1) int64 -> (batch, depth)        depth; code 0 (unknown) gives zeros, code i sets position i - 1
    concat        several (batch, k_i) -> (batch, sum k_i)
    softmax       (batch, classes) -> (batch, classes)
    sigmoid       (batch, 1) -> (batch, 1)
    two_classes   (batch, 1) of p -> (batch, 2) of 1 - p, p
    argmax        (batch, classes) -> (batch,) int64
    at_least      (batch, 1) -> (batch,) int64 of 0 and 1   value: the threshold
    take          (batch,) int64 -> (batch,)                values: texts or int64 to pick from
    squeeze       (batch, 1) -> (batch,)
    identity      anything -> the same

Numbers are float32 throughout, so that NumPy and ONNX Runtime calculate alike.
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
