"""What a temperature changes, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlpspec.cli.table import figure

_FIGURES = {"log_loss": "log loss", "calibration_error": "calibration error"}


def calibrated(found: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """A line about each target; `found` is `calibration` of proof.json."""
    for target, one in found.items():
        changes = [f"{words} {figure(one[name]['before'])} to {figure(one[name]['after'])}" for name, words in _FIGURES.items()]
        if one["labels_changed"]:
            changes.append(f"{one['labels_changed']:,} labels changed")
        yield f"{target}: temperature {figure(one['temperature'])}, fitted on {one['rows']:,} validation rows: {', '.join(changes)}"
