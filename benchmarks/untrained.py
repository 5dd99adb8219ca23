"""Model files without training: where only speed counts, weights may be random."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mlpspec import compiler

ROWS = 500


@dataclass(frozen=True)
class Untrained:
    """A model file's bytes, and the torch module of the network inside with what stands around it."""

    data: bytes
    module: Any
    graph: Any
    preprocessing: Any


def untrained(text: str, frame: dict[str, np.ndarray], *, check: bool = True) -> Untrained:
    """The model of a spec, whose preprocessing is learnt from arrays.

    Args:
        text: the spec.
        frame: columns and arrays by name.
        check: hold the spec against the schema, which takes the package jsonschema.
    """
    import torch

    from mlpspec.data.dataset import load_dataset
    from mlpspec.exporting.assemble import assemble, model_card
    from mlpspec.pytorch.module import build_module

    if not check:
        compiler.validate = lambda tree: []
    document = compiler.loads(text)
    spec = document.spec
    data = load_dataset(spec.data, spec.inputs, spec.targets, folder=Path(), seed=spec.seed, frame=frame)
    graph = compiler.build_graph(document, data.preprocessing.facts)
    torch.manual_seed(0)
    module = build_module(graph).eval()
    metadata = {"mlpspec.spec": text, "mlpspec.model": model_card(spec.name, data.preprocessing, spec.export)}
    return Untrained(
        assemble(module, graph, data.preprocessing, spec.export, metadata).SerializeToString(), module, graph, data.preprocessing
    )


def numbers(count: int, classes: int = 3) -> dict[str, np.ndarray]:
    """Columns x0, x1, ... of the standard normal distribution, a text `colour`, a text class `kind` and a number `price`."""
    random = np.random.default_rng(0)
    columns = {f"x{number}": random.standard_normal(ROWS) for number in range(count)}
    colour = random.choice(["red", "green", "blue"], ROWS).astype(object)
    kind = np.array([f"kind {number % classes}" for number in range(ROWS)], object)
    return {**columns, "colour": colour, "kind": kind, "price": random.standard_normal(ROWS)}
