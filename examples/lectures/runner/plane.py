"""Experiments that can be drawn: curves of one number, classes in the plane."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from runner.charts import fitted_curves, plane
from runner.measure import trained
from runner.probes import Fit, regions
from runner.topic import Topic

DATA = Path(__file__).resolve().parents[1] / "data"


def rows(name: str) -> np.ndarray:
    """The numbers of a data file: (rows, columns)."""
    return np.loadtxt(DATA / name, delimiter=",", skiprows=1)


def wave(x: np.ndarray) -> np.ndarray:
    """The curve of wave.csv."""
    return np.sin(2 * x) + 0.5 * np.sin(5 * x)


PARABOLA, WAVE = rows("parabola.csv"), rows("wave.csv")
NOISE = 0.3
"""The standard deviation of what was added to the parabola."""

EPOCHS = (1, 10, 30)

curve = Topic(
    title="y = x² + noise by ten hidden units, while it learns",
    spec="curve/curve.yaml",
    variants={"tanh": (), "relu": ("vars.activation=relu",)},
    measure=trained(Fit(PARABOLA[:, 0], np.square), at=EPOCHS),
    figures=("error 1", "error 10", "error 30", "error"),
    claims={
        "ten hidden units find the parabola: the answers are nearer to it than half of the noise": lambda found: all(
            found.mean(name, "error") < NOISE / 2 for name in ("tanh", "relu")
        ),
        "the error falls while it learns": lambda found: all(
            found.mean(name, "error") < found.mean(name, "error 10") < found.mean(name, "error 1") for name in ("tanh", "relu")
        ),
    },
    chart=fitted_curves(
        "A network with ten tanh units learns y = x² + noise",
        "The data, and the answers of seed 0 after 1, 10, 30 and 300 epochs.",
        PARABOLA,
        [*[(f"epoch {epoch}", "tanh", f"answers {epoch}") for epoch in EPOCHS], ("epoch 300", "tanh", "answers")],
    ),
)

affine = Topic(
    title="three layers without activation are one straight line",
    spec="affine/affine.yaml",
    variants={"no activation": (), "ReLU": ("vars.activation=relu",)},
    measure=trained(Fit(PARABOLA[:, 0], np.square)),
    figures=("bend", "error"),
    claims={
        "without activation the answers lie on a straight line, to float32's precision": lambda found: (
            found.mean("no activation", "bend") < 1e-5
        ),
        "which is far from the parabola (more than three times the noise)": lambda found: found.mean("no activation", "error") > 3 * NOISE,
        "the same layers with ReLU find it (nearer than half of the noise)": lambda found: found.mean("ReLU", "error") < NOISE / 2,
    },
    chart=fitted_curves(
        "Three hidden layers with ReLU and without activation",
        "The data, and the answers of seed 0: a line without activation, the parabola with ReLU.",
        PARABOLA,
        [("no activation", "no activation", "answers"), ("ReLU", "ReLU", "answers")],
    ),
)

UNITS = (2, 8, 64, 512)

universal = Topic(
    title="enough hidden units fit any curve",
    spec="universal/universal.yaml",
    variants={f"{units} units": (f"vars.units={units}",) for units in UNITS},
    measure=trained(Fit(WAVE[:, 0], wave)),
    figures=("error",),
    claims={
        "from 2 to 8 to 64, more units fit better": lambda found: (
            found.mean("2 units", "error") > found.mean("8 units", "error") > found.mean("64 units", "error")
        ),
        "512 are enough: the error is below a twentieth of the curve's own deviation": lambda found: (
            found.mean("512 units", "error") < 0.05 * wave(WAVE[:, 0]).std()
        ),
    },
    chart=fitted_curves(
        "sin 2x + 0.5 sin 5x by one hidden layer of tanh units",
        "The answers of seed 0 with 2, 8, 64 and 512 units.",
        None,
        [(f"{units} units", f"{units} units", "answers") for units in UNITS],
        x=WAVE[:, 0],
    ),
)

MOONS, SPIRALS = rows("moons.csv"), rows("spirals.csv")


def grid(points: np.ndarray, count: int = 44) -> np.ndarray:
    """A grid over the room that points take: (count * count, 2)."""
    axes = [np.linspace(low - 0.2, high + 0.2, count) for low, high in zip(points.min(axis=0), points.max(axis=0), strict=True)]
    return np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)


MOONS_GRID, SPIRALS_GRID = grid(MOONS[:, :2]), grid(SPIRALS[:, :2])

moons = Topic(
    title="two moons: folding the plane parts what no line can",
    spec="moons/moons.yaml",
    variants={"no activation": ("vars.activation=linear",), "ReLU": ()},
    measure=trained(regions(MOONS_GRID)),
    figures=("parameters", "training loss", "accuracy"),
    claims={
        "a line gets more than one in twenty wrong": lambda found: found.mean("no activation", "accuracy") < 0.95,
        "two ReLU layers get at most one in a hundred wrong": lambda found: found.mean("ReLU", "accuracy") >= 0.99,
    },
    chart=plane("Two moons and the region of the second, by two ReLU layers", MOONS, MOONS_GRID, "ReLU"),
)

spirals = Topic(
    title="two spirals: deep against wide at equal parameters",
    spec="spirals/spirals.yaml",
    variants={
        "no activation": ("vars.activation=linear",),
        "wide: 125": ("vars.units=125", "vars.layers=1"),
        "deep: 16, 16, 16": (),
    },
    measure=trained(regions(SPIRALS_GRID)),
    figures=("parameters", "training loss", "accuracy"),
    claims={
        "a line does no better than chance (below 0.7)": lambda found: found.mean("no activation", "accuracy") < 0.7,
        "three narrow layers part the spirals (above 0.95)": lambda found: found.mean("deep: 16, 16, 16", "accuracy") > 0.95,
        "and do better than one wide layer with as many weights, by more than two standard errors": lambda found: found.clearly_more(
            "deep: 16, 16, 16", "wide: 125", "accuracy"
        ),
    },
    chart=plane("Two spirals and the region of the second, by three layers of 16", SPIRALS, SPIRALS_GRID, "deep: 16, 16, 16"),
    seeds=5,
)

PLANE = {"curve": curve, "affine": affine, "universal": universal, "moons": moons, "spirals": spirals}
