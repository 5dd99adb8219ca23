"""What a data file is, by its suffix."""

from __future__ import annotations

from typing import Literal

Format = Literal["csv", "parquet", "arrow", "npz"]

SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".npz": "npz",
}
"""Suffixes in lower case."""


def usual_separator(suffix: str) -> str:
    r"""What stands between the cells of a CSV file that nobody has said more about.

    >>> usual_separator(".TSV")
    '\t'
    """
    return "\t" if suffix.lower() == ".tsv" else ","
