"""From data files to encoded rows in files, in two passes over the data: one to learn from it, one to encode it."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from mlpspec.cache_folder import writing
from mlpspec.catalog.reading import Reading
from mlpspec.data.encode import Unseen, encode
from mlpspec.data.fit import dividing_columns, fit, missing_tokens
from mlpspec.data.sources.series import FrameTable
from mlpspec.data.split import PARTS
from mlpspec.data.streaming.blocks import BLOCK_ROWS, Block, Source
from mlpspec.data.streaming.division import divide
from mlpspec.data.streaming.recipe import FORMAT, Recipe
from mlpspec.data.streaming.sample import Sample, columns_read, sample_size
from mlpspec.data.streaming.stored import RowsWriter, StoredRows
from mlpspec.data.suspicions import suspicions
from mlpspec.diagnostics import DataError, Diagnostic, MachineError, Severity
from mlpspec.ir.fitted import Preprocessing

HEAD_ROWS = 1000
"""How many raw rows of each part are kept beside the encoded ones."""

MOST_PROBLEMS = 20
"""After so many problems reading ends."""

MANIFEST = "manifest.json"

_SECONDS = 10.0
"""How often something is said."""


@dataclass(frozen=True)
class Encoded:
    """Data that was converted: what was learnt from how many training rows, and each part's rows with the first of them as a raw table."""

    preprocessing: Preprocessing
    fitted_on: int
    parts: Mapping[str, StoredRows]
    heads: Mapping[str, FrameTable]
    warnings: tuple[Diagnostic, ...]


