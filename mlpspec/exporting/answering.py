"""What a file answers beyond the plain network, as `export:` asks: several times a row, and with calibrated probabilities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import fx

from mlpspec.catalog.uncertainty_methods.mc_dropout import McDropout
from mlpspec.data.dataset import Part
from mlpspec.diagnostics import DataError
from mlpspec.exporting.network import sample_arguments
from mlpspec.exporting.sampled_target import sampled_target
from mlpspec.exporting.temperature import Calibration, calibrate
from mlpspec.exporting.thinned import thinned
from mlpspec.ir.fitted import FittedTarget, Preprocessing
from mlpspec.ir.graph import Graph
from mlpspec.language.sections.spec import Spec
from mlpspec.training.evaluation import EVALUATION_BATCH, network_outputs
from mlpspec.training.stored_tensors import tensors_of


@dataclass(frozen=True)
class Answering:
    """A network, and what is done before and behind it. Of each row the network gives `samples` outputs, side by side as rows.

    `calibrations` are those of the targets that have one.
    """

    module: fx.GraphModule
    preprocessing: Preprocessing
    samples: int = 1
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """What was fitted, as JSON data; empty when nothing was."""
        found = {name: calibration.to_json() for name, calibration in self.calibrations.items()}
        return {"calibration": found} if found else {}


def as_asked(
    module: fx.GraphModule, graph: Graph, preprocessing: Preprocessing, spec: Spec, parts: Callable[[], Mapping[str, Part]]
) -> Answering:
    """The trained network and its preprocessing, made to answer as the section asks.

    Args:
        parts: gives the parts of the data, when they are needed.

    Raises:
        SpecError: when a layer's dropout cannot be drawn in advance.
        DataError: when there are no validation rows, or no temperature is best for a target; all such targets at once.
    """
    made = Answering(module, preprocessing)
    match spec.export.uncertainty:
        case None:
            pass
        case McDropout(samples=samples, seed=seed):
            network = thinned(module, sample_arguments(graph), samples=samples, seed=spec.seed if seed is None else seed)
            made = Answering(network, preprocessing, samples)
        case method:
            raise TypeError(method)
    if spec.export.calibrate is not None:
        made = _calibrated(made, parts().get("validation"))
    targets = {name: sampled_target(target, made.samples) for name, target in made.preprocessing.targets.items()}
    return replace(made, preprocessing=replace(made.preprocessing, targets=targets))


def _calibrated(made: Answering, part: Part | None) -> Answering:
    """The targets of classes with temperatures that fit the rows of a part."""
    if part is None or not part.rows:
        raise DataError("the split has no validation rows to calibrate on", code="bad-split", help="leave `calibrate` out")
    data = tensors_of(part, torch.device("cpu"))
    outputs = network_outputs(made.module, data, batch=max(1, EVALUATION_BATCH // made.samples))
    targets: dict[str, FittedTarget] = dict(made.preprocessing.targets)
    calibrations: dict[str, Calibration] = {}
    problems = []
    for name, target in targets.items():
        if target.classes is None:
            continue
        logits = outputs[name].numpy().reshape(part.rows, made.samples, -1)
        try:
            targets[name], calibrations[name] = calibrate(target, logits, part.targets[name])
        except DataError as error:
            problems += error.diagnostics
    if problems:
        raise DataError(problems)
    return replace(made, preprocessing=replace(made.preprocessing, targets=targets), calibrations=calibrations)
