"""Encoded rows in files: an array for each input and target, one row behind another, numbers as the machine writes them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np

from mlpspec.cache_folder import writing
from mlpspec.data.encode import EncodedRows
from mlpspec.diagnostics import DataError

_ANNOUNCED = 16
"""So many stretches are announced before they are read."""


@dataclass(frozen=True)
class StoredArray:
    """An array of rows in a file: (rows, *shape) of `dtype`, without a header."""

    path: Path
    rows: int
    shape: tuple[int, ...]
    dtype: np.dtype

    @property
    def row_bytes(self) -> int:
        """The bytes of one row."""
        return self.dtype.itemsize * int(np.prod(self.shape, dtype=np.int64))

    @property
    def is_whole(self) -> bool:
        """Whether the file has the size that it should have."""
        return self.path.is_file() and self.path.stat().st_size == self.rows * self.row_bytes

    def mapped(self) -> np.ndarray:
        """The rows, read from the file when they are looked at."""
        if not self.rows * self.row_bytes:
            return np.empty((self.rows, *self.shape), self.dtype)
        return np.memmap(self.path, self.dtype, "r", shape=(self.rows, *self.shape))

    def read_into(self, memory: np.ndarray, stretches: Iterable[tuple[int, int]]) -> None:
        """Fill `memory`, (rows, *shape), with the rows from `start` to before `end` of each stretch, one behind another.

        Raises:
            DataError: when the file ends before.
            OSError: when it cannot be read.
        """
        view, at = bytes_of(memory), 0
        parts = [(start * self.row_bytes, (end - start) * self.row_bytes) for start, end in stretches]
        with self.path.open("rb", buffering=0) as file:
            _announce(file, parts[:_ANNOUNCED])
            for number, (start, length) in enumerate(parts):
                _announce(file, parts[number + _ANNOUNCED : number + _ANNOUNCED + 1])
                file.seek(start)
                last = at + length
                while at < last:
                    read = file.readinto(view[at:last])
                    if not read:
                        help = "delete the folder; the data will be encoded again"
                        raise DataError(f"`{self.path}` ends too early", place=str(self.path), help=help)
                    at += read


@dataclass(frozen=True)
class StoredRows:
    """The encoded rows of a part, in files."""

    rows: int
    inputs: Mapping[str, StoredArray]
    targets: Mapping[str, StoredArray]

    @property
    def arrays(self) -> list[StoredArray]:
        """Those of all inputs, then of all targets."""
        return [*self.inputs.values(), *self.targets.values()]

    @property
    def row_bytes(self) -> int:
        """The bytes of a row in all files."""
        return sum(array.row_bytes for array in self.arrays)

    def to_json(self) -> dict[str, Any]:
        """As JSON data; `from_json` gives it back."""

        def plain(arrays: Mapping[str, StoredArray]) -> dict[str, Any]:
            return {name: {"dtype": array.dtype.str, "shape": list(array.shape)} for name, array in arrays.items()}

        return {"rows": self.rows, "inputs": plain(self.inputs), "targets": plain(self.targets)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any], folder: Path) -> StoredRows:
        """The inverse of `to_json`, for files below `folder`.

        Raises:
            KeyError, TypeError, ValueError: when the data has another form.
        """
        rows = int(data["rows"])

        def arrays(kind: str) -> dict[str, StoredArray]:
            found = data[kind].items()
            return {name: StoredArray(_file(folder, kind, name), rows, tuple(of["shape"]), np.dtype(of["dtype"])) for name, of in found}

        return cls(rows, arrays("inputs"), arrays("targets"))


class RowsWriter:
    """Writes encoded rows behind each other. A context: the files are on disk when it ends well.

    Args:
        folder: where the files go; it is made.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._files: dict[tuple[str, str], FileIO] = {}
        self._rows = 0
        self._first: EncodedRows | None = None

    def __enter__(self) -> RowsWriter:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        for file in self._files.values():
            with writing(self._folder):
                if kind is None:
                    file.flush()
                    os.fsync(file.fileno())
                file.close()

    def write(self, encoded: EncodedRows, rows: int) -> None:
        """Add so many rows.

        Raises:
            MachineError: when the disk is full or fails.
        """
        with writing(self._folder):
            for kind, name, array in _named(encoded):
                if (kind, name) not in self._files:
                    path = _file(self._folder, kind, name)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    self._files[kind, name] = path.open("wb", buffering=0)
                _write(self._files[kind, name], bytes_of(np.ascontiguousarray(array)))
        self._rows += rows
        self._first = self._first or EncodedRows(_first(encoded.inputs), _first(encoded.targets))

    def stored(self) -> StoredRows:
        """What has been written."""
        found: dict[str, dict[str, StoredArray]] = {"inputs": {}, "targets": {}}
        for kind, name, array in _named(self._first or EncodedRows({}, {})):
            found[kind][name] = StoredArray(_file(self._folder, kind, name), self._rows, array.shape[1:], array.dtype)
        return StoredRows(self._rows, found["inputs"], found["targets"])


def _first(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: array[:1].copy() for name, array in arrays.items()}


def bytes_of(array: np.ndarray) -> memoryview:
    """The memory of a contiguous array."""
    return array.reshape(-1).view(np.uint8).data if array.size else memoryview(bytearray())


def _announce(file: FileIO, parts: Iterable[tuple[int, int]]) -> None:
    """Tell the system that these bytes, start and length, will be read soon, so that the disk is kept busy; where it can be told."""
    if hasattr(os, "posix_fadvise"):
        for start, length in parts:
            os.posix_fadvise(file.fileno(), start, length, os.POSIX_FADV_WILLNEED)


def _write(file: FileIO, view: memoryview) -> None:
    done = 0
    while done < len(view):
        done += file.write(view[done:])


def _named(encoded: EncodedRows) -> Iterator[tuple[str, str, np.ndarray]]:
    for kind, arrays in (("inputs", encoded.inputs), ("targets", encoded.targets)):
        for name, array in arrays.items():
            yield kind, name, array


def _file(folder: Path, kind: str, name: str) -> Path:
    return folder / kind / f"{name}.{sys.byteorder}"
