"""The receiver operating characteristic of a binary target."""

from __future__ import annotations

import numpy as np

from mlpspec.report.charts.frame import Frame
from mlpspec.report.markup import tag, text
from mlpspec.report.words import percent

MOST_POINTS = 400
SIZE = 400


def roc(positive: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """False positive rate, true positive rate and threshold, each (points,), from (0, 0) at a threshold of infinity to (1, 1).

    `positive`: (rows,) bool with both values; `score`: (rows,). A row is said to be positive from its threshold on. One point for each
    distinct score. Source: sklearn.metrics.roc_curve with drop_intermediate=False.
    """
    order = np.argsort(-score, kind="stable")
    score, positive = score[order], positive[order]
    last = np.r_[np.flatnonzero(np.diff(score)), len(score) - 1]
    hits = np.cumsum(positive)[last]
    alarms = 1 + last - hits
    return np.r_[0.0, alarms / alarms[-1]], np.r_[0.0, hits / hits[-1]], np.r_[np.inf, score[last]]


def roc_chart(title: str, description: str, positive: np.ndarray, score: np.ndarray, answered: np.ndarray) -> str:
    """The curve, the line of guessing, and the point of the model's own answers, `answered`: (rows,) bool."""
    false, true, _ = roc(positive, score)
    at = float(answered[~positive].mean()), float(answered[positive].mean())
    frame = Frame((0, 1), (0, 1), x_title="false positive rate", y_title="true positive rate", square=True, width=SIZE, right=18)
    path = "M" + "L".join(frame.at(float(x), float(y)) for x, y in thinned(false, true))
    left = at[0] > 0.6
    told = f"the model's answers: finds {percent(at[1])} of the positives, takes {percent(at[0])} of the negatives for positives"
    body = [
        tag("path", d=f"M{frame.at(0, 0)}L{frame.at(1, 1)}", class_="mark"),
        tag("text", "guessing", x=frame.x(0.66), y=frame.y(0.66) + 22, class_="halo"),
        tag("path", d=f"{path}L{frame.at(1, 0)}L{frame.at(0, 0)}z", class_="area c1"),
        tag("path", d=path, class_="line c1"),
        tag("circle", tag("title", text(told)), cx=frame.x(at[0]), cy=frame.y(at[1]), r=5.0, class_="dot c2"),
        tag(
            "text",
            "the model's answers",
            x=frame.x(at[0]) + (-10 if left else 10),
            y=min(frame.y(at[1]) + 18, frame.bottom - 8),
            class_="label end halo" if left else "label halo",
        ),
    ]
    return frame.drawing(title, description, body, "chart square")


def thinned(false: np.ndarray, true: np.ndarray, most: int = MOST_POINTS) -> list[tuple[float, float]]:
    """The corners of the curve, at most about `most` of them, evenly along its way."""
    flat, steep = np.diff(true) == 0, np.diff(false) == 0
    straight = flat[:-1] & flat[1:] | steep[:-1] & steep[1:]
    keep = np.flatnonzero(np.r_[True, ~straight, True])
    if len(keep) > most:
        way = (false + true)[keep]
        keep = np.unique(keep[np.searchsorted(way, np.linspace(0, way[-1], most)).clip(0, len(keep) - 1)])
    return list(zip(false[keep].tolist(), true[keep].tolist(), strict=True))
