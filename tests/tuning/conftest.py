"""A small spec with `tuning:` and its data."""

from __future__ import annotations

import pytest

from mlpspec.compiler import check, load
from mlpspec.passes.search_space import dimensions

TUNING = """\
tuning:
  maximize: validation.accuracy
  trials: 6
  pruner: none
  parameters:
    model.0.dense.units: {range: [2, 16], log: true}
    training.optimizer.adam.learning_rate: {range: [1e-3, 1e-1], log: true}
    model.0.dense.activation: {choices: [relu, tanh]}
"""


@pytest.fixture
def tuned(small):
    """The folder of `small`, whose spec has the section."""
    path = small / "spec.yaml"
    path.write_text(path.read_text() + TUNING)
    return small


@pytest.fixture
def document(tuned):
    """The spec with settings, checked."""
    return lambda *settings: load(tuned / "spec.yaml", settings=settings)


@pytest.fixture
def space():
    """The dimensions of a document."""
    return lambda one: dimensions(one, lambda tree: check(tree, one.folder))
