"""The Open Inference Protocol, version 2, over REST: what a model says of itself, requests and answers as JSON.

Source: https://github.com/kserve/open-inference-protocol, specification/protocol/inference_rest.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlpspec.diagnostics import Diagnostic, did_you_mean
from mlpspec.diagnostics.faults import Faults
from mlpspec.runtime.card import InputCard, ModelCard
from mlpspec.runtime.inputs import InputReader
from mlpspec.serving.json_text import kind_of, plain
from mlpspec.serving.refusal import Refusal
from mlpspec.serving.texts import unwritable
from mlpspec.version import __version__

VERSION = "1"
"""The one version that a served model has."""

_NAMES = {"float32": "FP32", "float64": "FP64", "int64": "INT64", "int32": "INT32", "object": "BYTES", "bool": "BOOL"}
_ACCEPTED = {"float32": ("FP32", "FP64"), "int64": ("INT64", "INT32"), "string": ("BYTES",), "seconds": ("INT64", "BYTES")}
_ELEMENTS: Mapping[str, tuple[frozenset[type], str]] = {
    "float32": (frozenset({int, float, type(None)}), "a number, or null for a missing one"),
    "int64": (frozenset({int}), "a whole number"),
    "string": (frozenset({str, type(None)}), "a text, or null for a missing one"),
    "seconds": (frozenset({int, str, type(None)}), "whole seconds since 1970, a time as text, or null for a missing one"),
}


@dataclass(frozen=True)
class Inference:
    """A request, read: its arrays as the model takes them, how many rows they have, and the names of the wanted outputs."""

    id: str | None
    arrays: dict[str, np.ndarray]
    rows: int
    outputs: tuple[str, ...]


def server_metadata() -> dict[str, Any]:
    """What `GET /v2` says."""
    return {"name": "mlpspec", "version": __version__, "extensions": []}


def model_metadata(name: str, card: ModelCard, empty: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """What `GET /v2/models/NAME` says; `empty` are the model's answers for no rows."""
    inputs = [
        {
            "name": item.name,
            "datatype": _ACCEPTED[item.type][0],
            "shape": [-1, *_sizes(item)],
            "parameters": {"columns": list(item.columns)},
        }
        for item in card.inputs
    ]
    outputs = [
        {"name": output, "datatype": _NAMES[array.dtype.name], "shape": [-1, *(size or -1 for size in array.shape[1:])]}
        for output, array in empty.items()
    ]
    return {"name": name, "versions": [VERSION], "platform": "onnx", "inputs": inputs, "outputs": outputs}


def read_inference(data: Mapping[str, Any], card: ModelCard, outputs: Sequence[str]) -> Inference:
    """A request's JSON object as arrays. `parameters`, at every level, are taken and have no effect.

    Args:
        data: `{"id": ..., "inputs": [{"name", "shape", "datatype", "data"}, ...], "outputs": [{"name"}, ...]}`; `data` is a list in
            row-major order, or nested by the shape.
        card: what the model reads.
        outputs: the names of its outputs.

    Raises:
        Refusal: 400, naming every field that is wrong.
        DataError: listing values that the model does not take, with their rows.
    """
    problems = _Problems()
    identity = data.get("id")
    if identity is not None and (not isinstance(identity, str) or unwritable([identity]) is not None):
        problems.add("id", f"`id` is {kind_of(identity)}, expected a text")
    tensors = _tensors(data.get("inputs"), card, problems)
    wanted = _wanted(data.get("outputs"), outputs, problems)
    problems.refuse()
    lengths = {name: len(array) for name, (_, array) in tensors.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"`{name}` {length:,}" for name, length in lengths.items())
        problems.add("inputs", f"the inputs have different numbers of rows: {listed}")
        problems.refuse()
    faults = Faults()
    arrays = {item.name: InputReader(card, faults, _Rows(tensors[item.name][0])).ready(item, tensors[item.name][1]) for item in card.inputs}
    faults.raise_if_any()
    return Inference(identity, arrays, next(iter(lengths.values())), wanted)


