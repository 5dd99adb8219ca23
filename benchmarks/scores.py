"""How good the shipped specs are: figures on the test rows over several seeds, each with its own split, weights and order of rows.

python benchmarks/scores.py [--seeds N] [--part test] [SPEC ...] [--set PATH=VALUE ...]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from machine import machine

import mlpspec
from mlpspec.cli.table import aligned

SPECS = Path(__file__).resolve().parents[1] / "specs"

DEFAULT = ("penguins", "breast_cancer", "digits", "diabetes")


def scores(spec: Path, part: str, seeds: int, settings: list[str]) -> list[list[str]]:
    """A row for each figure of a spec: mean, standard deviation and extremes over the seeds, and the seconds of a run."""
    found: dict[str, list[float]] = {}
    seconds: list[float] = []
    with tempfile.TemporaryDirectory() as runs:
        for seed in range(seeds):
            document = mlpspec.load(spec, settings=[*settings, f"seed={seed}"])
            result = mlpspec.train(document, runs=runs)
            seconds.append(result.seconds)
            for name, value in result.figures[part].items():
                if value is not None:
                    found.setdefault(name, []).append(value)
    return [[spec.stem, name, *_spread(values), f"{statistics.mean(seconds):.1f}"] for name, values in found.items()]


def _spread(values: list[float]) -> list[str]:
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return [f"{number:.4f}" for number in (statistics.mean(values), deviation, min(values), max(values))]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("specs", nargs="*", type=Path, default=[SPECS / f"{name}.yaml" for name in DEFAULT])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument(
        "--part", default="test", choices=["train", "validation", "test"], help="choose settings by validation, never by test"
    )
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="PATH=VALUE")
    arguments = parser.parse_args()
    rows = [row for spec in arguments.specs for row in scores(spec, arguments.part, arguments.seeds, arguments.settings)]
    print(aligned(["spec", "figure", "mean", "deviation", "least", "most", "s/run"], rows, numeric_from=2))
    print(f"\n{arguments.part} rows, seeds 0 to {arguments.seeds - 1}; {machine('mlpspec', 'torch', 'numpy')}")


if __name__ == "__main__":
    main()
