"""Makes the curves and the two-dimensional classes of this folder anew.

python examples/lectures/data/make_data.py
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Write all files."""
    random = np.random.default_rng(0)
    x = np.sort(random.uniform(-2, 2, 100))
    write_csv("parabola.csv", ("x", "y"), np.column_stack([x, x**2 + random.normal(0, 0.3, 100)]))
    x = np.linspace(-3, 3, 241)
    write_csv("wave.csv", ("x", "y"), np.column_stack([x, np.sin(2 * x) + 0.5 * np.sin(5 * x)]))
    write_csv("moons.csv", ("x1", "x2", "side"), moons(random, 200))
    write_csv("spirals.csv", ("x1", "x2", "side"), spirals(random, 300))


def moons(random: np.random.Generator, rows: int) -> np.ndarray:
    """Two half circles that reach into each other, `rows` points in each: (2 * rows, 3), the last column the class."""
    angle = random.uniform(0, np.pi, rows)
    upper = np.column_stack([np.cos(angle), np.sin(angle)])
    lower = np.column_stack([1 - np.cos(angle), 0.5 - np.sin(angle)])
    return _two_classes(upper, lower, random, 0.1)


def spirals(random: np.random.Generator, rows: int) -> np.ndarray:
    """Two arms of one and a half turns around each other, `rows` points in each: (2 * rows, 3), the last column the class."""
    turn = np.sqrt(random.uniform(0.02, 1, rows))
    arm = turn[:, None] * np.column_stack([np.cos(3 * np.pi * turn), np.sin(3 * np.pi * turn)])
    return _two_classes(arm, -arm, random, 0.02)


def _two_classes(first: np.ndarray, second: np.ndarray, random: np.random.Generator, noise: float) -> np.ndarray:
    """Points of two classes, disturbed, in random order."""
    points = np.concatenate([first, second])
    points += random.normal(0, noise, points.shape)
    return random.permutation(np.column_stack([points, np.repeat([0, 1], [len(first), len(second)])]))


def write_csv(name: str, header: Sequence[str], rows: np.ndarray) -> None:
    """A table whose lines end with a line feed, with four decimals; classes are whole numbers."""
    with (HERE / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(
            [f"{value:.4f}" if column != "side" else int(value) for column, value in zip(header, row, strict=True)] for row in rows
        )


if __name__ == "__main__":
    main()
