"""A cut model put together again: texts on the CPU, numbers wherever the core runs, labels by NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mlpspec.runtime.engine import Run
from mlpspec.runtime.split import Labels


class TwoStage:
    """Answers as the whole model does.

    Args:
        front: from texts to codes, and the names of both; None when no texts are read.
        core: from numbers to numbers, and the names of both.
        labels: the outputs that are picked from texts, by name.
    """

    def __init__(
        self,
        front: tuple[Run, Sequence[str], Sequence[str]] | None,
        core: tuple[Run, Sequence[str], Sequence[str]],
        labels: Mapping[str, Labels],
    ):
        self._read, texts, codes = front or (None, (), ())
        self._calculate, numbers, self._results = core
        self._texts, self._codes, self._labels = list(texts), list(codes), labels
        self._numbers = [name for name in numbers if name not in codes]
        self._inputs = {*self._texts, *self._numbers}

    def run(self, names: Sequence[str], arrays: Mapping[str, np.ndarray]) -> list[Any]:
        """The outputs called `names`.

        Raises:
            KeyError: when the arrays are not those of the inputs.
            Exception: what ONNX Runtime raises.
        """
        if arrays.keys() != self._inputs:
            raise KeyError(f"the inputs are {', '.join(sorted(self._inputs))}")
        given = {name: arrays[name] for name in self._numbers}
        if self._read is not None:
            given.update(zip(self._codes, self._read(self._codes, {name: arrays[name] for name in self._texts}), strict=True))
        found = dict(zip(self._results, self._calculate(self._results, given), strict=True))
        return [self._labelled(name, found) if name in self._labels else found[name] for name in names]

    def _labelled(self, name: str, found: Mapping[str, np.ndarray]) -> np.ndarray:
        labels = self._labels[name]
        return labels.classes[found[labels.numbers]]