def inference_answer(name: str, request: Inference, answers: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """The answer to a request as a JSON object; data in row-major order."""
    document: dict[str, Any] = {"model_name": name, "model_version": VERSION}
    if request.id is not None:
        document["id"] = request.id
    document["outputs"] = [
        {
            "name": output,
            "shape": list(answers[output].shape),
            "datatype": _NAMES[answers[output].dtype.name],
            "data": plain(answers[output].reshape(-1)),
        }
        for output in request.outputs
    ]
    return document


class _Problems:
    """Gathers what is wrong with the form of a request."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []

    def add(self, place: str, message: str, *, help: str = "") -> None:
        self._found.append(Diagnostic("bad-request", message, place=place, help=help))

    def refuse(self) -> None:
        if self._found:
            raise Refusal(400, *self._found)


class _Rows:
    """Says where a row of an input stands."""

    def __init__(self, place: str):
        self._place = place

    def __call__(self, row: int) -> str:
        return f"{self._place}, row {row + 1:,}"


def _sizes(item: InputCard) -> tuple[int, ...]:
    """The axes of an input after the batch."""
    return item.shape if item.shape is not None else (len(item.columns),)


def _tensors(inputs: Any, card: ModelCard, problems: _Problems) -> dict[str, tuple[str, np.ndarray]]:
    """For each input the field that holds it, and its array of float32, float64, int64 or texts."""
    if not isinstance(inputs, list):
        found = "is missing" if inputs is None else f"is {kind_of(inputs)}"
        problems.add("inputs", f"`inputs` {found}, expected a list of tensors")
        return {}
    known = {item.name: item for item in card.inputs}
    tensors: dict[str, tuple[str, np.ndarray]] = {}
    given = set()
    for number, tensor in enumerate(inputs):
        place = f"inputs[{number}]"
        name = tensor.get("name") if isinstance(tensor, dict) else None
        if not isinstance(name, str):
            problems.add(place, "it has no `name`" if isinstance(tensor, dict) else f"it is {kind_of(tensor)}, expected an object")
        elif name not in known:
            problems.add(f"{place}.name", f"the model has no input `{name}`", help=did_you_mean(name, known))
        elif name in given:
            problems.add(f"{place}.name", f"`{name}` is given twice")
        else:
            given.add(name)
            array = _tensor(tensor, known[name], place, problems)
            if array is not None:
                tensors[name] = (place, array)
    for name, item in known.items():
        if name not in given:
            problems.add("inputs", f"the input `{name}` is missing", help=f"its columns are {', '.join(item.columns)}")
    return tensors


def _tensor(tensor: Mapping[str, Any], item: InputCard, place: str, problems: _Problems) -> np.ndarray | None:
    """An input's array; None when something is wrong with it."""
    accepted = _ACCEPTED[item.type]
    datatype, shape, sizes = tensor.get("datatype"), tensor.get("shape"), _sizes(item)
    if datatype not in accepted:
        problems.add(f"{place}.datatype", f"`{item.name}` has the datatype {datatype!r}, expected {' or '.join(accepted)}")
    if not isinstance(shape, list) or not all(type(size) is int and size >= 0 for size in shape) or tuple(shape[1:]) != sizes or not shape:
        wanted = ", ".join(map(str, ("rows", *sizes)))
        problems.add(f"{place}.shape", f"`{item.name}` has the shape {_brief(shape)}, expected [{wanted}]")
        return None
    flat = _flat(tensor.get("data"), shape, item.name, f"{place}.data", problems)
    if flat is None or datatype not in accepted:
        return None
    types, wanted = _ELEMENTS[item.type]
    if not set(map(type, flat)) <= types:
        number = next(n for n, element in enumerate(flat) if type(element) not in types)
        problems.add(f"{place}.data[{number}]", f"`{item.name}` holds {kind_of(flat[number])}, expected {wanted}")
        return None
    return _array(flat, shape, item, f"{place}.data", problems)


def _flat(data: Any, shape: Sequence[int], name: str, place: str, problems: _Problems) -> list[Any] | None:
    """The elements in row-major order, from a list that is flat or nested by the shape."""
    if not isinstance(data, list):
        found = "is missing" if data is None else f"is {kind_of(data)}"
        problems.add(place, f"the data of `{name}` {found}, expected a list", help="binary data is not taken: send JSON")
        return None
    count = math.prod(shape)
    if data and isinstance(data[0], list):
        fits = len(data) == shape[0]
        for size in shape[1:]:
            fits = fits and all(isinstance(part, list) and len(part) == size for part in data)
            data = [element for part in data for element in part] if fits else data
        if not fits:
            problems.add(place, f"the nested data of `{name}` does not have the shape {_brief(list(shape))}")
            return None
    elif len(data) != count:
        problems.add(place, f"`{name}` has {len(data):,} elements, its shape {_brief(list(shape))} wants {count:,}")
        return None
    return data


def _array(flat: list[Any], shape: Sequence[int], item: InputCard, place: str, problems: _Problems) -> np.ndarray | None:
    if item.type in ("string", "seconds"):
        bad = unwritable([element if isinstance(element, str) else None for element in flat])
        if bad is not None:
            problems.add(f"{place}[{bad}]", f"`{item.name}` holds half of a surrogate pair, which is no character")
            return None
        array = np.empty(len(flat), object)
        array[:] = flat
        return array.reshape(shape)
    try:
        if item.type == "int64":
            return np.array(flat, np.int64).reshape(shape)
        wide = np.array([math.nan if number is None else number for number in flat] if None in flat else flat, np.float64).reshape(shape)
    except OverflowError:
        limit = 2**63 if item.type == "int64" else 1e308
        number = next(n for n, value in enumerate(flat) if value is not None and abs(value) >= limit)
        problems.add(f"{place}[{number}]", f"`{item.name}` holds a number beyond the range of {item.type}")
        return None
    with np.errstate(over="ignore"):  # becomes infinite; the wide array then shows the number that was sent
        narrow = wide.astype(np.float32)
    return narrow if np.isfinite(narrow).all() else wide


def _wanted(outputs: Any, known: Sequence[str], problems: _Problems) -> tuple[str, ...]:
    """The names of the wanted outputs: all, or those that the request lists."""
    if outputs is None or outputs == []:
        return tuple(known)
    if not isinstance(outputs, list):
        problems.add("outputs", f"`outputs` is {kind_of(outputs)}, expected a list")
        return ()
    names: list[str] = []
    for number, output in enumerate(outputs):
        name = output.get("name") if isinstance(output, dict) else None
        if not isinstance(name, str):
            problems.add(f"outputs[{number}]", "it has no `name`" if isinstance(output, dict) else f"it is {kind_of(output)}")
        elif name not in known:
            problems.add(f"outputs[{number}].name", f"the model has no output `{name}`", help=did_you_mean(name, known))
        elif name not in names:
            names.append(name)
    return tuple(names)


def _brief(shape: Any) -> str:
    """A shape as a message shows it."""
    text = str(shape)
    return text if len(text) <= 60 else text[:60] + "…"
