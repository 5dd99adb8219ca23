"""Counters and histograms in the text format that Prometheus reads. They belong to one event loop.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096)


class Counter:
    """A sum that only grows, for each combination of label values."""

    def __init__(self, name: str, help: str, *labels: str):
        self._name, self._help, self._labels = name, help, labels
        self._sums: dict[tuple[str, ...], int] = {} if labels else {(): 0}

    def add(self, *values: str, by: int = 1) -> None:
        """Add to the sum of these label values."""
        self._sums[values] = self._sums.get(values, 0) + by

    def lines(self) -> Iterator[str]:
        """The text for Prometheus."""
        yield from _head(self._name, self._help, "counter")
        for values, total in self._sums.items():
            yield f"{self._name}{_labelled(self._labels, values)} {total}"


class Histogram:
    """How often a value was at most each of some bounds, its sum and count, for each combination of label values."""

    def __init__(self, name: str, help: str, bounds: Sequence[float], *labels: str):
        self._name, self._help, self._bounds, self._labels = name, help, bounds, labels
        self._found: dict[tuple[str, ...], list[int]] = {}
        self._sums: dict[tuple[str, ...], float] = {}

    def observe(self, value: float, *values: str) -> None:
        """Note a value under these label values."""
        found = self._found.setdefault(values, [0] * (len(self._bounds) + 1))
        found[bisect_left(self._bounds, value)] += 1
        self._sums[values] = self._sums.get(values, 0.0) + value

    def lines(self) -> Iterator[str]:
        """The text for Prometheus."""
        yield from _head(self._name, self._help, "histogram")
        labels = (*self._labels, "le")
        for values, found in self._found.items():
            count = 0
            for bound, times in zip((*map("{:g}".format, self._bounds), "+Inf"), found, strict=True):
                count += times
                yield f"{self._name}_bucket{_labelled(labels, (*values, bound))} {count}"
            yield f"{self._name}_sum{_labelled(self._labels, values)} {self._sums[values]:.9g}"
            yield f"{self._name}_count{_labelled(self._labels, values)} {count}"


class Gauge:
    """A value that is asked for when it is read."""

    def __init__(self, name: str, help: str, read: Callable[[], float]):
        self._name, self._help, self._read = name, help, read

    def lines(self) -> Iterator[str]:
        """The text for Prometheus."""
        yield from _head(self._name, self._help, "gauge")
        yield f"{self._name} {self._read():g}"


def _head(name: str, help: str, kind: str) -> Iterator[str]:
    yield f"# HELP {name} {help}"
    yield f"# TYPE {name} {kind}"


def _labelled(names: Sequence[str], values: Sequence[str]) -> str:
    if not names:
        return ""
    pairs = (f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True))
    return "{" + ",".join(pairs) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
