"""Predicted numbers against the true ones."""

from __future__ import annotations

import numpy as np

from mlpspec.report.charts.frame import Frame
from mlpspec.report.markup import tag
from mlpspec.report.scale import domain

MOST_POINTS = 2000
SIZE = 400
LAYERS = 12
"""Dots of one path do not darken each other, those of different paths do: crowds show."""


def chosen_rows(rows: int, most: int = MOST_POINTS) -> np.ndarray:
    """At most `most` of the row numbers, drawn with a fixed seed, in order: the same rows give the same picture."""
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(0).choice(rows, most, replace=False))


def scatter_chart(title: str, description: str, truth: np.ndarray, prediction: np.ndarray, *, most: int = MOST_POINTS) -> str:
    """A dot a row, both axes alike, and the line on which prediction and truth agree. `truth` and `prediction`: (rows,), finite."""
    keep = chosen_rows(len(truth), most)
    ends = domain([float(end) for values in (truth, prediction) for end in (values.min(), values.max())])
    frame = Frame(ends, ends, x_title="true", y_title="predicted", square=True, width=SIZE, right=18)
    places = [f"M{frame.at(x, y)}h0" for x, y in zip(truth[keep].tolist(), prediction[keep].tolist(), strict=True)]
    weight = "few" if len(keep) <= 150 else "some" if len(keep) <= 700 else "many"
    body = [
        *[tag("path", d="".join(places[layer::LAYERS]), class_=f"dots {weight} c1") for layer in range(min(LAYERS, len(places)))],
        tag("path", d=f"M{frame.at(ends[0], ends[0])}L{frame.at(ends[1], ends[1])}", class_="mark"),
        tag("text", "predicted = true", x=frame.right - 34.0, y=frame.top + 18.0, class_="end halo"),
    ]
    return frame.drawing(title, description, body, "chart square")
