"""The proof: the exported model against the trained pipeline, row by row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import torch
from torch import nn

from mlpspec.data.operators import run_program
from mlpspec.diagnostics import CheckError, Diagnostic
from mlpspec.exporting.blame import first_wrong_layer
from mlpspec.exporting.ties import defensible, with_grounds
from mlpspec.exporting.tolerance import ABSOLUTE, RELATIVE
from mlpspec.ir.fitted import Preprocessing
from mlpspec.ir.graph import Graph

BATCH_SIZES = (1, 2, 7, 257)


@dataclass
class Proof:
    """What was compared and how far apart it was.

    `worst` is the largest difference of each output in units of its tolerance (at most 1 passes); `flips` counts labels
    that differ where the probabilities, which are within tolerance, allow both (a tie).
    """

    rows: int = 0
    edge_rows: int = 0
    worst: dict[str, float] = field(default_factory=dict)
    max_absolute: dict[str, float] = field(default_factory=dict)
    flips: int = 0

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        return {**self.__dict__, "absolute": ABSOLUTE, "relative": RELATIVE, "batch_sizes": list(BATCH_SIZES)}


Rows = Mapping[str, np.ndarray]
"""Raw rows, as the model takes them."""


def prove(model: onnx.ModelProto, module: nn.Module, graph: Graph, preprocessing: Preprocessing, real: Rows, edges: Rows) -> Proof:
    """Check the model's form, then run real and edge rows through it and the trained pipeline at several batch sizes.

    Raises:
        CheckError: when the form is wrong, or any output of any row differs beyond the tolerance.
    """

    def explain(rows: Rows) -> str:
        culprit = first_wrong_layer(model, module, rows, partial(trained_answers, module, graph, preprocessing, rows))
        if culprit:
            return f"the first layer that differs is `{culprit}`: it, or what it reads, is at fault"
        return "the layers agree; the fault is in front of or behind them"

    return prove_against(model, partial(trained_answers, module, graph, preprocessing), preprocessing, real, edges, explain=explain)


def prove_against(
    model: onnx.ModelProto,
    reference: Callable[[Rows], dict[str, np.ndarray]],
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

    Raises:
        CheckError: when the form is wrong, or any output of any row differs beyond the tolerance.
    """
    session = legal_session(model)
    names = [output.name for output in session.get_outputs()]
    proof = Proof(_count(real), _count(edges))
    problems: list[Diagnostic] = []
    help = ""
    for rows in (real, edges):
        expected = reference(rows)
        for size in BATCH_SIZES:
            found = in_batches(session, names, rows, size)
            for name in names:
                message = _compare(name, found[name], expected, preprocessing, proof)
                if message:
                    kind = "edge row" if rows is edges else "row"
                    problems.append(
                        Diagnostic("parity", f"{message} at batch size {size} ({kind} {_worst_row(found[name], expected[name]) + 1})")
                    )
        help = help or (explain(rows) if problems else "")
    if problems:
        raise CheckError(replace(problem, help=help) for problem in problems[:8])
    return proof


def trained_answers(module: nn.Module, graph: Graph, preprocessing: Preprocessing, rows: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What the trained pipeline answers for raw rows: NumPy preprocessing, the torch module in inference mode, NumPy decoding."""
    encoded = {
        name: run_program(item.program, {item.program.inputs[0]: rows[name]})[item.program.outputs[0]]
        for name, item in preprocessing.inputs.items()
    }
    was_training = module.training
    module.eval()
    device = next(module.parameters()).device
    with torch.inference_mode():
        outputs = module(*(torch.from_numpy(np.ascontiguousarray(encoded[value.name])).to(device) for value in graph.inputs))
    module.train(was_training)
    answers: dict[str, np.ndarray] = {}
    for target, output in outputs.items():
        decode = with_grounds(preprocessing.targets[target].decode)
        answers.update(run_program(decode, {decode.inputs[0]: output.cpu().numpy()}))
    return answers


def legal_session(model: onnx.ModelProto) -> ort.InferenceSession:
    """A session on the CPU, once the model's form is checked.

    Raises:
        CheckError: when the model is not legal ONNX, or ONNX Runtime does not take it.
    """
    try:
        onnx.checker.check_model(model, full_check=True)
        options = ort.SessionOptions()
        options.log_severity_level = 3
        return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnx and onnxruntime raise many kinds, each of which means the same here
        raise CheckError(f"the exported model is not legal ONNX: {error}", code="parity") from error


def in_batches(session: ort.InferenceSession, names: list[str], rows: Mapping[str, np.ndarray], size: int) -> dict[str, np.ndarray]:
    """The outputs `names` for raw rows that go through the model in batches of `size`; of single rows, the first 257.

    Raises:
        CheckError: when the model does not run.
    """
    total = _count(rows)
    if size == 1:
        total = min(total, 257)  # single rows are slow and prove no more after some
    pieces: dict[str, list[np.ndarray]] = {name: [] for name in names}
    for start in range(0, total, size):
        batch = {name: array[start : min(start + size, total)] for name, array in rows.items()}
        try:
            values = session.run(names, batch)
        except Exception as error:  # onnxruntime raises many kinds
            raise CheckError(f"the exported model does not run on {size} rows: {error}", code="parity") from error
        for name, value in zip(names, values, strict=True):
            pieces[name].append(np.asarray(value))
    return {name: np.concatenate(parts) for name, parts in pieces.items()}


def _compare(name: str, found: np.ndarray, answers: Mapping[str, np.ndarray], preprocessing: Preprocessing, proof: Proof) -> str:
    """What is wrong with an output, as a sentence; empty when it is within tolerance."""
    expected = answers[name][: len(found)]
    if found.shape != expected.shape:
        return f"`{name}` has the shape {found.shape}, the trained pipeline gives {expected.shape}"
    if found.dtype.kind != "f":
        different = found.astype(object) != expected.astype(object)
        grounds = {value: array[: len(found)] for value, array in answers.items()}
        tied = defensible(preprocessing.targets[name].decode, grounds, found)
        proof.flips += int((different & tied).sum())
        wrong = int((different & ~tied).sum())
        return f"`{name}` has {wrong} wrong labels" if wrong else ""
    distance = np.abs(found.astype(np.float64) - expected.astype(np.float64))
    same = (found == expected) | (np.isnan(found) & np.isnan(expected))
    units = np.where(same, 0.0, distance / (ABSOLUTE + RELATIVE * np.abs(expected)))
    worst = float(np.max(np.nan_to_num(units, nan=np.inf), initial=0.0))
    proof.worst[name] = max(proof.worst.get(name, 0.0), worst)
    proof.max_absolute[name] = max(proof.max_absolute.get(name, 0.0), float(np.max(np.where(same, 0.0, distance), initial=0.0)))
    return f"`{name}` differs by {worst:.3g} times the tolerance" if worst > 1 else ""


def _worst_row(found: np.ndarray, expected: np.ndarray) -> int:
    expected = expected[: len(found)]
    if found.shape != expected.shape:
        return 0
    if found.dtype.kind not in "f":
        return int(np.argmax((found.astype(object) != expected.astype(object)).reshape(len(found), -1).any(axis=1)))
    distance = np.abs(found.astype(np.float64) - expected).reshape(len(found), -1).max(axis=1)
    return int(np.argmax(np.nan_to_num(distance, nan=np.inf)))


def _count(rows: Mapping[str, np.ndarray]) -> int:
    return len(next(iter(rows.values())))
