"""Whether probabilities come true, as a picture with its table."""

from __future__ import annotations

import numpy as np

from mlpspec.report.charts import calibration_error, reliability, reliability_chart
from mlpspec.report.tables import named, picture, table
from mlpspec.report.words import count, figure, percent


def calibration(name: str, came_true: np.ndarray, probability: np.ndarray, *, said: str, seen: str) -> str:
    """The card of `came_true`, (rows,) bool, against `probability`, (rows,) finite. `said` and `seen` name the axes."""
    bins = reliability(came_true, probability)
    told = (
        "Points on the dashed line mean that probabilities come true as often as they say. Mean distance from it (expected calibration "
        f"error): {figure(calibration_error(bins))}. Upright lines are 95 % intervals; larger points have more rows."
    )
    body = [
        [
            f"{bin.low:.1f} to {bin.high:.1f}",
            count(bin.rows),
            percent(bin.said),
            percent(bin.seen),
            f"{percent(bin.least)} to {percent(bin.most)}",
        ]
        for bin in bins
    ]
    columns = named("probability", "rows", "mean said", "seen", "95 % interval")
    drawn = reliability_chart(f"Calibration of {name}", told, bins, said=said, seen=seen)
    return picture("Calibration", drawn, told, table("Calibration", columns, body))
