"""The table of the experiments."""

from __future__ import annotations

from runner.digits import DIGITS
from runner.topic import Topic

TOPICS: dict[str, Topic] = {**DIGITS}
