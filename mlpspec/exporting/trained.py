"""The trained pipeline as the reference of the proof: its answers, and how exact they are themselves."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from mlpspec.data.operators import run_program
from mlpspec.exporting.named_layers import with_named_layers
from mlpspec.exporting.ties import with_grounds
from mlpspec.exporting.tolerance import ABSOLUTE, RELATIVE
from mlpspec.ir.fitted import Preprocessing
from mlpspec.ir.graph import Graph

LAST_BIT = 2.0**-24
"""By which share rounding to float32 changes a number, at most."""

JITTERS = 2
ROUNDING_FACTOR = 4.0
"""How much farther than the trained pipeline's own answer an exact calculation may take another one's: both round, in another order."""

HUGE = 1e30
"""A row with larger numbers inside the network may or may not overflow in float32, as the order of a sum has it."""

LOST = 100.0
"""When rounding moves an answer by this many tolerances, float32 has none to compare with."""

Rows = Mapping[str, np.ndarray]
Answers = dict[str, np.ndarray]


@dataclass(frozen=True)
class Trained:
    """What the trained pipeline answers for rows, and for each number how far another calculation of it may be off.

    Both also hold what labels are decided by. `allowed` is infinite where float32 has no answer: it, or a more exact one, is not finite,
    rounding moves it by more than `LOST` tolerances, or it comes of numbers beyond `HUGE`.
    """

    answers: Answers
    allowed: Answers

    @property
    def unanswered(self) -> np.ndarray:
        """For each row, whether there is an output of which float32 has nothing to compare: bool (rows,)."""
        lost = [np.isinf(allowed).reshape(len(allowed), -1).all(axis=1) for allowed in self.allowed.values()]
        return np.logical_or.reduce(lost)

    def at(self, rows: np.ndarray) -> Trained:
        """The same for the rows of these numbers."""
        answers, allowed = ({name: array[rows] for name, array in arrays.items()} for arrays in (self.answers, self.allowed))
        return Trained(answers, allowed)


def trained(module: nn.Module, graph: Graph, preprocessing: Preprocessing, rows: Rows) -> Trained:
    """The answers of `trained_answers`, and the tolerance of each number: `ABSOLUTE` + `RELATIVE` times the number, and two additions.

    1. An answer in a unit of its own, such as a price, may be off by what a difference of `ABSOLUTE` of the network's output means there.
    2. The rows are calculated again in float64, and with weights that differ in their last bit. Where that moves an answer (huge numbers
       that all but cancel), another order of calculation may as well.
    """
    encoded = encode(preprocessing, rows)
    outputs = _forward(module, graph, encoded)
    answers = _decode(preprocessing, outputs)
    allowed = {name: ABSOLUTE + RELATIVE * np.abs(array.astype(np.float64)) for name, array in answers.items() if array.dtype.kind == "f"}
    shifted = [{name: output + np.float32(shift) for name, output in outputs.items()} for shift in (ABSOLUTE, -ABSOLUTE)]
    units = _farthest(answers, [_decode(preprocessing, output) for output in shifted])
    for target in (target for target in preprocessing.targets.values() if target.classes is None):
        for name in (answer.name for answer in target.answers if answer.type == "float32"):
            allowed[name] = allowed[name] + units[name]
    precise = copy.deepcopy(module).double()
    others = [precise, *(_jittered(precise, seed) for seed in range(JITTERS))]
    rounding = _farthest(answers, [_decode(preprocessing, _forward(other, graph, encoded)) for other in others])
    huge = ~(_peaks(precise, graph, encoded) <= HUGE)
    with np.errstate(invalid="ignore"):
        for name, base in allowed.items():
            lost = ~(rounding[name] <= LOST * base)
            allowed[name] = np.where(lost, np.inf, base + ROUNDING_FACTOR * rounding[name])
            allowed[name][huge] = np.inf
    return Trained(answers, allowed)


def trained_answers(module: nn.Module, graph: Graph, preprocessing: Preprocessing, rows: Rows) -> Answers:
    """What the trained pipeline answers for raw rows: NumPy preprocessing, the torch module in inference mode, NumPy decoding."""
    return _decode(preprocessing, _forward(module, graph, encode(preprocessing, rows)))


def encode(preprocessing: Preprocessing, rows: Rows) -> Answers:
    """What the network takes for raw rows, by input."""
    return {
        name: run_program(item.program, {item.program.inputs[0]: rows[name]})[item.program.outputs[0]]
        for name, item in preprocessing.inputs.items()
    }


def _forward(module: nn.Module, graph: Graph, encoded: Rows) -> Answers:
    """The heads' outputs in float32, calculated in the precision of the module's weights."""
    weight = next(module.parameters())
    tensors = (torch.from_numpy(np.ascontiguousarray(encoded[value.name])) for value in graph.inputs)
    was_training = module.training
    module.eval()
    with torch.inference_mode():
        outputs = module(*(tensor.to(weight.device, weight.dtype if tensor.is_floating_point() else None) for tensor in tensors))
    module.train(was_training)
    with np.errstate(over="ignore"):  # what float64 holds and float32 does not is infinite
        return {target: output.cpu().numpy().astype(np.float32) for target, output in outputs.items()}


def _peaks(module: nn.Module, graph: Graph, encoded: Rows) -> np.ndarray:
    """The largest absolute value that each row has on its way through the network: in front of it, or behind any layer."""
    rows = len(next(iter(encoded.values())))
    peaks = np.max([np.abs(array.reshape(rows, -1)).max(axis=1, initial=0) for array in encoded.values()], axis=0).astype(np.float64)

    def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
        if isinstance(output, torch.Tensor):
            np.maximum(peaks, output.detach().abs().reshape(rows, -1).amax(dim=1).cpu().numpy(), out=peaks)

    named = with_named_layers(module)
    handles = [layer.register_forward_hook(hook) for layer in named.modules()]
    try:
        _forward(named, graph, encoded)
    finally:
        for handle in handles:
            handle.remove()
    return peaks


def _decode(preprocessing: Preprocessing, outputs: Rows) -> Answers:
    answers: Answers = {}
    for target, output in outputs.items():
        decode = with_grounds(preprocessing.targets[target].decode)
        answers.update(run_program(decode, {decode.inputs[0]: output}))
    return answers


def _jittered(module: nn.Module, seed: int) -> nn.Module:
    """The float64 module with every weight changed by up to the last bit that it has in float32."""
    changed = copy.deepcopy(module)
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in changed.parameters():
            noise = torch.rand(weight.shape, generator=random, dtype=torch.float64) * 2 - 1
            weight.mul_(1 + LAST_BIT * noise.to(weight.device))
    return changed


def _farthest(answers: Answers, others: Sequence[Answers]) -> Answers:
    """How far each number is from the farthest of its others; infinite where one of them is not finite."""
    farthest: Answers = {}
    for name, array in answers.items():
        if array.dtype.kind != "f":
            continue
        all_of_it = np.stack([array, *(other[name] for other in others)]).astype(np.float64)
        with np.errstate(invalid="ignore"):
            distance = np.abs(all_of_it[1:] - all_of_it[0]).max(axis=0)
        farthest[name] = np.where(np.isfinite(all_of_it).all(axis=0), distance, np.inf)
    return farthest
