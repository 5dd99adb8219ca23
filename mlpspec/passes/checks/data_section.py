"""Do the options of `data:` go together?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mlpspec.diagnostics import Diagnostic
from mlpspec.language.document import Document

_SPLIT = ("data", "split")


def check_data_section(document: Document) -> Iterator[Diagnostic]:
    """One way of dividing the rows, fractions that fit in a whole, training rows in it."""
    data = document.spec.data
    split = data.split
    fractions = {"train": split.train, "validation": split.validation, "test": split.test}
    if data.path is not None and data.train is not None:
        help = "keep `path` with `split`, or `train`, `validation` and `test`"
        yield document.diagnostic("invalid-spec", "`data` has both `path` and `train`", ("data", "train"), at_key=True, help=help)
    if data.path is None and data.train is None and (data.validation or data.test):
        yield document.diagnostic("missing-option", "`data` has no training rows", ("data",), at_key=True, help="add `train: FILE`")
    if data.train is not None and "split" in document.tree.data.get("data", {}):
        message = "`split` divides one file, but `data` names a file for each part"
        yield document.diagnostic("invalid-spec", message, _SPLIT, at_key=True, help="remove `split`, or write one `path`")
    if split.column is not None:
        for option in ("train", "validation", "test", "stratify", "group", "time", "folds", "fold"):
            if option in _written(document):
                message = f"`split` is by the column `{split.column}`, so `{option}` has no meaning"
                yield document.diagnostic("invalid-spec", message, (*_SPLIT, option), at_key=True, help="keep one of them")
        return
    yield from _check_way(document)
    total = sum(fractions.values())
    if total > 1 + 1e-9 and split.folds is None:  # of folds they are a proportion
        written = " + ".join(f"{value:g}" for value in fractions.values())
        message = f"the parts of `split` sum to {total:g} ({written}), more than all rows"
        yield document.diagnostic("bad-split", message, _SPLIT, help="make train + validation + test at most 1")
    stratified = document.spec.targets.get(split.stratify or "")
    if stratified is not None and stratified.kind == "multilabel":
        message = f"`stratify` divides rows by their class, and a row of `{split.stratify}` may have several labels"
        help = "name a column of classes, or leave `stratify` out"
        yield document.diagnostic("bad-split", message, (*_SPLIT, "stratify"), help=help)
    if split.train == 0:
        yield document.diagnostic("bad-split", "`split` leaves no rows to train on", (*_SPLIT, "train"), help="e.g. `train: 0.7`")


def _check_way(document: Document) -> Iterator[Diagnostic]:
    """Do the ways of dividing go together, and is the fold one of the folds?"""
    split = document.spec.data.split
    for option in ("stratify", "group"):
        if split.time is not None and getattr(split, option) is not None:
            message = f"`time: {split.time}` puts the rows in order, so `{option}` has no meaning"
            yield document.diagnostic("invalid-spec", message, (*_SPLIT, option), at_key=True, help="keep one of them")
    if split.group is not None and split.group == split.stratify:
        message = f"`{split.group}` is both `group` and `stratify`: its rows cannot stay together and be divided"
        yield document.diagnostic("invalid-spec", message, (*_SPLIT, "group"), help="keep one of them")
    if split.fold is not None and split.fold > (split.folds or 0):
        wrong = (
            f"there is no fold {split.fold} of {split.folds}"
            if split.folds
            else "`fold` chooses one of the `folds`, of which there are none"
        )
        help = f"write a number from 1 to {split.folds}" if split.folds else "write e.g. `folds: 5`"
        yield document.diagnostic("bad-split", wrong, (*_SPLIT, "fold"), help=help)


def check_streaming(document: Document) -> Iterator[Diagnostic]:
    """What needs all rows at hand does not go with data that is read block by block."""
    data, training = document.spec.data, document.spec.training
    if not data.streaming:
        return
    for option, reason in _NEEDS_ALL_ROWS.items():
        if getattr(data.split, option) is not None:
            message = f"`{option}` needs all rows at once, which `streaming` never has: {reason[0]}"
            yield document.diagnostic("invalid-spec", message, (*_SPLIT, option), at_key=True, help=reason[1])
    if not training.sampler.goes_by_chunks:
        message = f"`sampling: {training.sampler.kind}` needs all rows at once, which `streaming` never has"
        help = "use `shuffle` or `sequential`; `class_weights` of a target make rare classes count more"
        yield document.diagnostic("invalid-spec", message, ("training", "sampling"), at_key=True, help=help)
    for option in ("path", "train", "validation", "test"):
        if Path(getattr(data, option) or "").suffix.lower() == ".npz" or (data.format == "npz" and getattr(data, option)):
            message = "an NPZ file is read whole, and `streaming` reads block by block"
            help = "write the arrays to a Parquet file, tensors as lists, or leave `streaming` out"
            yield document.diagnostic("invalid-spec", message, ("data", option), help=help)


_NEEDS_ALL_ROWS = {
    "stratify": (
        "each row is given to a part by chance",
        "leave it out: among many rows, every part has about the same share of each class",
    ),
    "time": ("it sorts them", "write each part to files of its own, or a column of parts and `column`"),
    "folds": ("each fold holds out other rows", "train once, with a test part that is large enough"),
}


def _written(document: Document) -> dict[str, object]:
    return document.tree.data.get("data", {}).get("split", {})
