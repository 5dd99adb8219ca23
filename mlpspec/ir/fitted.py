"""What was learnt from the training rows about inputs and targets: columns, types, programs, facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from mlpspec.ir.facts import Facts, InputFacts, TargetFacts
from mlpspec.ir.program import Program

RawType = Literal["float32", "string", "int64", "seconds"]
"""How a column's cells are read. It names the tensor's type too, but for `seconds`, which are int64: those since 1970-01-01 00:00 UTC."""


@dataclass(frozen=True)
class FittedInput:
    """One input: what it reads and how raw values become the network's.

    `kind` is the input type's name. Raw values are (batch, columns) of `type`, or (batch, *shape) for a tensor, whose `columns` is the
    name of its array. `missing` and `unseen` are what a new row may hold: `error` refuses it, anything else is handled by `program`.
    The program's input is the raw value; its output is what the network's forward takes under the input's name.
    """

    name: str
    kind: str
    columns: tuple[str, ...]
    type: RawType
    program: Program
    facts: InputFacts
    shape: tuple[int, ...] | None = None
    missing: str = "error"
    unseen: str = "unknown"


@dataclass(frozen=True)
class Answer:
    """One output of the exported model: (batch, columns) where `columns` names what stands side by side, (batch,) where it is None.

    `kind` is the word for it in `export.outputs`, or `deviation` and `entropy`, which `export.uncertainty` adds. `type` is the tensor's:
    `float32`, `string` or `int64`.
    """

    name: str
    kind: Literal["label", "probability", "interval", "deviation", "entropy"]
    type: RawType
    columns: tuple[str | int, ...] | None = None


@dataclass(frozen=True)
class FittedTarget:
    """One target.

    `encode` turns raw values, (batch, 1) of `type` for classes, (batch, columns) float32 for numbers, into what the loss takes:
    class numbers (batch,) int64, 0.0 and 1.0 (batch, 1) for binary and (batch, labels) for multilabel, scaled numbers (batch, columns)
    for numeric. `restore` turns that back into what metrics compare: class numbers (batch,) int64, 0 and 1 (batch, labels) int64, numbers
    (batch, columns) in their own unit.
    `decode` turns the head's output into the answers, which `answers` describes; its value `prediction` is what metrics compare with
    that of `restore`.
    `classes` are in the order of the head's outputs; for a binary target (negative, positive). `missing` is what the truth may lack:
    `error` nothing. `weights` are factors of the loss: of each class's rows, or, for binary and multilabel, of the positive ones.
    """

    name: str
    kind: str
    columns: tuple[str, ...]
    type: RawType
    encode: Program
    decode: Program
    facts: TargetFacts
    answers: tuple[Answer, ...]
    restore: Program
    prediction: str
    classes: tuple[str, ...] | tuple[int, ...] | None = None
    missing: str = "error"
    weights: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Preprocessing:
    """All fitted inputs and targets, in the order of the spec, and the texts that mean a missing value."""

    inputs: Mapping[str, FittedInput]
    targets: Mapping[str, FittedTarget]
    missing_tokens: tuple[str, ...] = ("",)

    @property
    def facts(self) -> Facts:
        """What the graph needs to know."""
        return Facts({n: i.facts for n, i in self.inputs.items()}, {n: t.facts for n, t in self.targets.items()})

    def to_json(self) -> dict[str, Any]:
        """The whole as JSON data; `from_json` gives it back equal."""

        def plain(item: FittedInput | FittedTarget) -> dict[str, Any]:
            data = asdict(item)
            for name in ("program", "encode", "decode", "restore"):
                if name in data:
                    data[name] = getattr(item, name).to_json()
            return data

        return {
            "format": 1,
            "missing_tokens": list(self.missing_tokens),
            "inputs": [plain(item) for item in self.inputs.values()],
            "targets": [plain(item) for item in self.targets.values()],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Preprocessing:
        """The inverse of `to_json`.

        Raises:
            KeyError, TypeError, ValueError: when the data has another form.
        """
        if data["format"] != 1:
            raise ValueError(f"preprocessing format {data['format']!r}, this version reads 1")
        inputs = [_fitted_input(item) for item in data["inputs"]]
        targets = [_fitted_target(item) for item in data["targets"]]
        return cls({i.name: i for i in inputs}, {t.name: t for t in targets}, tuple(data["missing_tokens"]))


def _fitted_input(item: Mapping[str, Any]) -> FittedInput:
    facts = dict(item["facts"])
    facts["shape"] = _tuple(facts["shape"])
    changed = {
        "columns": tuple(item["columns"]),
        "program": Program.from_json(item["program"]),
        "facts": InputFacts(**facts),
        "shape": _tuple(item["shape"]),
    }
    return FittedInput(**{**item, **changed})


def _fitted_target(item: Mapping[str, Any]) -> FittedTarget:
    changed = {
        "columns": tuple(item["columns"]),
        "encode": Program.from_json(item["encode"]),
        "decode": Program.from_json(item["decode"]),
        "restore": Program.from_json(item["restore"]),
        "facts": TargetFacts(**item["facts"]),
        "answers": tuple(Answer(**{**answer, "columns": _tuple(answer["columns"])}) for answer in item["answers"]),
        "classes": _tuple(item["classes"]),
        "weights": _tuple(item["weights"]),
    }
    return FittedTarget(**{**item, **changed})


def _tuple(values: list[Any] | None) -> tuple[Any, ...] | None:
    return None if values is None else tuple(values)
