"""May a run go on with this spec and this data?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mlpspec.data.dataset import Dataset
from mlpspec.data.hashes import refuse_changed_files
from mlpspec.diagnostics import DataError, SpecError, UsageError
from mlpspec.language.document import Document
from mlpspec.language.positions import Path
from mlpspec.language.sections.spec import Spec
from mlpspec.language.writer import plain
from mlpspec.training.run_document import load_run_document
from mlpspec.training.run_folder import RunFolder

HARMLESS: tuple[Path, ...] = (
    ("training", "epochs"),
    ("training", "early_stopping"),
    ("training", "device"),
    ("training", "data_on"),
    ("training", "shard_weights"),
    ("training", "checkpoint"),
    ("training", "logging"),
    ("export",),
    ("tuning",),
    ("name",),
    ("vars",),
)
"""What may change in between: it does not alter what a step calculates."""


def check_resumable(run: RunFolder, document: Document, hashes: Mapping[str, str]) -> None:
    """Let a run go on only as what it was, with data files that have these hashes. It is looked at before the data is read.

    Raises:
        UsageError: when it is already complete.
        SpecError: when the spec has changed in what steps calculate; each change is named.
        DataError: when the data has changed.
    """
    info = run.info()
    before = load_run_document(run)
    refuse_changes(before, document)
    refuse_changed_files(info.get("data"), hashes, "the run began", _RESTORE)
    if is_complete(info, before, document):
        message = f"the run {run.path} is already complete: {info['epoch']} epochs"
        raise UsageError(
            message, help="train longer with `--set training.epochs=N`, and what ended it changed, such as `training.early_stopping`"
        )


def check_preprocessing(run: RunFolder, dataset: Dataset) -> None:
    """Let a run go on only with data that teaches what it taught before: rows from memory have no hashes.

    Raises:
        DataError: when it teaches something else.
    """
    if dataset.preprocessing != run.preprocessing():
        raise DataError("the data gives another preprocessing than when the run began", help=_RESTORE)


def refuse_changes(before: Document, document: Document, harmless: Sequence[Path] = HARMLESS) -> None:
    """Let a spec differ from that of a run in what is harmless only: in the values below these paths.

    Raises:
        SpecError: when it has changed in what steps calculate; each change is named.
    """
    changes = [
        document.diagnostic("invalid-run", f"`{'.'.join(map(str, path))}` was {was} when the run began, now it is {now}", path, help=_HELP)
        for path, was, now in differences(_lasting(before.spec), _lasting(document.spec))
        if not any(path[: len(start)] == start for start in harmless)
    ]
    if changes:
        raise SpecError(changes)


def is_complete(info: Mapping[str, Any], before: Document, document: Document) -> bool:
    """Whether a run, of which `info` is the run.json and `before` the spec, has nothing more to do for the spec `document`."""
    was, now = before.spec.training.all_callbacks, document.spec.training.all_callbacks
    stopped_early = was == now and info.get("ended") in {entry.reason for entry in now if entry.reason}
    return info.get("status") == "finished" and (stopped_early or document.spec.training.epochs <= info.get("epoch", 0))


def _lasting(spec: Spec) -> Any:
    """The spec as plain data, without the callbacks that do not alter what a step calculates."""
    kept = tuple(entry for entry in spec.training.callbacks if entry.alters_weights)
    return plain(replace(spec, training=replace(spec.training, callbacks=kept)), complete=True)


_RESTORE = "restore the data, or train anew"

_HELP = "train anew, or give the spec back what it was"


def differences(before: Any, after: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any, Any]]:
    """Where two plain values differ: path, before, after.

    >>> list(differences({"a": 1, "b": [1, 2]}, {"a": 1, "b": [1, 3]}))
    [(('b', 1), 2, 3)]
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys((*before, *after)):
            yield from differences(before.get(key), after.get(key), (*path, key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from differences(one, other, (*path, index))
    elif before != after:
        yield path, before, after
