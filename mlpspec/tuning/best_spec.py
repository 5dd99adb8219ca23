"""The best trial as a normal spec."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlpspec.compiler import check
from mlpspec.language.document import Document
from mlpspec.language.overrides import NAME
from mlpspec.language.reader import read
from mlpspec.language.rewrite import rewrite
from mlpspec.passes.checks.paths import FILE_OPTIONS
from mlpspec.passes.search_space import Dimension, with_values, without_tuning
from mlpspec.training.resolved_spec import resolved_spec


def best_spec(document: Document, space: Sequence[Dimension], values: Mapping[str, Any], place: Path) -> tuple[str, bool]:
    """The text of the spec with a trial's values, and whether it is the author's own with other values in it.

    Comments and layout stay, and so does `tuning:`. Where that is not to be had (a value stands in an anchor that others use, ...) it is
    the resolved spec, every default written out. Paths of data lead from the new place to where they led, and the name stays.

    Args:
        place: where the spec is going to be written.
    """
    tree = with_values(document, space, values)
    wanted = _moved(tree.data, document, place)
    original = read(document.tree.source.text, document.tree.source.name)
    text = rewrite(original, wanted)
    if text is not None:
        return text, True
    trial = check(without_tuning(tree), document.folder, allow_outside=document.allow_outside)
    again = read(resolved_spec(trial), NAME)
    return rewrite(again, _moved(again.data, document, place)) or again.source.text, False


def _moved(data: Mapping[str, Any], document: Document, place: Path) -> dict[str, Any]:
    """The spec for another folder, under the name it had."""
    moved = dict(data)
    if isinstance(moved.get("data"), dict):
        paths = {key: _path(getattr(document.spec.data, key), document.folder, place) for key in FILE_OPTIONS if key in moved["data"]}
        moved["data"] = {**moved["data"], **paths}
    return {**moved, "name": document.spec.name} if "name" not in moved else moved


def _path(written: str | None, folder: Path, place: Path) -> str | None:
    """A path of a spec in `folder`, for one at `place`."""
    if written is None or Path(written).is_absolute():
        return written
    try:
        return Path(os.path.relpath(folder / written, place.resolve().parent)).as_posix()
    except ValueError:  # another drive
        return str((folder / written).resolve())
