"""What training reads: encoded parts, and what was learnt to encode them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mlpspec.data.table import Table
from mlpspec.diagnostics import Diagnostic
from mlpspec.ir.fitted import Preprocessing


@dataclass(frozen=True)
class Part:
    """Encoded rows: `inputs` and `targets` by name, their first axis the rows; `index` are the rows' numbers in `table`."""

    rows: int
    inputs: Mapping[str, np.ndarray]
    targets: Mapping[str, np.ndarray]
    table: Table
    index: np.ndarray


@dataclass(frozen=True)
class Dataset:
    """Everything training needs: what was learnt from the training rows, and the parts (`train`, `validation`, `test`) that have rows.

    `hashes` are the SHA-256 of the data files, by path as the spec writes it; `warnings` what looks wrong and stopped nothing; `drawn_by`
    what the sampler goes by, a number for each training row, None where it needs nothing. `fitted_on` is the number of training rows that
    preprocessing was learnt from, where those were not all.
    """

    preprocessing: Preprocessing
    parts: Mapping[str, Part]
    hashes: Mapping[str, str]
    warnings: tuple[Diagnostic, ...]
    drawn_by: np.ndarray | None = None
    fitted_on: int | None = None
