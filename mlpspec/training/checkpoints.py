"""Checkpoints: weights, optimizer state and position, each a folder that is complete or not there.

    checkpoints/last-000012-000000/model.safetensors, step.safetensors, state.json, manifest.json
    checkpoints/best-000009-000000/model.safetensors, state.json, manifest.json
    checkpoints/average-000012-000000/...    averaged weights at the end, where a callback keeps them
    checkpoints/best, checkpoints/last, ...  text files that name a folder

The manifest, written last, has the size and SHA-256 of the other files; a folder without a valid one is not a checkpoint.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mlpspec.atomic import write_atomically
from mlpspec.diagnostics import CheckError, MachineError, ModelFileError
from mlpspec.training.tensor_file import differences, file_pieces, read_tensors, refuse_foreign
from mlpspec.training.whole import Whole

POINTERS = ("best", "last", "average")


class Checkpoints:
    """The checkpoints of one run. `owner` marks those that are written; those that are read must have the same mark.

    Of those to go on from, `last`, the newest `keep` stay. Files have whole tensors, whatever processes hold of them: `whole` says how they
    are had. Where several processes train one model, all of them save and load, and the one that leads writes.
    """

    def __init__(self, folder: Path, owner: str = "", keep: int = 1, *, whole: Whole | None = None):
        self.folder, self.owner, self.keep = folder, owner, keep
        self.whole = whole or Whole()

    def has(self, pointer: str) -> bool:
        """Whether there is a checkpoint of that name, whatever its state."""
        return (self.folder / pointer).exists()

    def save(
        self,
        pointer: str,
        weights: Mapping[str, torch.Tensor],
        state: Mapping[str, Any],
        step_state: Mapping[str, torch.Tensor] | None = None,
        callback_tensors: Mapping[str, torch.Tensor] | None = None,
    ) -> Path:
        """Write a checkpoint, let `pointer` (`best`, `last` or `average`) name it, and remove those that are no longer to be kept.

        Args:
            state: the position, with `epoch` and `step`.
            step_state: what the training step remembers beside the weights; needed to go on from here.
            callback_tensors: what callbacks remember beside the state.

        Raises:
            CheckError: when a weight is NaN or infinite; nothing is written.
            MachineError: when the disk is full or the folder cannot be written; older checkpoints stay as they were.
        """
        refuse_non_finite(weights, self.whole)
        target, leads = self.folder / f"{pointer}-{state['epoch']:06d}-{state['step']:06d}", self.whole.group.leads
        files = {"model.safetensors": weights, "step.safetensors": step_state, "callbacks.safetensors": callback_tensors}
        pieces: dict[str, Iterator[bytes | memoryview]]
        pieces = {name: file_pieces(tensors, self.whole.gather) for name, tensors in files.items() if tensors is not None}
        if self.whole.joins(wanted=leads and not self._is_complete(target)):  # the same position has the same content
            try:
                if leads:
                    self._write(target, {**pieces, "state.json": iter([json.dumps(dict(state), indent=2).encode()])})
            finally:
                for left in pieces.values():
                    deque(left, maxlen=0)  # the others make tensors whole as long as one process does, though the disk be full
        if leads:
            self._point(pointer, target)
            self._remove_unnamed()
        return target

    def mend(self, pointer: str = "last") -> str | None:
        """Where the checkpoint of that name is damaged, let the name stand for the newest older one that is whole; which, if any."""
        if not self.has(pointer):
            return None
        named = self._named(pointer)
        if self._is_complete(named):
            return None
        for folder in sorted(self.folder.glob(f"{pointer}-*"), reverse=True):
            if folder.name < named.name and self._is_complete(folder):
                self._point(pointer, folder)
                return folder.name
        return None

    def _point(self, pointer: str, target: Path) -> None:
        with write_atomically(self.folder / pointer) as file:
            file.write(f"{target.name}\n".encode())

    def _write(self, target: Path, files: Mapping[str, Iterator[bytes | memoryview]]) -> None:
        """The folder `target` with the files, given piece by piece, and their manifest, in one step."""
        temporary = self.folder / f".{target.name}"
        shutil.rmtree(temporary, ignore_errors=True)
        try:
            temporary.mkdir(parents=True)
            hashes = {name: _written(temporary / name, pieces) for name, pieces in files.items()}
            _written(temporary / "manifest.json", iter([json.dumps({"owner": self.owner, "files": hashes}, indent=2).encode()]))
            if target.exists():
                shutil.rmtree(target)
            temporary.rename(target)
        except OSError as error:
            message = f"the checkpoint {target} cannot be written: {error.strerror or error}"
            raise MachineError(message, code="cannot-write", help="make room, or choose another place with --runs FOLDER") from error
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def load_step_state(self, pointer: str = "last") -> dict[str, torch.Tensor]:
        """What the training step remembered when a checkpoint was saved.

        Raises:
            ModelFileError: when the checkpoint is missing, damaged, or was not saved for going on.
        """
        return self._load_tensors(pointer, "step.safetensors")

    def load_callback_tensors(self, pointer: str = "last") -> dict[str, torch.Tensor]:
        """What callbacks remembered as tensors when a checkpoint was saved. Raises what `load_step_state` does."""
        return self._load_tensors(pointer, "callbacks.safetensors")

    def _load_tensors(self, pointer: str, name: str) -> dict[str, torch.Tensor]:
        def read() -> tuple[dict[str, torch.Tensor], None]:
            folder = self._named(pointer)
            files = self._verified(folder)
            if name not in files:
                raise ModelFileError(f"the checkpoint {folder.name} has no {name}", code="invalid-run", place=str(folder))
            return read_tensors(files[name], folder / name), None

        return self.whole.read(read)[0]

    def load(self, module: nn.Module, pointer: str = "best") -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
        """The weights of a checkpoint of this network, and its state.json.

        Raises:
            ModelFileError: when the checkpoint is missing, damaged, or of another network; every differing tensor is listed.
        """
        wanted = module.state_dict()

        def read() -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
            folder = self._named(pointer)
            files = self._verified(folder)
            tensors = read_tensors(files["model.safetensors"], folder / "model.safetensors")
            problems = differences(tensors, wanted, folder / "model.safetensors")
            if problems:
                raise ModelFileError(problems)
            return tensors, _state(files["state.json"], folder / "state.json")

        return self.whole.read(read)

    def load_weights(self, module: nn.Module, pointer: str = "best") -> dict[str, Any]:
        """Put the weights of a checkpoint into the module; its state.json. Raises what `load` does."""
        tensors, state = self.load(module, pointer)
        module.load_state_dict(tensors)
        return state

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
            expected = {str(name): (int(entry["bytes"]), str(entry["sha256"])) for name, entry in manifest["files"].items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            message = f"the checkpoint {folder.name} has no valid manifest"
            raise ModelFileError(message, code="invalid-run", place=str(folder), help="train again, or restore the folder") from error
        if manifest.get("owner") != self.owner:
            message = f"the checkpoint {folder.name} belongs to another run: its preprocessing is not this one's"
            raise ModelFileError(message, code="invalid-run", place=str(folder), help="restore the folder, or train again")
        found = {name: _unchanged(folder / Path(name).name, size, digest) for name, (size, digest) in expected.items()}
        if not {"model.safetensors", "state.json"} <= found.keys():
            raise ModelFileError(f"the checkpoint {folder.name} is incomplete", code="invalid-run", place=str(folder))
        return found

    def _is_complete(self, folder: Path) -> bool:
        try:
            return bool(self._verified(folder))
        except ModelFileError:
            return False

    def _remove_unnamed(self) -> None:
        kept = {name for name in map(self._name_in, POINTERS) if name}
        kept |= set(sorted(folder.name for folder in self.folder.glob("last-*") if folder.name <= self._name_in("last"))[-self.keep :])
        for folder in self.folder.iterdir():
            if folder.is_dir() and folder.name not in kept:
                shutil.rmtree(folder, ignore_errors=True)

    def _name_in(self, pointer: str) -> str:
        file = self.folder / pointer
        return file.read_text(encoding="utf-8", errors="replace").strip() if file.is_file() else ""


def refuse_non_finite(weights: Mapping[str, torch.Tensor], whole: Whole) -> None:
    """No NaN and no infinite number is ever kept.

    Raises:
        CheckError: naming the first weight that has one.
    """
    name = whole.first_non_finite(weights)
    if name is not None:
        help = "the learning rate is too high, or inputs are not scaled; the last checkpoint is from before"
        raise CheckError(f"the weight `{name}` became NaN or infinite; it was not saved", code="non-finite-loss", help=help)


def _written(path: Path, pieces: Iterator[bytes | memoryview]) -> dict[str, Any]:
    """Write a file piece by piece; its line in the manifest."""
    digest, size = hashlib.sha256(), 0
    with write_atomically(path) as file:
        for piece in pieces:
            file.write(piece)
            digest.update(piece)
            size += len(piece)
    return {"bytes": size, "sha256": digest.hexdigest()}


def _unchanged(path: Path, size: int, digest: str) -> bytes:
    """The content of a file that has the size and the SHA-256 of the manifest."""
    found = path.stat().st_size if path.is_file() else 0
    data = path.read_bytes() if found and found == size else b""
    if found != size or hashlib.sha256(data).hexdigest() != digest:
        refuse_foreign(_beginning(path), path)
        message = f"{path.name} was changed or damaged after it was saved ({found:,} bytes, {size:,} were saved)"
        raise ModelFileError(message, code="invalid-run", place=str(path), help="restore the file, or train again")
    return data


def _beginning(path: Path) -> bytes:
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        return file.read(16)


def _state(data: bytes, path: Path) -> dict[str, Any]:
    try:
        state = json.loads(data)
        return {**state, "epoch": int(state["epoch"]), "step": int(state["step"])}
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ModelFileError(f"{path.name} is not a training position: {error}", code="invalid-run", place=str(path)) from error
