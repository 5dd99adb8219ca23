"""The folder of one training run: what is in it, made and read here only.

runs/<name>/<YYYYMMDD-HHMMSS>-<6 hex>/
    spec.yaml              as given
    spec.resolved.yaml     overrides and variables applied, every default written out
    run.json               versions, device, threads, seed, hashes, status, figures
    metrics.jsonl          a line an epoch
    preprocessing.json     what was learnt from the training rows
    proof_rows.npz         raw validation rows that the export is proved on
    checkpoints/           see checkpoints.py
    report.html            curves and tables
runs/<name>/latest         points at the newest run
"""

from __future__ import annotations

import hashlib
import io
import json
import secrets
import shutil
import time
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from mlpspec.atomic import write_atomically
from mlpspec.diagnostics import MachineError, ModelFileError, UsageError
from mlpspec.ir.fitted import Preprocessing
from mlpspec.training.dry_run import RAW_DTYPES, try_programs

RUNS = Path("runs")

FORMAT = 1
"""The format of run.json; it grows when an older mlpspec could no longer read a run."""

CHECKPOINTS = "checkpoints"

SEALED = ("spec.resolved.yaml", "preprocessing.json", "proof_rows.npz")
"""Files that say what the weights mean. They never change after the start of a run; run.json has their hashes."""


class RunFolder:
    """One run on disk."""

    def __init__(self, path: Path):
        self.path = path

    @classmethod
    def create(cls, name: str, root: Path = RUNS, *, holding: str = CHECKPOINTS) -> RunFolder:
        """A new folder with the folder `holding` in it, its name never taken, and `latest` pointing at it.

        Raises:
            MachineError: when the folder cannot be made or written to.
        """
        while True:
            path = root / name / f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
            try:
                (path / holding).mkdir(parents=True, exist_ok=False)
                _point(root / name / "latest", path.name)
            except FileExistsError as error:
                if Path(error.filename or path).is_dir():
                    continue
                raise _cannot_make(path, error) from error
            except OSError as error:
                raise _cannot_make(path, error) from error
            return cls(path)

    @classmethod
    def create_at(cls, path: Path) -> RunFolder:
        """A new folder at a place that the caller chooses, such as that of a fold; what lies there is removed.

        Raises:
            MachineError: when the folder cannot be made or written to.
        """
        try:
            if path.exists():
                shutil.rmtree(path)
            (path / CHECKPOINTS).mkdir(parents=True)
        except OSError as error:
            raise _cannot_make(path, error) from error
        return cls(path)

    @classmethod
    def open(cls, path: str | Path | None = None, root: Path = RUNS) -> RunFolder:
        """An existing run; without a path the newest one.

        Raises:
            UsageError: when there is none.
            ModelFileError: when the folder is not a run.
        """
        if path is None:
            runs = [file.parent for file in root.glob("*/*/run.json") if file.parent.name != "latest"]
            if not runs:
                raise UsageError(f"there is no run in {root}/", help="train one first: `mlpspec train SPEC`")
            return cls(max(runs, key=_begun))
        folder = Path(path)
        if not folder.exists():
            raise UsageError(f"there is no run folder {folder}", help="`mlpspec train` prints the folder at its end")
        if folder.name == "latest":
            folder = _pointed(folder)
        if not (folder / "run.json").is_file():
            raise ModelFileError(f"{folder} is not a run folder: it has no run.json", code="invalid-run", help="name a folder below runs/")
        return cls(folder)

    def write_text(self, name: str, text: str) -> None:
        """Write a text file, whole or not at all."""
        with write_atomically(self.path / name) as file:
            file.write(text.encode())

    def write_json(self, name: str, data: Mapping[str, Any]) -> None:
        """Write a JSON file, whole or not at all."""
        self.write_text(name, json.dumps(data, indent=2, ensure_ascii=False) + "\n")

    def append_metrics(self, record: Mapping[str, Any]) -> None:
        """Add a line to metrics.jsonl.

        Raises:
            MachineError: when the disk is full or the file cannot be written.
        """
        path = self.path / "metrics.jsonl"
        try:
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
        except OSError as error:
            message = f"cannot write {path}: {error.strerror or error}"
            raise MachineError(message, code="cannot-write", help="make room, or choose another place with --runs FOLDER") from error

    def keep_metrics(self, epochs: int) -> None:
        """Forget the lines of metrics.jsonl after so many epochs."""
        records = [record for record in self.metrics() if record["epoch"] <= epochs] if (self.path / "metrics.jsonl").exists() else []
        self.write_text("metrics.jsonl", "".join(json.dumps(record) + "\n" for record in records))

    def write_proof_rows(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Keep raw input rows for the export's proof; texts as fixed-width unicode, so that nothing is pickled."""
        plain: dict[str, Any] = {f"input {n}": a.astype("U") if a.dtype == object else a for n, a in arrays.items()}
        with write_atomically(self.path / "proof_rows.npz") as file:
            np.savez(file, **plain)

    def proof_rows(self) -> dict[str, np.ndarray]:
        """The rows of `write_proof_rows`, texts as objects again."""
        name = "proof_rows.npz"
        with self.readable(name):
            with np.load(io.BytesIO(self._sealed(name)), allow_pickle=False) as file:
                stored = {key.removeprefix("input "): file[key] for key in file.files}
            rows = {key: array.astype(object) if array.dtype.kind == "U" else array for key, array in stored.items()}
            _check_rows(rows, self.preprocessing())
        return rows

    def seals(self) -> dict[str, str]:
        """The SHA-256 of each of the `SEALED` files, for run.json."""
        return {name: hashlib.sha256((self.path / name).read_bytes()).hexdigest() for name in SEALED if (self.path / name).is_file()}

    def owner(self) -> str:
        """What checkpoints of this run carry, so that another run's are not taken for its own: the hash of its preprocessing."""
        with self.readable("preprocessing.json"):
            return hashlib.sha256((self.path / "preprocessing.json").read_bytes()).hexdigest()

    def info(self) -> dict[str, Any]:
        """run.json.

        Raises:
            ModelFileError: when it cannot be read, or another version of mlpspec has written it in another format.
        """
        data = self._json("run.json")
        if data.get("format") != FORMAT:
            made = data.get("versions")
            maker = made.get("mlpspec", "another version") if isinstance(made, dict) else "another version"
            message = f"the run was made by mlpspec {maker}, in a format ({data.get('format')}) that this version does not read"
            raise ModelFileError(message, code="invalid-run", place=str(self.path), help=f"use mlpspec {maker}, or train again")
        return data

    def resolved_spec(self) -> str:
        """The text of spec.resolved.yaml."""
        with self.readable("spec.resolved.yaml"):
            return self._sealed("spec.resolved.yaml").decode()

    def preprocessing(self) -> Preprocessing:
        """What was learnt from the training rows."""
        with self.readable("preprocessing.json"):
            preprocessing = Preprocessing.from_json(json.loads(self._sealed("preprocessing.json")))
            try_programs(preprocessing)
        return preprocessing

    def metrics(self) -> list[dict[str, Any]]:
        """The lines of metrics.jsonl; a last line that was cut short when a run was killed is left out."""
        with self.readable("metrics.jsonl"):
            text = (self.path / "metrics.jsonl").read_text(encoding="utf-8")
            return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]

    def _json(self, name: str) -> dict[str, Any]:
        with self.readable(name):
            data = json.loads((self.path / name).read_text(encoding="utf-8"))
            if not isinstance(data, dict):
                raise TypeError("it is not a JSON object")
        return data

    def _sealed(self, name: str) -> bytes:
        """The content of a file that must be what it was at the start of the run."""
        data = (self.path / name).read_bytes()
        seals = self.info().get("files")
        expected = seals.get(name) if isinstance(seals, dict) else None
        if expected is not None and hashlib.sha256(data).hexdigest() != expected:
            raise ValueError("it was changed or damaged after the run began; restore the file, or train again")
        return data

    @contextmanager
    def readable(self, name: str) -> Iterator[None]:
        """Turn what can go wrong while a damaged file is read into the ModelFileError that names it."""
        try:
            yield
        except _DAMAGE as error:
            why = str(error) if isinstance(error, OSError | ValueError) else f"{type(error).__name__}: {error}"
            raise ModelFileError(f"{name} of the run cannot be read: {why}", code="invalid-run", place=str(self.path / name)) from error


