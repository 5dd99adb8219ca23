"""The files that a `data:` section means, and their hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from mlpspec.data.opening import shown
from mlpspec.diagnostics import DataError
from mlpspec.language.sections.data import Data

_NAMED = 3
"""So many files are named."""


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


def refuse_changed_files(before: Mapping[str, str] | None, now: Mapping[str, str], since: str, help: str) -> None:
    """See that files are those of before, by their hashes.

    Args:
        since: what was done with the files of before.
        help: what to do where they are others.

    Raises:
        DataError: naming files that are gone, new or others.

    >>> refuse_changed_files({"a.csv": "1", "b.csv": "2"}, {"b.csv": "3"}, "the run began", "train anew")
    Traceback (most recent call last):
    mlpspec.diagnostics.errors.DataError: the data has changed since the run began: `a.csv` is gone, `b.csv` is another
    """
    before = before or {}
    fates = {name: "is gone" if name not in now else "is another" for name, known in before.items() if now.get(name) != known}
    fates |= {name: "is new" for name in now if name not in before}
    if not fates:
        return
    named = ", ".join(f"`{name}` {fate}" for name, fate in list(fates.items())[:_NAMED])
    more = f", and {len(fates) - _NAMED} more" if len(fates) > _NAMED else ""
    raise DataError(f"the data has changed since {since}: {named}{more}", help=help)
