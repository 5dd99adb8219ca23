"""One fold: a normal run whose spec names the fold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from mlpspec.data.sharing import SharedData
from mlpspec.language.document import Document
from mlpspec.training.progress import Progress
from mlpspec.training.resume import is_complete
from mlpspec.training.run_document import load_run_document
from mlpspec.training.run_folder import CHECKPOINTS, RunFolder
from mlpspec.training.train import train

FOLDS = "folds"
"""The folder of the folds' run folders."""

HELD_OUT = "test"
"""The part that a fold holds out."""


@dataclass(frozen=True)
class FoldResult:
    """A fold that is done, as its run.json says: its number (from 1), its folder, its rows and figures by part."""

    number: int
    folder: RunFolder
    ended: str
    best_epoch: int
    rows: Mapping[str, int]
    figures: Mapping[str, Mapping[str, float | None]]
    seconds: float

    @classmethod
    def read(cls, parent: Path, number: int) -> FoldResult:
        """The result of a finished fold.

        Raises:
            ModelFileError: when its run.json cannot be read.
        """
        folder = fold_folder(parent, number)
        info = folder.info()
        with folder.readable("run.json"):
            return cls(number, folder, info["ended"], info["best_epoch"], info["rows"], info["figures"], info["seconds"])


def fold_folder(parent: Path, number: int) -> RunFolder:
    """The run folder of a fold, which need not be there."""
    return RunFolder(parent / FOLDS / str(number))


def fold_document(document: Document, number: int) -> Document:
    """The spec with one of its folds chosen (from 1)."""
    spec = document.spec
    split = replace(spec.data.split, fold=number)
    return replace(document, spec=replace(spec, data=replace(spec.data, split=split)))


def train_fold(document: Document, number: int, parent: Path, data: SharedData, progress: Progress | None = None) -> None:
    """Train a fold, or go on with it where it was stopped; nothing when it is done.

    Raises:
        What `train` raises.
    """
    one, folder = fold_document(document, number), fold_folder(parent, number)
    if fold_is_done(one, folder):
        return
    if (folder.path / CHECKPOINTS / "last").is_file() and (folder.path / "run.json").is_file():
        train(one, dataset=data.dataset(one), progress=progress, resume=folder)
    else:
        train(one, dataset=data.dataset(one), progress=progress, folder=RunFolder.create_at(folder.path))


def fold_is_done(one: Document, folder: RunFolder) -> bool:
    """Whether the run of a fold has nothing more to do; `one` is the spec with that fold chosen."""
    if not (folder.path / "run.json").is_file():
        return False
    info = folder.info()
    return info.get("status") == "finished" and is_complete(info, load_run_document(folder), one)
