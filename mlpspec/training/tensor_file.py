"""Files of tensors: safetensors only, and nothing in them that was not asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors

from mlpspec.diagnostics import Diagnostic, ModelFileError


def read_tensors(data: bytes, path: Path) -> dict[str, torch.Tensor]:
    """The tensors in the content of a safetensors file; `path` is for messages.

    Raises:
        ModelFileError: when it is of another kind, damaged, or names a tensor twice.
    """
    refuse_foreign(data, path)
    try:
        tensors = load_tensors(data)
        _refuse_repeated(data)
    except (SafetensorError, ValueError, KeyError, TypeError, OverflowError, MemoryError, RuntimeError) as error:
        raise ModelFileError(f"{path.name} is not a valid safetensors file: {error}", code="invalid-run", place=str(path)) from error
    return tensors


_TYPES = {
    torch.int64: "I64",
    torch.float64: "F64",
    torch.float32: "F32",
    torch.int32: "I32",
    torch.bfloat16: "BF16",
    torch.float16: "F16",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}
"""The format's names, in the order in which a file has its tensors."""


def file_pieces(tensors: Mapping[str, torch.Tensor], gather: Callable[[torch.Tensor], torch.Tensor]) -> Iterator[bytes | memoryview]:
    """The bytes that `safetensors.torch.save` gives, piece by piece: the header, then each tensor when it is asked for.

    Args:
        tensors: by name; each needs to have its shape and type only until its piece is due.
        gather: gives the tensor in main memory, contiguous; called once for each, in the order of the file.

    >>> b"".join(file_pieces({"w": torch.ones(1)}, lambda tensor: tensor))[-4:].hex()
    '0000803f'

    Source: https://github.com/huggingface/safetensors, "Format".
    """
    kinds = list(_TYPES)
    names = sorted(tensors, key=lambda name: (kinds.index(tensors[name].dtype), name))
    header: dict[str, Any] = {}
    end = 0
    for name in names:
        tensor, start = tensors[name], end
        end += tensor.numel() * tensor.element_size()
        header[name] = {"dtype": _TYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    yield len(text).to_bytes(8, "little") + text
    for name in names:
        yield gather(tensors[name]).flatten().view(torch.uint8).numpy().data


def _refuse_repeated(data: bytes) -> None:
    """The library takes the last of several tensors of one name."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        if len(set(names)) < len(names):
            raise ValueError(f"`{next(name for name in names if names.count(name) > 1)}` stands twice in its header")
        return dict(pairs)

    json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")], object_pairs_hook=once)


_FOREIGN = {b"\x80": "a pickle", b"PK\x03\x04": "a zip archive (torch.save writes such)", b"\x89HDF": "an HDF5 file"}


def refuse_foreign(data: bytes, path: Path) -> None:
    """Pickles and their kin can run code; they are named and refused, whatever they are called.

    Raises:
        ModelFileError: when the data begins like one.
    """
    if data[4:9] == b"\0\0\0\0{":  # the header's length in 8 bytes, then the header; the length may begin as a pickle does
        return
    for magic, kind in _FOREIGN.items():
        if data.startswith(magic):
            raise ModelFileError(f"{path.name} is {kind}, not safetensors; refused", code="unsafe-model-file", place=str(path))


def differences(found: Mapping[str, torch.Tensor], wanted: Mapping[str, torch.Tensor], path: Path) -> list[Diagnostic]:
    """A diagnostic for each tensor that is missing, not wanted, of another shape or type, or not finite."""
    messages = [f"the tensor `{name}` is missing" for name in wanted if name not in found]
    messages += [f"the tensor `{name}` belongs to no layer of the spec" for name in found if name not in wanted]
    for name in found.keys() & wanted.keys():
        if found[name].shape != wanted[name].shape:
            messages.append(f"the tensor `{name}` is {tuple(found[name].shape)}, the spec needs {tuple(wanted[name].shape)}")
        elif found[name].dtype != wanted[name].dtype:
            messages.append(f"the tensor `{name}` is {found[name].dtype}, the spec needs {wanted[name].dtype}")
        elif found[name].is_floating_point() and not torch.isfinite(found[name]).all():
            messages.append(f"the tensor `{name}` holds NaN or infinite numbers")
    return [Diagnostic("invalid-run", message, place=str(path), help="the weights belong to another spec") for message in sorted(messages)]
