"""Values on one line of YAML, such that mlpspec reads them as they were."""

from __future__ import annotations

import json
import re
from typing import Any

from mlpspec.language.scalars import resolve

_PLAIN = re.compile(r"[A-Za-z_$.][\w$./+-]*(?: [\w$./+-]+)*", re.ASCII)


def flow(value: Any) -> str:
    """A value, with all that it holds, on one line.

    >>> flow({"adamw": {"learning_rate": 1e-05, "betas": [0.9, 0.99]}}), flow(["relu", "no", "007", None, True, "a: b"])
    ('{adamw: {learning_rate: 1e-05, betas: [0.9, 0.99]}}', '[relu, no, "007", null, true, "a: b"]')
    """
    match value:
        case dict():
            return "{" + ", ".join(f"{flow(str(key))}: {flow(item)}" for key, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(flow, value)) + "]"
        case str():
            bare = _PLAIN.fullmatch(value) and resolve(value) == value
            return value if bare else json.dumps(value, ensure_ascii=False)
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case _:
            return repr(value)
