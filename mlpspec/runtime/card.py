"""The card of a model file: what its metadata says about inputs and targets, checked before anything believes it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlpspec.diagnostics import Diagnostic, ModelFileError

FORMAT = 1
"""The newest form of the metadata that this version reads."""

_ONNX_TYPES = {"float32": "tensor(float)", "string": "tensor(string)", "int64": "tensor(int64)", "seconds": "tensor(int64)"}


@dataclass(frozen=True)
class InputCard:
    """One input. Columns make an array (batch, columns) of `type`; a tensor is (batch, *shape) float32 and `columns` names its array.

    The type `seconds` is int64: times, counted from 1970-01-01 00:00 UTC.

    `missing` and `unseen` are what a row may hold: `error` refuses it, anything else is handled inside the model.
    `categories` are the known values of each column of a category input.
    """

    name: str
    kind: str
    columns: tuple[str, ...]
    type: str
    shape: tuple[int, ...] | None
    missing: str
    unseen: str
    categories: tuple[tuple[str | int, ...], ...] | None


@dataclass(frozen=True)
class TargetCard:
    """One target. `classes` are in the order of the probabilities.

    `outputs` are the model's outputs that answer it, each with what its columns stand for; None for one of a single value a row.
    """

    name: str
    kind: str
    columns: tuple[str, ...]
    type: str
    classes: tuple[str | int, ...] | None
    outputs: Mapping[str, tuple[str | int, ...] | None]


@dataclass(frozen=True)
class ModelCard:
    """What a model file says about itself.

    `precision` is that of its network: `fp32`, `fp16`, `bf16` or `int8`; `quantization` how int8 was made, empty otherwise.
    `spec` is the specification's text, `run` what is known of the training (metrics, versions, hashes; empty when the file has none).
    `figures` are what the training measured, by part of the data and name; None where a figure has no value.
    `samples` is how often every row is answered inside the model, which needs as many times the memory.
    """

    name: str
    mlpspec: str
    missing_tokens: tuple[str, ...]
    inputs: tuple[InputCard, ...]
    targets: tuple[TargetCard, ...]
    precision: str = "fp32"
    quantization: str = ""
    samples: int = 1
    spec: str = field(default="", repr=False)
    run: Mapping[str, Any] = field(default_factory=dict, repr=False)
    figures: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict, repr=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns (and arrays) that the model reads, each once, in the order of the inputs."""
        return tuple(dict.fromkeys(column for item in self.inputs for column in item.columns))


@dataclass(frozen=True)
class Value:
    """An input or output of the graph: `type` as ONNX Runtime writes it (`tensor(float)`), `shape` with names for unknown sizes."""

    name: str
    type: str
    shape: tuple[int | str | None, ...]


def read_card(metadata: Mapping[str, str], inputs: Sequence[Value], outputs: Sequence[Value], *, place: str = "") -> ModelCard:
    """The card in a model's metadata, once it agrees with the graph's inputs and outputs.

    Args:
        metadata: the model's custom metadata: `mlpspec.model`, `mlpspec.spec`, `mlpspec.run`.
        inputs, outputs: those of the graph.
        place: how messages call the file.

    Raises:
        ModelFileError: when there is no such metadata, it is newer than this version, has another form, or contradicts the graph; all
            contradictions at once.
    """
    if "mlpspec.model" not in metadata:
        help = "`mlpspec export` writes such files; `mlpspec inspect` shows the inputs and outputs of any ONNX file"
        raise ModelFileError("the model was not exported by mlpspec: it does not say which columns it reads", place=place, help=help)
    reader = _Reader(place)
    data = reader.object(reader.parsed(metadata["mlpspec.model"], "mlpspec.model"), "mlpspec.model")
    number = data.get("format")
    if isinstance(number, int) and number > FORMAT:
        made_by = data.get("mlpspec")
        help = f"it was made by mlpspec {made_by}: update mlpspec" if isinstance(made_by, str) else "update mlpspec"
        raise ModelFileError(f"the model's metadata has format {number}, this version reads up to {FORMAT}", place=place, help=help)
    if number != FORMAT or isinstance(number, bool):
        raise reader.fault("mlpspec.model", "`format` is not a version number")
    for key in ("inputs", "targets"):
        if not reader.list(data, key, "mlpspec.model"):
            raise reader.fault("mlpspec.model", f"`{key}` is empty")
    run = reader.object(reader.parsed(metadata["mlpspec.run"], "mlpspec.run"), "mlpspec.run") if "mlpspec.run" in metadata else {}
    card = ModelCard(
        name=reader.text(data, "name", "mlpspec.model"),
        mlpspec=reader.text(data, "mlpspec", "mlpspec.model"),
        missing_tokens=reader.texts(data, "missing_tokens", "mlpspec.model"),
        inputs=tuple(_input(reader, item, f"inputs[{n}]") for n, item in enumerate(reader.list(data, "inputs", "mlpspec.model"))),
        targets=tuple(_target(reader, item, f"targets[{n}]") for n, item in enumerate(reader.list(data, "targets", "mlpspec.model"))),
        precision=reader.text({"precision": "fp32", **data}, "precision", "mlpspec.model"),
        quantization="" if data.get("quantization") is None else reader.text(data, "quantization", "mlpspec.model"),
        samples=reader.count(data, "samples", "mlpspec.model", default=1),
        spec=metadata.get("mlpspec.spec", ""),
        run=run,
        figures=_figures(reader, run),
    )
    problems = [*_contradictions(card, inputs, outputs)]
    if problems:
        said = "the model's metadata contradicts its graph"
        raise ModelFileError([Diagnostic("invalid-model-file", f"{said}: {problem}", place=place) for problem in problems])
    return card


