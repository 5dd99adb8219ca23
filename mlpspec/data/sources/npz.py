"""NPZ files: named NumPy arrays. Nothing is unpickled, and nothing larger than the file declares is unpacked."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np

from mlpspec.data.sources.arrays import ArrayColumn, common_rows
from mlpspec.data.table import Table
from mlpspec.diagnostics import DataError, Diagnostic, MlpspecError

MAX_INFLATION = 200
"""How many times its packed size a file may unpack to, beyond `FREE_BYTES`."""

FREE_BYTES = 1 << 30
"""Unpacked size in bytes that is always allowed."""


class NpzTable(Table):
    """The arrays of an NPZ file as a table; an array is unpacked when its column is asked for."""

    def __init__(self, path: Path, name: str, missing_tokens: Sequence[str]):
        self.name = name
        self._path, self._tokens = path, missing_tokens
        with _open(path, name) as archive:
            shapes = _shapes(archive, path, name)
        self.columns = tuple(shapes)
        self.rows = common_rows(name, shapes)
        self._columns: dict[str, ArrayColumn] = {}

    def column(self, name: str) -> ArrayColumn:
        if name not in self.columns:
            raise KeyError(name)
        if name not in self._columns:
            with _open(self._path, self.name) as archive, archive.open(f"{name}.npy") as member:
                values = _unpack(member, self.name, name)
            self._columns[name] = ArrayColumn(values, self._tokens)
        return self._columns[name]


def open_npz(path: Path, name: str, missing_tokens: Sequence[str]) -> Table:
    """An NPZ file as a table, one column or tensor for each array.

    Raises:
        DataError: when the file is damaged, holds Python objects, unpacks to far more than its size, or its arrays differ in rows.
    """
    return NpzTable(path, name, missing_tokens)


def _open(path: Path, name: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise DataError(f"`{name}` is not an NPZ file, or is damaged", place=name, help="write it with numpy.savez") from error


def _shapes(archive: zipfile.ZipFile, path: Path, name: str) -> dict[str, tuple[int, ...]]:
    members = archive.infolist()
    packed, unpacked = path.stat().st_size, sum(member.file_size for member in members)
    if unpacked > max(FREE_BYTES, MAX_INFLATION * packed):
        message = f"`{name}` declares {unpacked} bytes of arrays in a file of {packed}; it was not unpacked"
        raise DataError(message, place=name, help="write the arrays again with numpy.savez, not compressed")
    shapes: dict[str, tuple[int, ...]] = {}
    problems: list[Diagnostic] = []
    for member in members:
        column = member.filename.removesuffix(".npy")
        try:
            if column == member.filename or column in shapes:
                raise DataError(f"`{name}` holds `{member.filename}`, which is no array or stands twice", place=name)
            shapes[column] = _declared_shape(archive, member, name, column)
        except MlpspecError as error:
            problems += error.diagnostics
    if problems:
        raise DataError(problems)
    return shapes


def _declared_shape(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, column: str) -> tuple[int, ...]:
    """The shape that an array declares, once the declaration agrees with the bytes that are there."""
    try:
        with archive.open(member) as file:
            shape, dtype = _header(file)
            start = file.tell()
    except (ValueError, OSError, RuntimeError, NotImplementedError, EOFError, zipfile.BadZipFile, zlib.error, SyntaxError) as error:
        message = f"the array `{column}` of `{name}` cannot be read: {error}"
        raise DataError(message, place=name, help="write it with numpy.savez") from error
    if dtype.hasobject:
        message = f"the array `{column}` of `{name}` holds Python objects, which can run code; it was not opened"
        raise DataError(message, place=name, help="convert it to numbers, or to text with `.astype(str)`, before saving")
    if dtype.kind not in "biufUM":
        message = f"the array `{column}` of `{name}` has the type {dtype}, which is neither numbers nor text nor times"
        raise DataError(message, place=name, help="save numbers, booleans, times (datetime64) or text (`.astype(str)`)")
    there = member.file_size - start
    if math.prod(shape) * dtype.itemsize != there:
        message = f"the array `{column}` of `{name}` declares the shape {shape} of {dtype}, which is not the {there} bytes it has"
        raise DataError(message, place=name, help="the file is damaged; write it again")
    return shape


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(file)
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}.get(version)
    if read is None:
        raise ValueError(f"it has the array format {version}, this version reads 1.0 and 2.0")
    shape, _order, dtype = read(file)
    return shape, dtype


def _unpack(member: IO[bytes], name: str, column: str) -> np.ndarray:
    try:
        values = np.lib.format.read_array(member, allow_pickle=False)
    except (ValueError, OSError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"the array `{column}` of `{name}` is damaged: {error}", place=name, help="write the file again") from error
    return values if values.dtype.isnative else values.astype(values.dtype.newbyteorder("="))
