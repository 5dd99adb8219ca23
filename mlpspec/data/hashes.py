"""The files that a `data:` section means, and their hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

from mlpspec.data.opening import shown
from mlpspec.language.sections.data import Data


def file_hashes(data: Data, paths: Iterable[str], folder: Path, digest: Callable[[Path], str] | None = None) -> dict[str, str]:
    """The SHA-256 of the files that paths of a spec mean, each by its path; a folder means all files in it.

    Args:
        digest: gives the SHA-256 of a file; by default it is read.
    """
    return {name: (digest or sha256)(path) for written in paths for name, path in files_of(data, written, folder).items()}


def files_of(data: Data, written: str, folder: Path) -> dict[str, Path]:
    """The files that a path of a spec means, in their order, by their own paths as the spec would write them."""
    path = folder / written
    if not path.is_dir():
        return {written: path}
    from mlpspec.data.sources.folder import data_files

    return {f"{written.rstrip('/')}/{file.name}": file for file in data_files(path, shown(path), data.format)}


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
