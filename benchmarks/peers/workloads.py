"""What the training benchmark trains: networks, sizes, and the same rows for every library. Needs NumPy alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

RATE = 1e-3
"""The learning rate of Adam, everywhere."""

EMBEDDING = 16
"""Numbers in the vector of a category."""


@dataclass(frozen=True)
class Workload:
    """A network of equal blocks: linear, batch norm or layer norm, activation, dropout; `residual` adds a block's input to its output.

    With a `vocabulary` the inputs are codes below it, and a table of learned vectors, `EMBEDDING` numbers each, comes first. `outputs`
    classes with softmax cross-entropy, or with `regression` so many numbers with the mean squared error.
    """

    rows: int
    inputs: int
    widths: tuple[int, ...]
    outputs: int
    batch: int
    batchnorm: bool = False
    layernorm: bool = False
    dropout: float = 0.0
    activation: str = "relu"
    residual: bool = False
    regression: bool = False
    vocabulary: int = 0

    @property
    def plain(self) -> bool:
        """Whether every library of the benchmark has it: no layer norm, no residual block, no embedding, ReLU, classes."""
        return not (self.layernorm or self.residual or self.regression or self.vocabulary) and self.activation == "relu"


WORKLOADS = {
    "T1": Workload(20_000, 20, (64, 64), 3, 32),
    "T2": Workload(60_000, 784, (256, 128), 10, 128, batchnorm=True, dropout=0.2),
    "T3": Workload(20_000, 784, (2048, 2048, 2048), 10, 512),
    "wide": Workload(20_000, 100, (2048,), 10, 256),
    "deep": Workload(20_000, 32, (32,) * 12, 4, 64),
    "residual": Workload(20_000, 64, (128,) * 6, 5, 128, batchnorm=True, residual=True),
    "gelu": Workload(20_000, 64, (256, 256), 2, 128, layernorm=True, activation="gelu", regression=True),
    "embedding": Workload(20_000, 20, (128, 64), 4, 128, vocabulary=20_000),
}


def rows(workload: Workload, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features and targets of a random linear teacher.

    Features: (rows, inputs) float32, or int64 codes, which the teacher takes for numbers. Targets: (rows,) int64 labels, or (rows, outputs)
    float32.
    """
    generator = np.random.default_rng(seed)
    if workload.vocabulary:
        codes = generator.integers(workload.vocabulary, size=(workload.rows, workload.inputs))
        features = (codes / workload.vocabulary - 0.5).astype(np.float32)
    else:
        codes, features = None, generator.standard_normal((workload.rows, workload.inputs), dtype=np.float32)
    teacher = generator.standard_normal((workload.inputs, workload.outputs), dtype=np.float32) / np.float32(workload.inputs**0.5)
    answers = features @ teacher + 0.1 * generator.standard_normal((workload.rows, workload.outputs), dtype=np.float32)
    return features if codes is None else codes, answers if workload.regression else answers.argmax(1).astype(np.int64)
