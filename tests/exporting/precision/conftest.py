"""Networks of every family, as torch modules with random weights and as ONNX."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from mlpspec.language.sections.export import Export


@dataclass
class Network:
    """A module, its ONNX, and rows for it: `rows` by the names of the ONNX inputs."""

    module: Any
    onnx: Any
    rows: dict[str, np.ndarray]

    def expect(self, rows: dict[str, np.ndarray]) -> np.ndarray:
        """What torch says."""
        import torch

        with torch.inference_mode():
            return self.module(*map(torch.from_numpy, rows.values()))["y"].numpy()

    @staticmethod
    def run(model: Any, rows: dict[str, np.ndarray]) -> np.ndarray:
        """What ONNX Runtime says of a network."""
        import onnxruntime as ort

        session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        return np.asarray(session.run(None, rows)[0])


def _modules() -> dict[str, tuple[Callable[[], Any], tuple[tuple[int, ...], ...], str]]:
    """For each family: its module, the shapes of its inputs, and their type."""
    import torch
    from torch import nn
    from torch.nn import functional as F  # noqa: N812  # the name that torch's users know

    class Embedded(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Embedding(11, 5)
            self.head = nn.Linear(10, 3)

        def forward(self, codes):
            return self.head(self.table(codes).flatten(1))

    class Recurrent(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = nn.LSTM(4, 8, batch_first=True)
            self.head = nn.Linear(8, 3)

        def forward(self, x):
            return self.head(self.lstm(x)[0][:, -1])

    class Attentive(nn.Module):
        def __init__(self):
            super().__init__()
            self.query, self.key, self.value = (nn.Linear(8, 8) for _ in range(3))
            self.norm, self.head = nn.LayerNorm(8), nn.Linear(8, 3)

        def forward(self, x):
            weights = F.softmax(self.query(x) @ self.key(x).transpose(1, 2) / 8**0.5, dim=-1)
            return self.head(self.norm(x + weights @ self.value(x)).mean(1))

    class Joined(nn.Module):
        def __init__(self):
            super().__init__()
            self.left, self.right, self.head = nn.Linear(4, 6), nn.Linear(3, 6), nn.Linear(12, 3)

        def forward(self, x, z):
            return self.head(torch.cat([torch.tanh(self.left(x)), F.gelu(self.right(z))], 1))

    def dense():
        return nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 8), nn.SiLU(), nn.Linear(8, 3))

    def convolution():
        return nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 4, 3), nn.Flatten(), nn.Linear(16, 3)
        )

    def activations():
        parts = (nn.ELU(), nn.CELU(1.5), nn.SELU(), nn.Softplus(), nn.Mish(), nn.Hardswish(), nn.LeakyReLU(), nn.PReLU(6), nn.LayerNorm(6))
        return nn.Sequential(nn.Linear(6, 6), *parts, nn.Linear(6, 3))

    return {
        "dense": (dense, ((6,),), "float32"),
        "activations": (activations, ((6,),), "float32"),
        "convolution": (convolution, ((2, 8, 8),), "float32"),
        "embedding": (Embedded, ((2,),), "int64"),
        "recurrence": (Recurrent, ((5, 4),), "float32"),
        "attention": (Attentive, ((5, 8),), "float32"),
        "two inputs": (Joined, ((4,), (3,)), "float32"),
    }


@pytest.fixture(scope="session")
def network():
    """A function from a family's name to its network; each is made once."""
    import torch
    from torch import nn

    from mlpspec.exporting.network import network_model
    from mlpspec.ir.graph import Graph, GraphInput
    from mlpspec.ir.shape import Shape

    class Answering(nn.Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

    class One(Answering):
        def forward(self, x):
            return {"y": self.inner(x)}

    class Two(Answering):
        def forward(self, x, z):
            return {"y": self.inner(x, z)}

    made: dict[str, Network] = {}

    def make(family: str) -> Network:
        if family not in made:
            build, shapes, dtype = _modules()[family]
            torch.manual_seed(3)
            module = (One, Two)[len(shapes) - 1](build()).eval()
            names = [f"x{number}" for number in range(len(shapes))]
            graph = Graph("net", tuple(GraphInput(name, Shape(shape), dtype) for name, shape in zip(names, shapes, strict=True)), (), {})
            random = np.random.default_rng(5)
            draw = {
                "int64": lambda shape: random.integers(0, 11, (600, *shape)),
                "float32": lambda shape: random.normal(0, 1, (600, *shape)).astype(np.float32),
            }[dtype]
            onnx = network_model(module, graph, [f"network/{name}" for name in names], ["y/output"], 20)
            made[family] = Network(module, onnx, {f"network/{name}": draw(shape) for name, shape in zip(names, shapes, strict=True)})
        return made[family]

    return make


@pytest.fixture
def options():
    """`export:` sections by the name of the method."""

    def make(method: str, **others: Any) -> Export:
        precision, _, quantization = method.partition(" ")
        return Export(precision=precision, quantization=quantization or "static", **others)  # pyright: ignore[reportArgumentType]

    return make