class Conversion:
    """The conversion of the data of one spec.

    Args:
        recipe: how rows are read.
        sources: the data of each part that has its own; or, for data that is divided, that of all under the empty name.
        say: is told now and then how far it is.
    """

    def __init__(self, recipe: Recipe, sources: Mapping[str, Source], *, say: Callable[[str], None], block_rows: int = BLOCK_ROWS):
        self.recipe, self.sources = recipe, sources
        self.readings = [entry.reading(name) for entries in (recipe.targets, recipe.inputs) for name, entry in entries.items()]
        self.reserved = dividing_columns(recipe.data.split)
        self._say, self._block_rows, self._said = say, block_rows, time.monotonic()

    def run(self, folder: Path) -> None:
        """Convert the data into a folder that is there.

        Raises:
            DataError: with what is wrong with the data, up to `MOST_PROBLEMS` findings.
            MachineError: when there is no room for the encoded rows.
        """
        counts, sample, rows = self._learn()
        recipe, tokens = self.recipe, missing_tokens(self.recipe.data)
        preprocessing = fit(recipe.inputs, recipe.targets, sample, rows, tokens=tokens, reserved=self.reserved)
        warnings = list(suspicions(preprocessing, sample, rows))
        refuse_full_disk(preprocessing, sample, counts, folder)
        parts, more = self._encode(preprocessing, folder)
        manifest = {
            "format": FORMAT,
            "preprocessing": preprocessing.to_json(),
            "fitted_on": len(rows),
            "parts": {name: part.to_json() for name, part in parts.items()},
            "warnings": [_plain(warning) for warning in (*warnings, *more)],
        }
        with writing(folder):
            (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")

    def _learn(self) -> tuple[dict[str, int], Block, np.ndarray]:
        """How many rows the parts have, as far as it is known yet; a sample, and which of its rows are training rows."""
        source = self.sources.get("train") or self.sources[""]
        columns = self._columns(source)
        problems = Problems()
        counts: dict[str, int] = dict.fromkeys(PARTS, 0)
        sample = None
        for block in self._blocks(source, "reading", columns):
            sample = sample or Sample(columns, sample_size(block.frame), self.recipe.seed)
            with problems.noted():
                parts = self._divided(block, "train")
                for part, rows in parts.items():
                    counts[part] += len(rows)
                sample.add(block, parts.get("train", np.empty(0, np.int64)))
        problems.raise_if_any()
        self._refuse_empty(source, counts)
        table = None if sample is None else sample.table()
        assert table is not None  # as there are training rows
        return counts, table, self._divided(table, "train")["train"]

    def _refuse_empty(self, source: Source, counts: Mapping[str, int]) -> None:
        total, split = sum(counts.values()), self.recipe.data.split
        if not total:
            raise DataError(f"`{source.name}` has 0 rows", code="missing-data", place=source.name, help="a data file has a header and rows")
        wanted = PARTS if "" in self.sources and split.column is None else ("train",)
        for part in wanted:
            if not counts[part] and (part == "train" or getattr(split, part)):
                message = f"the {part} part is empty: none of {total:,} rows fell to it"
                raise DataError(message, code="bad-split", place=source.name, help="bring more rows, or give it a larger share")

    def _encode(self, preprocessing: Preprocessing, folder: Path) -> tuple[dict[str, StoredRows], list[Diagnostic]]:
        problems = Problems()
        unseen = {part: Unseen(part) for part in PARTS}
        heads: dict[str, list[pl.DataFrame]] = {}
        with ExitStack() as files:
            writers: dict[str, RowsWriter] = {}
            for given, source in self.sources.items():
                for block in self._blocks(source, "encoding", self._columns(source)):
                    for part, rows in self._divided(block, given).items():
                        with problems.noted():
                            encoded = encode(preprocessing, block, rows, part=part, unseen=unseen[part])
                            if problems:
                                continue
                            if part not in writers:
                                writers[part] = files.enter_context(RowsWriter(folder / part))
                            writers[part].write(encoded, len(rows))
                            self._keep_head(heads.setdefault(part, []), block, rows)
            problems.raise_if_any()
            for part, frames in heads.items():
                with writing(folder):
                    pl.concat(frames).write_ipc(folder / part / "head.arrow")
        parts = {part: writers[part].stored() for part in PARTS if part in writers}
        return parts, [warning for part in PARTS for warning in unseen[part].warnings()]

    def _divided(self, block: Block, given: str) -> dict[str, np.ndarray]:
        """The rows of each part in a block; all of `given` where each part has its own files."""
        return divide(block, self.recipe.data.split, self.recipe.seed) if "" in self.sources else {given: np.arange(block.rows)}

    def _columns(self, source: Source) -> dict[str, Reading]:
        return columns_read(self.readings, source.columns, self.reserved)

    def _blocks(self, source: Source, doing: str, columns: Mapping[str, Reading]) -> Iterator[Block]:
        for block in source.blocks(columns, self._block_rows):
            if time.monotonic() - self._said > _SECONDS:
                self._said = time.monotonic()
                self._say(f"{doing} `{source.name}`: {block.numbers[0]:,} rows so far")
            yield block

    @staticmethod
    def _keep_head(frames: list[pl.DataFrame], block: Block, rows: np.ndarray) -> None:
        wanted = HEAD_ROWS - sum(frame.height for frame in frames)
        if wanted > 0:
            frames.append(block.frame[rows[:wanted]])


class Problems:
    """Findings of one block after another, each once."""

    def __init__(self) -> None:
        self._found: dict[Diagnostic, None] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def noted(self) -> Problems:
        """A context in which a DataError is noted, unless there are too many by then."""
        return self

    def __enter__(self) -> None:
        """See `noted`."""

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> bool:
        """See `noted`."""
        if not isinstance(error, DataError):
            return False
        self._found.update(dict.fromkeys(error.diagnostics))
        if len(self._found) >= MOST_PROBLEMS:
            shown = list(self._found)[:MOST_PROBLEMS]
            raise DataError([*shown, Diagnostic("invalid-data", "there may be more: reading ended here")]) from None
        return True

    def raise_if_any(self) -> None:
        """Raise DataError when anything was noted."""
        if self._found:
            raise DataError(self._found)


def refuse_full_disk(preprocessing: Preprocessing, table: Block, counts: Mapping[str, int], folder: Path) -> None:
    """See that there is room for the encoded rows, as far as their number is known.

    Raises:
        MachineError: when there is not.
    """
    first = encode(preprocessing, table, np.arange(1))
    row = sum(array.nbytes for arrays in (first.inputs, first.targets) for array in arrays.values())
    needed, free = row * sum(counts.values()), shutil.disk_usage(folder).free
    if needed > free:
        room = f"{free / 1e9:.1f} GB are free on the disk of {folder.parent}"
        message = f"the encoded rows need {needed / 1e9:.1f} GB, {row:,} bytes each; {room}"
        help = "make room, name another folder with MLPSPEC_CACHE, or use `encode: embedding` where categories are many"
        raise MachineError(message, code="cannot-write", help=help)


def read_converted(folder: Path) -> Encoded | None:
    """What `Conversion.run` left in a folder; None when it is not whole."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["format"] != FORMAT:
            return None
        parts = {name: StoredRows.from_json(part, folder / name) for name, part in manifest["parts"].items()}
        if not all(array.is_whole for part in parts.values() for array in part.arrays):
            return None
        preprocessing = Preprocessing.from_json(manifest["preprocessing"])
        tokens = preprocessing.missing_tokens
        heads = {name: FrameTable("", pl.read_ipc((folder / name / "head.arrow").read_bytes()), tokens) for name in parts}
        return Encoded(preprocessing, manifest["fitted_on"], parts, heads, tuple(map(_diagnostic, manifest["warnings"])))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, pl.exceptions.PolarsError):
        return None


def _plain(finding: Diagnostic) -> dict[str, Any]:
    return {name: getattr(finding, name) for name in ("code", "message", "place", "help")}


def _diagnostic(written: Mapping[str, str]) -> Diagnostic:
    return Diagnostic(written["code"], written["message"], Severity.WARNING, place=written["place"], help=written["help"])
