"""The proof: the exported model against the trained pipeline, row by row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from torch import nn

from mlpspec.diagnostics import CheckError, Diagnostic
from mlpspec.exporting.blame import find_fault
from mlpspec.exporting.legal import legal_session
from mlpspec.exporting.ties import defensible
from mlpspec.exporting.tolerance import ABSOLUTE, RELATIVE
from mlpspec.exporting.trained import Answers, Rows, Trained, trained
from mlpspec.ir.fitted import Preprocessing
from mlpspec.ir.graph import Graph

BATCH_SIZES = (1, 2, 7, 257)

MOST_RUNS = 257
"""How often the model runs at each batch size, at most: small batches are slow and prove no more after some."""

_SHOWN = 6
"""How many values of a row are shown."""


@dataclass
class Proof:
    """What was compared and how far apart it was.

    `not_compared` counts the rows of both kinds to which the trained pipeline itself has no answer in float32: the model ran them, and no
    more was asked. `worst` is the largest difference of each output in units of its tolerance (at most 1 passes), `max_absolute` the
    largest on real rows in the output's own unit; `flips` counts labels that differ where the probabilities, which are within tolerance,
    allow both (a tie).
    """

    rows: int = 0
    edge_rows: int = 0
    not_compared: int = 0
    worst: dict[str, float] = field(default_factory=dict)
    max_absolute: dict[str, float] = field(default_factory=dict)
    flips: int = 0

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return {**self.__dict__, "absolute": ABSOLUTE, "relative": RELATIVE, "batch_sizes": list(BATCH_SIZES)}


def prove(model: onnx.ModelProto, module: nn.Module, graph: Graph, preprocessing: Preprocessing, real: Rows, edges: Rows) -> Proof:
    """Check the model's form, then run real and edge rows through it and the trained pipeline at several batch sizes.

    Raises:
        CheckError: when the form is wrong, any output of any row differs beyond the tolerance, or no real row can be compared.
    """
    reference = partial(trained, module, graph, preprocessing)
    explain = partial(find_fault, model, module, graph, preprocessing)
    return prove_against(model, reference, preprocessing, real, edges, explain=explain)


def prove_against(
    model: onnx.ModelProto,
    reference: Callable[[Rows], Trained],
    preprocessing: Preprocessing,
    real: Rows,
    edges: Rows,
    *,
    explain: Callable[[Rows], str],
) -> Proof:
    """Check the model's form, then compare its answers with those of a reference.

    Args:
        reference: gives the answers to raw rows, and what labels are decided by.
        preprocessing: its targets say how labels are decided.
        explain: says, for rows at which the two differ, where to look.

    Where there are fewer rows than a batch holds they are repeated, so that every size is really run.

    Raises:
        CheckError: when the form is wrong, any output of any row differs beyond the tolerance, or no real row can be compared.
    """
    session = legal_session(model)
    proof = Proof(_count(real), _count(edges))
    problems: list[Diagnostic] = []
    for kind, rows in (("row", real), ("edge row", edges)):
        expected = reference(rows)
        proof.not_compared += int(expected.unanswered.sum())
        if expected.unanswered.all() and rows is real:
            message = "the model cannot be compared with the trained pipeline, whose answers to all rows lie beyond float32"
            raise CheckError(message, code="parity", help="scale the inputs, e.g. with `scale: standardize`")
        wrong = _compare_at_all_sizes(session, rows, expected, preprocessing, proof, real=rows is real)
        if wrong and not problems:
            first = wrong[0].row
            help = explain({name: array[first : first + 1] for name, array in rows.items()})
        problems += [
            Diagnostic("parity", f"{one.message} ({kind} {one.row + 1}: {_shown(preprocessing, rows, one.row)})", help=help)
            for one in wrong
        ]
    if problems:
        raise CheckError(problems)
    return proof


@dataclass(frozen=True)
class _Wrong:
    """What is wrong with an output, and the row where it is worst."""

    message: str
    row: int


def _compare_at_all_sizes(
    session: ort.InferenceSession, rows: Rows, expected: Trained, preprocessing: Preprocessing, proof: Proof, *, real: bool
) -> list[_Wrong]:
    """What is wrong, for each output at the first batch size at which something is."""
    names = [output.name for output in session.get_outputs()]
    found_wrong: dict[str, _Wrong] = {}
    for size in BATCH_SIZES:
        numbers = row_numbers(_count(rows), size)
        found = in_batches(session, names, {name: array[numbers] for name, array in rows.items()}, size)
        wanted = expected.at(numbers)
        for name in names:
            wrong = _compare(name, found[name], wanted, preprocessing, proof, real=real)
            if wrong is not None and name not in found_wrong:
                found_wrong[name] = _Wrong(f"{wrong.message} at batch size {size}", int(numbers[wrong.row]))
    return list(found_wrong.values())


def row_numbers(count: int, size: int) -> np.ndarray:
    """Which of `count` rows are run in batches of `size`: all, and again from the first where they do not fill one; of many, some.

    >>> row_numbers(3, 7).tolist(), len(row_numbers(10_000, 2))
    ([0, 1, 2, 0, 1, 2, 0], 514)
    """
    if count > size * MOST_RUNS:
        return np.linspace(0, count - 1, size * MOST_RUNS).astype(np.int64)
    return np.arange(max(count, size)) % count


def in_batches(session: ort.InferenceSession, names: Sequence[str], rows: Rows, size: int) -> Answers:
    """The outputs `names` for raw rows that go through the model in batches of `size`.

    Raises:
        CheckError: when the model does not run.
    """
    pieces: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for start in range(0, _count(rows), size):
        batch = {name: array[start : start + size] for name, array in rows.items()}
        try:
            values = session.run(names, batch)
        except Exception as error:  # onnxruntime raises many kinds
            raise CheckError(f"the exported model does not run on {_count(batch)} rows: {error}", code="parity") from error
        for name, value in zip(names, values, strict=True):
            pieces[name].append(np.asarray(value))
    return {name: np.concatenate(parts) for name, parts in pieces.items()}


def _compare(name: str, found: np.ndarray, expected: Trained, preprocessing: Preprocessing, proof: Proof, *, real: bool) -> _Wrong | None:
    """What is wrong with an output; None when it is within tolerance."""
    wanted = expected.answers[name]
    if found.shape != wanted.shape:
        return _Wrong(f"`{name}` has the shape {found.shape}, the trained pipeline gives {wanted.shape}", 0)
    if found.dtype.kind != "f":
        different = found.astype(object) != wanted.astype(object)
        tied = defensible(preprocessing.targets[name].decode, expected.answers, expected.allowed, found)
        compared = (~expected.unanswered).reshape(-1, *(1 for _ in found.shape[1:]))
        proof.flips += int((different & tied & compared).sum())
        wrong = different & ~tied
        return _Wrong(f"`{name}` has {int(wrong.sum())} wrong labels", _first_row(wrong)) if wrong.any() else None
    compared = np.isfinite(expected.allowed[name])
    with np.errstate(invalid="ignore"):
        distance = np.where(compared, np.abs(found.astype(np.float64) - wanted), 0.0)
    units = np.nan_to_num(distance / expected.allowed[name], nan=np.inf)
    worst = float(np.max(units, initial=0.0))
    proof.worst[name] = max(proof.worst.get(name, 0.0), worst)
    if real:
        proof.max_absolute[name] = max(proof.max_absolute.get(name, 0.0), float(np.max(np.nan_to_num(distance), initial=0.0)))
    return _Wrong(f"`{name}` differs by {worst:.3g} times the tolerance", _first_row(units == worst)) if worst > 1 else None


def _first_row(marked: np.ndarray) -> int:
    return int(np.argmax(marked.reshape(len(marked), -1).any(axis=1)))


def _shown(preprocessing: Preprocessing, rows: Rows, number: int) -> str:
    """The first values of a row by column: `length = 1.5, colour = 'red', ...`."""
    values: list[tuple[str, Any]] = []
    for name, item in preprocessing.inputs.items():
        row = rows[name][number].ravel()[: _SHOWN + 1].tolist()
        values += zip(item.columns if item.shape is None else item.columns * len(row), row, strict=False)
    shown = [f"{name} = {value:g}" if isinstance(value, float) else f"{name} = {str(value)[:20]!r}" for name, value in values[:_SHOWN]]
    return ", ".join(shown) + (", ..." if len(values) > _SHOWN else "")


def _count(rows: Mapping[str, np.ndarray]) -> int:
    return len(next(iter(rows.values())))
