"""Checkpoints: weights, optimizer state and position, each a folder that is complete or not there.

    checkpoints/last-000012-000000/model.safetensors, step.safetensors, state.json, manifest.json
    checkpoints/best-000009-000000/model.safetensors, state.json, manifest.json
    checkpoints/best, checkpoints/last       text files that name a folder

The manifest, written last, has the size and SHA-256 of the other files; a folder without a valid one is not a checkpoint.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import nn

from mlpspec.atomic import write_atomically
from mlpspec.diagnostics import Diagnostic, ModelFileError


class Checkpoints:
    """The checkpoints of one run."""

    def __init__(self, folder: Path):
        self.folder = folder

    def save(
        self,
        pointer: str,
        weights: Mapping[str, torch.Tensor],
        state: Mapping[str, Any],
        step_state: Mapping[str, torch.Tensor] | None = None,
    ) -> Path:
        """Write a checkpoint, let `pointer` (`best` or `last`) name it, and remove the one that it named before.

        Args:
            state: the position, with `epoch` and `step`.
            step_state: what the training step remembers beside the weights; needed to go on from here.

        Raises:
            MachineError: when the disk is full or the folder cannot be written; older checkpoints stay as they were.
        """
        target = self.folder / f"{pointer}-{state['epoch']:06d}-{state['step']:06d}"
        if self._is_complete(target):  # the same position has the same content
            return target
        temporary = self.folder / f".{target.name}"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        files = {"model.safetensors": save_tensors(_plain(weights)), "state.json": json.dumps(dict(state), indent=2).encode()}
        if step_state is not None:
            files["step.safetensors"] = save_tensors(_plain(step_state))
        manifest = {name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()}
        for name, data in {**files, "manifest.json": json.dumps(manifest, indent=2).encode()}.items():
            with write_atomically(temporary / name) as file:
                file.write(data)
        if target.exists():
            shutil.rmtree(target)
        temporary.rename(target)
        with write_atomically(self.folder / pointer) as file:
            file.write(f"{target.name}\n".encode())
        self._remove_unnamed()
        return target

    def load_step_state(self, pointer: str = "last") -> dict[str, torch.Tensor]:
        """What the training step remembered when a checkpoint was saved.

        Raises:
            ModelFileError: when the checkpoint is missing, damaged, or was not saved for going on.
        """
        folder = self._named(pointer)
        files = self._verified(folder)
        if "step.safetensors" not in files:
            raise ModelFileError(f"the checkpoint {folder.name} has no step.safetensors", code="invalid-run", place=str(folder))
        return _tensors(files["step.safetensors"], folder / "step.safetensors")

    def load_weights(self, module: nn.Module, pointer: str = "best") -> dict[str, Any]:
        """Put the weights of a checkpoint into the module; its state.json.

        Raises:
            ModelFileError: when the checkpoint is missing, damaged, or of another network; every differing tensor is listed.
        """
        folder = self._named(pointer)
        files = self._verified(folder)
        tensors = _tensors(files["model.safetensors"], folder / "model.safetensors")
        wanted = module.state_dict()
        problems = _differences(tensors, wanted, folder / "model.safetensors")
        if problems:
            raise ModelFileError(problems)
        module.load_state_dict(tensors)
        return json.loads(files["state.json"])

    def _named(self, pointer: str) -> Path:
        try:
            name = (self.folder / pointer).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ModelFileError(f"the run has no `{pointer}` checkpoint", code="invalid-run", place=str(self.folder)) from error
        if not name.startswith(f"{pointer}-") or "/" in name or "\\" in name:
            raise ModelFileError(f"`{pointer}` does not name a checkpoint", code="invalid-run", place=str(self.folder / pointer))
        return self.folder / name

    def _verified(self, folder: Path) -> dict[str, bytes]:
        """The files of a checkpoint that agree with its manifest."""
        try:
            manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            expected = {str(name): (int(entry["bytes"]), str(entry["sha256"])) for name, entry in manifest.items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            message = f"the checkpoint {folder.name} has no valid manifest"
            raise ModelFileError(message, code="invalid-run", place=str(folder), help="train again, or restore the folder") from error
        found: dict[str, bytes] = {}
        for name, (size, digest) in expected.items():
            path = folder / Path(name).name
            data = path.read_bytes() if path.is_file() else b""
            if len(data) != size or hashlib.sha256(data).hexdigest() != digest:
                _refuse_foreign(data, path)
                message = f"{name} was changed or damaged after it was saved ({len(data):,} bytes, {size:,} were saved)"
                raise ModelFileError(message, code="invalid-run", place=str(path), help="restore the file, or train again")
            found[name] = data
        if not {"model.safetensors", "state.json"} <= found.keys():
            raise ModelFileError(f"the checkpoint {folder.name} is incomplete", code="invalid-run", place=str(folder))
        return found

    def _is_complete(self, folder: Path) -> bool:
        try:
            return bool(self._verified(folder))
        except ModelFileError:
            return False

    def _remove_unnamed(self) -> None:
        kept = {file.read_text(encoding="utf-8").strip() for file in (self.folder / "best", self.folder / "last") if file.is_file()}
        for folder in self.folder.iterdir():
            if folder.is_dir() and folder.name not in kept:
                shutil.rmtree(folder, ignore_errors=True)


def _plain(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}


def _tensors(data: bytes, path: Path) -> dict[str, torch.Tensor]:
    _refuse_foreign(data, path)
    try:
        return load_tensors(data)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ModelFileError(f"{path.name} is not a valid safetensors file: {error}", code="invalid-run", place=str(path)) from error


_FOREIGN = {b"\x80": "a pickle", b"PK\x03\x04": "a zip archive (torch.save writes such)", b"\x89HDF": "an HDF5 file"}


def _refuse_foreign(data: bytes, path: Path) -> None:
    """Pickles and their kin can run code; they are named and refused, whatever they are called."""
    if data[4:9] == b"\0\0\0\0{":  # the header's length in 8 bytes, then the header; the length may begin as a pickle does
        return
    for magic, kind in _FOREIGN.items():
        if data.startswith(magic):
            raise ModelFileError(f"{path.name} is {kind}, not safetensors; refused", code="unsafe-model-file", place=str(path))


def _differences(found: Mapping[str, torch.Tensor], wanted: Mapping[str, torch.Tensor], path: Path) -> list[Diagnostic]:
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
