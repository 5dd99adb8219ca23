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

import json
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mlpspec.atomic import write_atomically
from mlpspec.diagnostics import MachineError, ModelFileError, UsageError
from mlpspec.ir.fitted import Preprocessing

RUNS = Path("runs")


class RunFolder:
    """One run on disk."""

    def __init__(self, path: Path):
        self.path = path

    @classmethod
    def create(cls, name: str, root: Path = RUNS) -> RunFolder:
        """A new folder, its name never taken, and `latest` pointing at it.

        Raises:
            MachineError: when the folder cannot be made or written to.
        """
        while True:
            path = root / name / f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
            try:
                (path / "checkpoints").mkdir(parents=True, exist_ok=False)
            except FileExistsError as error:
                if Path(error.filename or path).is_dir():
                    continue
                raise _cannot_write(path, error) from error
            except OSError as error:
                raise _cannot_write(path, error) from error
            _point(root / name / "latest", path.name)
            return cls(path)

    @classmethod
    def open(cls, path: str | Path | None = None, root: Path = RUNS) -> RunFolder:
        """An existing run; without a path the newest one.

        Raises:
            UsageError: when there is none.
            ModelFileError: when the folder is not a run.
        """
        if path is None:
            runs = sorted(root.glob("*/*/run.json"), key=lambda file: file.parent.name)
            runs = [run for run in runs if run.parent.name != "latest"]
            if not runs:
                raise UsageError(f"there is no run in {root}/", help="train one first: `mlpspec train SPEC`")
            return cls(runs[-1].parent)
        folder = Path(path)
        if not folder.exists():
            raise UsageError(f"there is no run folder {folder}", help="`mlpspec train` prints the folder at its end")
        if not (folder / "run.json").is_file():
            raise ModelFileError(f"{folder} is not a run folder: it has no run.json", code="invalid-run", help="name a folder below runs/")
        return cls(folder.resolve() if folder.name == "latest" else folder)

    def write_text(self, name: str, text: str) -> None:
        """Write a text file, whole or not at all."""
        with write_atomically(self.path / name) as file:
            file.write(text.encode())

    def write_json(self, name: str, data: Mapping[str, Any]) -> None:
        """Write a JSON file, whole or not at all."""
        self.write_text(name, json.dumps(data, indent=2, ensure_ascii=False) + "\n")

    def append_metrics(self, record: Mapping[str, Any]) -> None:
        """Add a line to metrics.jsonl."""
        with (self.path / "metrics.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def keep_metrics(self, epochs: int) -> None:
        """Forget the lines of metrics.jsonl after so many epochs."""
        records = [record for record in self.metrics() if record["epoch"] <= epochs] if (self.path / "metrics.jsonl").exists() else []
        self.write_text("metrics.jsonl", "".join(json.dumps(record) + "\n" for record in records))

    def write_proof_rows(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Keep raw input rows for the export's proof; texts as fixed-width unicode, so that nothing is pickled."""
        plain: dict[str, Any] = {f"input {n}": a.astype("U") if a.dtype == object else a for n, a in arrays.items()}
        with write_atomically(self.path / "proof_rows.npz") as file:
            np.savez_compressed(file, **plain)

    def proof_rows(self) -> dict[str, np.ndarray]:
        """The rows of `write_proof_rows`, texts as objects again."""
        try:
            with np.load(self.path / "proof_rows.npz", allow_pickle=False) as file:
                stored = {name.removeprefix("input "): file[name] for name in file.files}
            return {name: array.astype(object) if array.dtype.kind == "U" else array for name, array in stored.items()}
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise self._damaged("proof_rows.npz", str(error)) from error

    def info(self) -> dict[str, Any]:
        """run.json."""
        return self._json("run.json")

    def preprocessing(self) -> Preprocessing:
        """What was learnt from the training rows."""
        try:
            return Preprocessing.from_json(self._json("preprocessing.json"))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._damaged("preprocessing.json", f"{type(error).__name__}: {error}") from error

    def metrics(self) -> list[dict[str, Any]]:
        """The lines of metrics.jsonl."""
        try:
            lines = (self.path / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
            return [json.loads(line) for line in lines]
        except (OSError, ValueError) as error:
            raise self._damaged("metrics.jsonl", str(error)) from error

    def _json(self, name: str) -> dict[str, Any]:
        try:
            data = json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise self._damaged(name, str(error)) from error
        if not isinstance(data, dict):
            raise self._damaged(name, "it is not a JSON object")
        return data

    def _damaged(self, name: str, why: str) -> ModelFileError:
        return ModelFileError(f"{name} of the run cannot be read: {why}", code="invalid-run", place=str(self.path / name))


def _cannot_write(path: Path, error: OSError) -> MachineError:
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
