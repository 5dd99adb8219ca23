"""Where files are kept that only save time: they can be deleted whenever no run is under way."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from pathlib import Path

from mlpspec.atomic import explained


def cache_folder() -> Path:
    """`MLPSPEC_CACHE` where that is set; else `mlpspec` in the user's cache folder (`XDG_CACHE_HOME`, else `~/.cache`)."""
    own = os.environ.get("MLPSPEC_CACHE")
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mlpspec"


def writing(path: Path) -> AbstractContextManager[None]:
    """Within it, an OSError becomes the MachineError that says why `path`, somewhere in the cache folder, cannot be written."""
    return explained(path, hint="MLPSPEC_CACHE names another folder for what is cached")