_DAMAGE = (
    *(OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, EOFError, RecursionError, MemoryError, NotImplementedError),
    *(zipfile.BadZipFile, zlib.error),
)


def _check_rows(rows: Mapping[str, np.ndarray], preprocessing: Preprocessing) -> None:
    """The rows are what the inputs take: all of them, of their type and shape, as many of each."""
    if rows.keys() != preprocessing.inputs.keys():
        raise ValueError(f"it has the inputs {sorted(rows)}, not {sorted(preprocessing.inputs)}")
    for name, item in preprocessing.inputs.items():
        shape = item.shape if item.shape is not None else (len(item.columns),)
        if rows[name].shape[1:] != shape or rows[name].dtype != RAW_DTYPES[item.type]:
            raise ValueError(f"its rows of `{name}` are {rows[name].dtype} {rows[name].shape}, not {item.type} (rows, {shape})")
    counts = {len(array) for array in rows.values()}
    if len(counts) != 1 or 0 in counts:
        raise ValueError(f"its inputs have {sorted(counts)} rows")


def _begun(run: Path) -> tuple[str, int]:
    """Sorts runs by their start: the second in the folder's name, then when the first file was written."""
    first = run / "spec.yaml"
    return run.name[:15], first.stat().st_mtime_ns if first.exists() else 0


def _pointed(latest: Path) -> Path:
    """The folder that `latest` leads to, as a link or as a text file."""
    if not latest.is_file():
        return latest.resolve()
    try:
        return latest.parent / Path(latest.read_text(encoding="utf-8").strip()).name
    except (OSError, UnicodeDecodeError) as error:
        raise ModelFileError(f"{latest} does not name a run", code="invalid-run", place=str(latest)) from error


def _cannot_make(path: Path, error: OSError) -> MachineError:
    reason = error.strerror or str(error)
    return MachineError(
        f"the run folder {path} cannot be made: {reason}", code="cannot-write", help="choose another place with --runs FOLDER"
    )


def _point(link: Path, target: str) -> None:
    """Make `link` a symbolic link to `target`, or a text file with the name where links are not to be had."""
    temporary = link.with_name(f".latest-{secrets.token_hex(3)}")
    try:
        temporary.symlink_to(target)
    except OSError:
        temporary.write_text(target + "\n", encoding="utf-8")
    temporary.replace(link)
