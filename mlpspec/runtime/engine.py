"""A model ready to calculate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlpspec.runtime.device import DeviceChoice
from mlpspec.runtime.session import SessionFacts

Run = Callable[[Sequence[str], Mapping[str, np.ndarray]], Sequence[Any]]
"""Calculates the outputs of those names from input arrays, as `InferenceSession.run` does."""


@dataclass(frozen=True)
class Engine:
    """What calculates a model's outputs, what the model says about itself, and where it runs."""

    run: Run
    facts: SessionFacts
    device: DeviceChoice