class _Reader:
    """Takes JSON apart; whatever has another form than expected becomes a ModelFileError."""

    def __init__(self, place: str):
        self._place = place

    def fault(self, where: str, problem: str) -> ModelFileError:
        return ModelFileError(f"the model's metadata is damaged: {where}: {problem}", place=self._place, help="export the model again")

    def parsed(self, text: str, where: str) -> Any:
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self.fault(where, f"it is not JSON ({type(error).__name__})") from error

    def object(self, value: Any, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.fault(where, "an object is wanted")
        return value

    def list(self, data: Mapping[str, Any], key: str, where: str) -> list[Any]:
        value = data.get(key)
        if not isinstance(value, list):
            raise self.fault(where, f"`{key}` is not a list")
        return value

    def text(self, data: Mapping[str, Any], key: str, where: str) -> str:
        value = data.get(key)
        if not isinstance(value, str):
            raise self.fault(where, f"`{key}` is not a text")
        return value

    def texts(self, data: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
        values = self.list(data, key, where)
        if not all(isinstance(value, str) for value in values):
            raise self.fault(where, f"`{key}` does not hold texts only")
        return tuple(values)

    def sizes(self, data: Mapping[str, Any], key: str, where: str) -> tuple[int, ...] | None:
        if data.get(key) is None:
            return None
        values = self.list(data, key, where)
        if not all(isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31 for value in values):
            raise self.fault(where, f"`{key}` does not hold sizes")
        return tuple(values)

    def count(self, data: Mapping[str, Any], key: str, where: str, *, default: int) -> int:
        value = data.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**31:
            raise self.fault(where, f"`{key}` is no number of times")
        return value

    def number(self, value: Any, where: str) -> float | None:
        huge = isinstance(value, int) and abs(value) > sys.float_info.max
        if value is not None and (not isinstance(value, int | float) or isinstance(value, bool) or huge):
            raise self.fault(where, "a number is wanted")
        return None if value is None else float(value)

    def names(self, values: Any, where: str) -> tuple[str | int, ...]:
        """Different classes or categories, all texts or all integers."""
        if not isinstance(values, list) or not (all(isinstance(v, str) for v in values) or all(type(v) is int for v in values)):
            raise self.fault(where, "classes and categories are all texts or all integers")
        if len(set(values)) != len(values):
            raise self.fault(where, "a class or category stands twice")
        return tuple(values)


def _figures(reader: _Reader, run: Mapping[str, Any]) -> dict[str, dict[str, float | None]]:
    where = "mlpspec.run: figures"
    found = reader.object(run.get("figures", {}), where)
    return {part: {name: reader.number(figure, where) for name, figure in reader.object(found[part], where).items()} for part in found}


def _input(reader: _Reader, item: Any, where: str) -> InputCard:
    data = reader.object(item, where)
    categories = data.get("categories")
    if categories is not None:
        categories = tuple(reader.names(known, where) for known in reader.list(data, "categories", where))
    card = InputCard(
        name=reader.text(data, "name", where),
        kind=reader.text(data, "kind", where),
        columns=reader.texts(data, "columns", where),
        type=reader.text(data, "type", where),
        shape=reader.sizes(data, "shape", where),
        missing=reader.text(data, "missing", where),
        unseen=reader.text(data, "unseen", where),
        categories=categories,
    )
    if card.type not in _ONNX_TYPES:
        raise reader.fault(where, f"the type is none of {', '.join(_ONNX_TYPES)}")
    if not card.columns or len(set(card.columns)) != len(card.columns):
        raise reader.fault(where, "`columns` is empty or names one twice")
    if card.shape is not None and (len(card.columns) != 1 or card.type != "float32"):
        raise reader.fault(where, "a tensor is one array of float32")
    if categories is not None and len(categories) != len(card.columns):
        raise reader.fault(where, "`categories` are not as many as `columns`")
    return card


def _target(reader: _Reader, item: Any, where: str) -> TargetCard:
    data = reader.object(item, where)
    classes = data.get("classes")
    outputs = reader.object(data.get("outputs"), f"{where}.outputs")
    card = TargetCard(
        name=reader.text(data, "name", where),
        kind=reader.text(data, "kind", where),
        columns=reader.texts(data, "columns", where),
        type=reader.text(data, "type", where),
        classes=None if classes is None else reader.names(classes, where),
        outputs={name: None if columns is None else reader.names(columns, where) for name, columns in outputs.items()},
    )
    if not outputs or any(name != card.name and not name.startswith(f"{card.name}_") for name in outputs):
        raise reader.fault(where, "`outputs` are none, or not named after the target")
    if card.type not in _ONNX_TYPES:
        raise reader.fault(where, f"the type is none of {', '.join(_ONNX_TYPES)}")
    if not card.columns or (card.classes is not None and not card.classes):
        raise reader.fault(where, "it has no columns, or no classes")
    return card


def _contradictions(card: ModelCard, inputs: Sequence[Value], outputs: Sequence[Value]) -> list[str]:
    problems = _different_names("input", [item.name for item in card.inputs], [value.name for value in inputs])
    problems += _different_names("output", [name for item in card.targets for name in item.outputs], [value.name for value in outputs])
    graph = {value.name: value for value in (*inputs, *outputs)}
    for item in card.inputs:
        sizes = item.shape if item.shape is not None else (len(item.columns),)
        if item.name in graph:
            problems += _different_value(graph[item.name], _ONNX_TYPES[item.type], sizes)
    for target in card.targets:
        for name, columns in target.outputs.items():
            if name in graph:
                problems += _different_value(graph[name], _answer_type(target, name), () if columns is None else (len(columns),))
    return problems


def _answer_type(target: TargetCard, output: str) -> str:
    """The type of an output: a class by its name or number, yes or no for each of several labels, else numbers."""
    if output != target.name or target.classes is None:
        return "tensor(float)"
    return "tensor(string)" if target.outputs[output] is None and isinstance(target.classes[0], str) else "tensor(int64)"


def _different_names(what: str, said: Sequence[str], found: Sequence[str]) -> list[str]:
    if sorted(said) == sorted(found):
        return []
    return [f"it names the {what}s {', '.join(said) or 'none'}; the graph has {', '.join(found) or 'none'}"]


def _different_value(value: Value, type: str, sizes: tuple[int, ...]) -> list[str]:
    """What is wrong with a value that should have `type` and, after the batch axis, `sizes`."""
    problems = []
    if value.type != type:
        problems.append(f"`{value.name}` should be {type} and is {value.type}")
    fits = len(value.shape) == len(sizes) + 1 and all(have == want for have, want in zip(value.shape[1:], sizes, strict=True))
    if not fits or isinstance(value.shape[0], int):
        wanted, found = ", ".join(map(str, ("batch", *sizes))), ", ".join(map(str, value.shape))
        problems.append(f"`{value.name}` should have the shape ({wanted}) and has ({found})")
    return problems
