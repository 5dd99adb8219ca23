"""The section of the answers: for each target, what the model said and what was true."""

from __future__ import annotations

from collections.abc import Iterator

from mlpspec.report.answers.classes import answers_in_classes
from mlpspec.report.answers.labels import answers_in_labels
from mlpspec.report.answers.numbers import answers_in_numbers
from mlpspec.report.content import TargetAnswers
from mlpspec.report.tables import sentence


def answers_of_target(name: str, target: TargetAnswers, *, points: int) -> Iterator[str]:
    """Charts and tables of one target over one part. `points` is how many dots a scatter chart may have."""
    answers = target.answers
    if not len(answers.truth):
        yield sentence("There are no rows.")
    elif answers.probability is None and target.classes is None:
        yield from answers_in_numbers(name, target, points)
    elif answers.truth.ndim == 2:
        yield from answers_in_labels(name, target)
    else:
        yield from answers_in_classes(name, target)
