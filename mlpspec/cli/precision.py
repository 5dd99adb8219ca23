"""What another precision than fp32 costs and gains, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlpspec.cli.table import aligned, figure


def differences(largest: Mapping[str, float]) -> str:
    """The largest difference of each output in a line."""
    return ", ".join(f"{name} {value:.1e}" for name, value in largest.items()) or "none"


def lowered(found: Mapping[str, Any]) -> str:
    """A table of figures, sizes and speed, and a line on the answers; `found` is `precision` of proof.json."""
    speeds = found["speed"].values()
    [bulk] = {speed["bulk"] for speed in speeds}
    rows = [
        *([name, figure(change["before"]), figure(change["after"])] for name, change in found["figures"].items()),
        ["file, bytes", *(f"{size:,}" for size in found["bytes"].values())],
        ["network alone, bytes", *(f"{size:,}" for size in found["network_bytes"])],
        ["1 row, microseconds", *(f"{speed['latency'] * 1e6:,.1f}" for speed in speeds)],
        [f"{bulk:,} rows, rows/s", *(f"{speed['rows_per_second']:,.0f}" for speed in speeds)],
    ]
    where = f"{found['rows']:,} {found['part']} rows"
    agreement = found["agreement"]
    flips = "".join(f"{count} other labels of `{name}`, " for name, count in agreement["flips"].items())
    return (
        f"{aligned([where, 'fp32', found['method']], rows)}\n\n"
        f"{found['converted_weights']:,} of {found['weights']:,} weights converted\n"
        f"on {agreement['rows']:,} of these rows: {flips}largest difference {differences(agreement['max_absolute'])}\n"
        "speed: measured briefly, processor time of one thread"
    )
