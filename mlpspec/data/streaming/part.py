"""A part of the data whose rows are in files."""

from __future__ import annotations

from dataclasses import dataclass

from mlpspec.data.dataset import Part
from mlpspec.data.streaming.stored import StoredRows


@dataclass(frozen=True)
class StoredPart(Part):
    """Encoded rows in files. `inputs` and `targets` are read when they are looked at; `table` holds the first rows only, raw.

    `stored` reads stretches of rows into memory that is there.
    """

    stored: StoredRows
