"""From a proved float32 model to one at another precision, or to the reasons why there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import onnxruntime as ort
import torch
from onnx import ModelProto
from torch import nn

from mlpspec.data.dataset import Part
from mlpspec.exporting.legal import legal_session
from mlpspec.exporting.precision.agreement import Agreement, agreement
from mlpspec.exporting.precision.convert import Converted, convert, method
from mlpspec.exporting.precision.gate import Change, changes, refuse_drops
from mlpspec.exporting.precision.onnx_network import OnnxNetwork
from mlpspec.exporting.precision.speed import Speed, measure_speed
from mlpspec.ir.fitted import Preprocessing
from mlpspec.ir.graph import Graph
from mlpspec.language.sections.export import Export
from mlpspec.language.sections.spec import Spec
from mlpspec.training.evaluation import evaluate
from mlpspec.training.stored_tensors import tensors_of

CALIBRATION_ROWS = 2048


@dataclass(frozen=True)
class Trained:
    """What was trained, and the parts of its data."""

    module: nn.Module
    graph: Graph
    preprocessing: Preprocessing
    spec: Spec
    parts: Mapping[str, Part]


@dataclass(frozen=True)
class Lowered:
    """A model at another precision, and what that costs and gains.

    `figures` are of `rows` rows of `part`; `network_bytes` are the sizes of the network alone in float32 and converted.
    """

    model: ModelProto
    method: str
    part: str
    rows: int
    figures: Mapping[str, Change]
    agreement: Agreement
    edge_agreement: Agreement
    weights: int
    converted_weights: int
    network_bytes: tuple[int, int]

    def to_card(self) -> dict[str, Any]:
        """What the file says of itself: all but measurements of time, which would make two exports of a run differ."""
        return {
            "method": self.method,
            "part": self.part,
            "rows": self.rows,
            "figures": {name: asdict(change) for name, change in self.figures.items()},
            "agreement": self.agreement.to_json(),
            "edge_agreement": self.edge_agreement.to_json(),
            "weights": self.weights,
            "converted_weights": self.converted_weights,
            "network_bytes": list(self.network_bytes),
        }


def lower(
    plain: ModelProto,
    core: ModelProto,
    join: Callable[[ModelProto], ModelProto],
    trained: Trained,
    options: Export,
    rows: Mapping[str, np.ndarray],
    edges: Mapping[str, np.ndarray],
) -> Lowered:
    """Convert the network of a proved model, judge it, and join it with what surrounds it.

    Args:
        plain: the whole model in float32.
        core: its network alone.
        join: makes the whole model of a network.
        options: the precision and how much worse a metric may become.
        rows, edges: raw rows, as the model takes them.

    Raises:
        CheckError: when the network cannot be converted, a metric falls by more than `options.max_metric_drop`, or the model does not run.
    """
    how = method(options)
    converted = convert(core, options, calibration_rows(trained.parts["train"], trained.graph, core))
    part = "validation" if "validation" in trained.parts and trained.parts["validation"].rows else "train"
    found = _figures(converted, trained, part)
    refuse_drops(found, options.max_metric_drop, method=how, part=part)
    model = join(converted.network)
    session = legal_session(plain)
    judged = [model] if converted.judged is converted.network else [model, join(converted.judged)]
    near, edge = zip(*(_agreements(session, legal_session(one), rows, edges, how) for one in judged), strict=True)
    return Lowered(
        model=model,
        method=how,
        part=part,
        rows=trained.parts[part].rows,
        figures=found,
        agreement=near[-1],
        edge_agreement=edge[-1],
        weights=converted.weights,
        converted_weights=converted.converted,
        network_bytes=(core.ByteSize(), converted.network.ByteSize()),
    )


def _agreements(
    plain: ort.InferenceSession, other: ort.InferenceSession, rows: Mapping[str, np.ndarray], edges: Mapping[str, np.ndarray], how: str
) -> tuple[Agreement, Agreement]:
    return agreement(plain, other, rows, method=how), agreement(plain, other, edges, method=how)


def calibration_rows(part: Part, graph: Graph, core: ModelProto) -> dict[str, np.ndarray]:
    """Encoded rows by the names of the network's inputs: at most `CALIBRATION_ROWS`, at equal distances, as the rows may be sorted."""
    index = np.linspace(0, part.rows - 1, min(part.rows, CALIBRATION_ROWS)).astype(np.int64)
    names = [value.name for value in core.graph.input]
    return {name: np.ascontiguousarray(part.inputs[value.name][index]) for name, value in zip(names, graph.inputs, strict=True)}


def _figures(converted: Converted, trained: Trained, part: str) -> dict[str, Change]:
    """What became of the figures of a part's rows."""
    data = trained.parts[part]
    tensors = tensors_of(data, torch.device("cpu"))
    network = OnnxNetwork(converted.judged, list(trained.graph.outputs))
    before, after = (evaluate(module, tensors, trained.spec, trained.preprocessing) for module in (trained.module, network))
    return changes(trained.spec, before.figures, after.figures)


def report(lowered: Lowered, models: Mapping[str, bytes], rows: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """All that is known of a lowered model, with the sizes of the files (bytes) and their speed.

    Args:
        models: the serialized models, `fp32` and the lowered one.
    """
    speed: dict[str, Speed] = measure_speed(models, rows)
    sizes = {name: len(data) for name, data in models.items()}
    return {**lowered.to_card(), "bytes": sizes, "speed": {name: asdict(found) for name, found in speed.items()}}
