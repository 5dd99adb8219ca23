"""Does the spec reach only for files that it may?"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from mlpspec.diagnostics import Diagnostic
from mlpspec.language.document import Document

FILE_OPTIONS = ("path", "train", "validation", "test")
"""The options of `data:` that name files."""


def check_paths(document: Document) -> Iterator[Diagnostic]:
    """Data lies below the spec's folder or the current folder, by a relative path, on this machine, unless the caller allows more.

    The same holds for the files of a folder of data, which could be links.
    """
    for option in FILE_OPTIONS:
        written = getattr(document.spec.data, option)
        if written is None:
            continue
        at = ("data", option)
        if re.match(r"^[A-Za-z][A-Za-z0-9+.-]+://", written):
            help = "download the file first and write its path"
            yield document.diagnostic("unsafe-path", f"`{option}` is a network address; a spec reaches nothing", at, help=help)
        elif "\0" in written or not written.strip():
            yield document.diagnostic("unsafe-path", f"`{option}` is not a path", at, help="write the path of a data file")
        elif written.startswith("~") or "$" in written:
            help = "write the path out, relative to the spec"
            yield document.diagnostic(
                "unsafe-path", f"`{option}` is taken as it is written: `~` and `$` have no meaning in a path", at, help=help
            )
        elif not document.allow_outside and _is_outside(document.folder, written):
            help = "move the data below the spec's folder or run from a folder above it, or pass --allow-outside"
            message = f"`{option}` leads outside the folder of the spec and the current folder"
            yield document.diagnostic("unsafe-path", message, at, help=help)


def _is_outside(folder: Path, written: str) -> bool:
    if Path(written).is_absolute():
        return True
    path = folder / written
    targets = [path, *path.iterdir()] if path.is_dir() and os.access(path, os.R_OK) else [path]
    roots = [root.resolve() for root in (folder, Path.cwd())]
    return not all(any(target.resolve().is_relative_to(root) for root in roots) for target in targets)
