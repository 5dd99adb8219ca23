"""What was found out by trying, kept so that later runs on the same machine decide alike and give the same bits."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Mapping
from pathlib import Path

import torch

from mlpspec.atomic import write_atomically
from mlpspec.cache_folder import cache_folder
from mlpspec.diagnostics import MachineError


def cache_file() -> Path:
    """`step.json` in the cache folder."""
    return cache_folder() / "step.json"


def machine() -> str:
    """What the decisions depend on beside their own key: processor, torch, number of threads."""
    return f"{_processor()}, torch {torch.__version__}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    wanted = ("model name", "cpu family", "model\t")
    found = dict.fromkeys(line.split(":", 1)[1].strip() for line in lines if line.startswith(wanted) and ":" in line)
    return " ".join(found) or platform.machine()


THREADS, BLOCK = "threads", "steps in a block of "
"""The key of the number of threads, and how those of blocks' lengths begin."""


class Decisions:
    """Decisions by key: first those given (a resumed run's), then those of the cache file, then a trial.

    `threads` is the number of threads that was given, else the one proposed. `used` is what this step decided or took over, as JSON data: a
    run folder keeps it, and a resumed run gives it back.

    Where several processes share a step one `decides`, and the others are given what it decided. Of a key that is not among that, as where
    their share of a batch is a row more, they do what it usually does. So all follow from what one run folder keeps.
    """

    def __init__(self, given: Mapping[str, str] | None = None, threads: int = 1, *, decides: bool = True):
        self.given, self.decides = dict(given or {}), decides
        self.used: dict[str, str] = {}
        self.threads = self.number(THREADS, threads)
        self._place = f"{machine()}, {self.threads} threads"

    def number(self, key: str, proposed: int) -> int:
        """A number that needs no trial: the one that was given, else the one proposed."""
        self.used[key] = self.given.get(key, str(proposed))
        return int(self.used[key])

    def get(self, key: str, trial: Callable[[], str], otherwise: str) -> str:
        """The decision of `key`; `trial` makes it where none is known, and the cache file keeps it.

        A process that does not decide has no trials: it does what was decided most often, or `otherwise`.
        """
        if key not in self.used:
            known = self.given.get(key) or (self._cached().get(key) if self.decides else self.usual(otherwise))
            self.used[key] = known or trial()
            if known is None:
                self._keep(key)
        return self.used[key]

    def usual(self, otherwise: str) -> str:
        """What was decided most often so far, what was given counting too."""
        made = [value for key, value in {**self.given, **self.used}.items() if not key.startswith((THREADS, BLOCK))]
        return max(dict.fromkeys(made), key=made.count) if made else otherwise

    def _cached(self) -> dict[str, str]:
        return _read().get(self._place, {})

    def _keep(self, key: str) -> None:
        everything = _read()
        everything.setdefault(self._place, {})[key] = self.used[key]
        try:
            cache_file().parent.mkdir(parents=True, exist_ok=True)
            with write_atomically(cache_file()) as file:
                file.write(json.dumps(everything, indent=1).encode())
        except (OSError, MachineError):
            return  # a read-only home: the next run tries again


def _read() -> dict[str, dict[str, str]]:
    """The cache file's content; empty when it is missing or not what it should be."""
    try:
        content = json.loads(cache_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict) or not all(isinstance(part, dict) for part in content.values()):
        return {}
    return content
