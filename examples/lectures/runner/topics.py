"""The table of the experiments."""

from __future__ import annotations

from runner.measured import MEASURED
from runner.plane import PLANE
from runner.topic import Topic

TOPICS: dict[str, Topic] = {**PLANE, **MEASURED}
