"""What every metric is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from mlpspec.catalog.entry import Entry

if TYPE_CHECKING:
    import numpy as np


class UndefinedMetric(Exception):
    """The metric has no value for these rows (area under the curve with one class only); the message says why."""


@dataclass(frozen=True)
class Answers:
    """What a model said about some rows, and the truth.

    Classes (category and binary): `truth` and `prediction` are class numbers (rows,) int64; `probability` is (rows, classes).
    `binary` says that class 1 is the positive one, and 0 the negative.
    Labels (multilabel): `truth` and `prediction` are (rows, labels) int64 of 0 and 1; `probability` is (rows, labels).
    Numbers: `truth` and `prediction` are (rows, columns) in the target's own unit; `probability` is None.
    """

    truth: np.ndarray
    prediction: np.ndarray
    probability: np.ndarray | None = None
    binary: bool = False

    def classes(self) -> tuple[np.ndarray, np.ndarray]:
        """True and predicted class numbers, each (rows,), or 0 and 1 (rows, labels).

        Raises:
            UndefinedMetric: without rows.
        """
        self._some_rows()
        return self.truth, self.prediction

    def probabilities(self) -> tuple[np.ndarray, np.ndarray]:
        """True class numbers, (rows,), or 0 and 1 (rows, labels), and the probability of each class or label, (rows, classes).

        Raises:
            UndefinedMetric: without rows or probabilities, or when one is not a number.
        """
        import numpy as np

        self._some_rows()
        if self.probability is None:
            raise UndefinedMetric("the answers have no probabilities")
        if not np.isfinite(self.probability).all():
            raise UndefinedMetric("a probability is NaN or infinite")
        return self.truth, self.probability

    def numbers(self) -> tuple[np.ndarray, np.ndarray]:
        """True and predicted numbers, each (rows, columns) float64.

        Raises:
            UndefinedMetric: without rows, or when a prediction is not a number.
        """
        import numpy as np

        self._some_rows()
        if not np.isfinite(self.prediction).all():
            raise UndefinedMetric("a prediction is NaN or infinite")
        return self.truth.astype(np.float64), self.prediction.astype(np.float64)

    def _some_rows(self) -> None:
        if not len(self.truth):
            raise UndefinedMetric("there are no rows")


class Metric(Entry):
    """A figure that says how good the answers are. `targets` are the kinds of target it suits; `goal`, whether more is better."""

    targets: ClassVar[frozenset[str]]
    goal: ClassVar[Literal["max", "min"]]
    has_unit: ClassVar[bool] = False
    """Whether it is in the target's own unit, so that a difference of two means something only beside their size."""

    def compute(self, answers: Answers) -> float:
        """The figure over all rows.

        Raises:
            UndefinedMetric: when it has none.
        """
        raise NotImplementedError(type(self).__name__)
