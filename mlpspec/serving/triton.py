"""A model file as a model repository for NVIDIA's Triton Inference Server."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path

from mlpspec.diagnostics import MachineError, UsageError
from mlpspec.runtime.card import ModelCard, Value, read_card
from mlpspec.runtime.model_file import read_model_file
from mlpspec.runtime.session import cpu_session, session_facts

_TYPES = {
    "tensor(float)": "TYPE_FP32",
    "tensor(double)": "TYPE_FP64",
    "tensor(float16)": "TYPE_FP16",
    "tensor(string)": "TYPE_STRING",
    "tensor(int64)": "TYPE_INT64",
    "tensor(int32)": "TYPE_INT32",
    "tensor(uint8)": "TYPE_UINT8",
    "tensor(int8)": "TYPE_INT8",
    "tensor(bool)": "TYPE_BOOL",
}


def write_triton_repository(
    model: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    name: str | None = None,
    max_batch: int = 256,
    max_delay_ms: float = 0.0,
) -> Path:
    """Put a model into a model repository: its configuration, the file as version 1, and what the columns of its outputs are called.

        <name>/config.pbtxt
        <name>/1/model.onnx
        <name>/<output>_labels.txt     for each output of several columns

    `tritonserver --model-repository FOLDER` then serves it with its ONNX Runtime backend, in batches, from raw columns to labels; with
    Triton's classification extension the probabilities come with their labels. Numbers are FP32, texts BYTES.

    Args:
        model: the model file.
        folder: the repository; made when it is not there. Other models in it are left alone.
        name: the model's name there; that in the file by default.
        max_batch: rows that Triton puts through the model at once.
        max_delay_ms: milliseconds that Triton lets a request wait for others.

    Returns:
        The model's own folder, `folder/name`.

    Raises:
        UsageError: when the repository has a model of that name already, or the name cannot be that of a folder.
        ModelFileError: when the file is no model that mlpspec exported, or is damaged.
        MachineError: when the repository cannot be written to.

    Source: Triton's documentation, user_guide/model_repository.md and user_guide/model_configuration.md.
    """
    file = read_model_file(model)
    facts = session_facts(cpu_session(file), place=file.name)
    card = read_card(facts.metadata, facts.inputs, facts.outputs, place=file.name)
    name = name or card.name
    if name in (".", "..") or Path(name).name != name:
        raise UsageError(f"`{name}` cannot be the name of a folder", help="choose a name without slashes")
    target = Path(folder) / name
    if os.path.lexists(target):
        raise UsageError(f"{target} is there already", help="choose another name or folder, or remove it first")
    temporary = target.with_name(f".{name[:40]}.{secrets.token_hex(4)}.tmp")
    try:
        (temporary / "1").mkdir(parents=True)
        (temporary / "1" / "model.onnx").write_bytes(file.data)
        config = triton_config(name, card, facts.inputs, facts.outputs, max_batch=max_batch, max_delay_ms=max_delay_ms)
        (temporary / "config.pbtxt").write_text(config, encoding="utf-8")
        for output, labels in _labels(card).items():
            (temporary / _label_file(output)).write_text("".join(f"{_line(label)}\n" for label in labels), encoding="utf-8")
        temporary.rename(target)
    except OSError as error:
        raise MachineError(f"cannot write {target}: {error.strerror or error}", code="cannot-write") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target


def triton_config(
    name: str, card: ModelCard, inputs: Sequence[Value], outputs: Sequence[Value], *, max_batch: int, max_delay_ms: float
) -> str:
    """The text of `config.pbtxt`. Triton's shapes leave the batch axis out and may not be empty, hence the `reshape` of single values."""
    labels = _labels(card)
    parts = [
        f"name: {_quoted(name)}",
        'backend: "onnxruntime"',
        'default_model_filename: "model.onnx"',
        f"max_batch_size: {max_batch}",
        *(_tensor("input", value) for value in inputs),
        *(_tensor("output", value, _label_file(value.name) if value.name in labels else None) for value in outputs),
        f"dynamic_batching {{ max_queue_delay_microseconds: {round(max_delay_ms * 1000)} }}",
    ]
    return "\n".join(parts) + "\n"


def _tensor(kind: str, value: Value, labels: str | None = None) -> str:
    sizes = [size if isinstance(size, int) else -1 for size in value.shape[1:]]
    lines = [
        f"{kind} {{",
        f"  name: {_quoted(value.name)}",
        f"  data_type: {_TYPES[value.type]}",
        f"  dims: [ {', '.join(map(str, sizes or [1]))} ]",
        *([] if sizes else ["  reshape { shape: [ ] }"]),
        *([f"  label_filename: {_quoted(labels)}"] if labels else []),
        "}",
    ]
    return "\n".join(lines)


def _labels(card: ModelCard) -> dict[str, tuple[str | int, ...]]:
    """What the columns of outputs stand for."""
    return {output: names for target in card.targets for output, names in target.outputs.items() if names}


def _label_file(output: str) -> str:
    """The name of an output's label file; only letters, digits, `_` and `-` of the output's name go into it."""
    return f"{''.join(c if c.isalnum() or c in '_-' else '_' for c in output)}_labels.txt"


def _line(label: str | int) -> str:
    """A label as one line."""
    return str(label).replace("\r", "\\r").replace("\n", "\\n")


def _quoted(text: str) -> str:
    """A string of the protocol buffer text format."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
