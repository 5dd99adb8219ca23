"""Where files are kept that only save time: they can be deleted whenever no run is under way."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """`MLPSPEC_CACHE` where that is set; else `mlpspec` in the user's cache folder (`XDG_CACHE_HOME`, else `~/.cache`)."""
    own = os.environ.get("MLPSPEC_CACHE")
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mlpspec"
