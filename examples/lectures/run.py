"""Runs the experiments of the lectures: trains the variants of a spec, prints a table, says whether the claim held, draws a plot.

python examples/lectures/run.py            # all of them, some minutes
python examples/lectures/run.py schedules  # one of them
python examples/lectures/run.py --list
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from runner.topic import Findings, Topic
from runner.topics import TOPICS

import mlpspec
from mlpspec.report.picture import svg_picture

HERE = Path(__file__).resolve().parent
PLOTS = HERE / "plots"


def experiment(topic: Topic, *, seeds: int | None = None, settings: Sequence[str] = ()) -> Findings:
    """Measure all variants of a topic with the seeds 0, 1, ...; `settings` are put on top of each variant's own."""
    count = topic.seeds if seeds is None else seeds
    outcomes = {
        name: [
            topic.measure(mlpspec.load(HERE / topic.spec, settings=[*own, *settings, f"seed={seed}"], allow_outside=True))
            for seed in range(count)
        ]
        for name, own in topic.variants.items()
    }
    return Findings(outcomes)


def table(topic: Topic, findings: Findings) -> str:
    """A line for each variant: mean and standard deviation of each figure over the seeds."""
    lines = [[name, *[_spread(findings.values(name, figure)) for figure in topic.figures]] for name in topic.variants]
    rows = [["", *topic.figures], *lines]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *[cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]]) for row in rows
    )


def _spread(values: np.ndarray) -> str:
    """Mean, and standard deviation where the runs differ; a dash where a run did not get so far as to have the figure."""
    if np.isnan(values).any():
        return "–"
    mean, deviation = float(values.mean()), float(values.std(ddof=1)) if len(values) > 1 else 0.0
    return f"{mean:.4g}" if deviation == 0 else f"{mean:.4g} ± {deviation:.2g}"


def verdicts(topic: Topic, findings: Findings) -> dict[str, bool]:
    """Whether each of the topic's claims held."""
    return {words: bool(holds(findings)) for words, holds in topic.claims.items()}


def show(name: str, topic: Topic, plots: Path, seeds: int | None) -> bool:
    """Run a topic, print what it found and write its plot. Whether all its claims held."""
    findings = experiment(topic, seeds=seeds)
    held = verdicts(topic, findings)
    plots.mkdir(parents=True, exist_ok=True)
    (plots / f"{name}.svg").write_text(svg_picture(topic.chart(findings)), encoding="utf-8")
    lines = [
        f"{name}: {topic.title}",
        table(topic, findings),
        *[f"{'held' if ok else 'DID NOT HOLD'}: {words}" for words, ok in held.items()],
    ]
    sys.stdout.write("\n".join([*lines, f"plot: {plots / name}.svg", "", ""]))
    sys.stdout.flush()
    return all(held.values())


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line. The exit code is 0 whether claims held or not: that is a finding, not a failure."""
    parser = argparse.ArgumentParser(description="Run the experiments of the lectures.")
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help="which ones; default: all")
    parser.add_argument("--seeds", type=int, help="how many seeds; default: each topic's own number")
    parser.add_argument("--plots", type=Path, default=PLOTS, help="where the plots go")
    parser.add_argument("--list", action="store_true", help="name the topics and end")
    chosen = parser.parse_args(arguments)
    if chosen.seeds is not None and chosen.seeds < 1:
        parser.error("--seeds must be at least 1")
    unknown = [name for name in chosen.topics if name not in TOPICS]
    if unknown:
        parser.error(f"there is no topic {', '.join(unknown)}; there are {', '.join(TOPICS)}")
    if chosen.list:
        sys.stdout.write("".join(f"{name}: {topic.title}\n" for name, topic in TOPICS.items()))
        return
    for name in chosen.topics or TOPICS:
        show(name, TOPICS[name], chosen.plots, chosen.seeds)


if __name__ == "__main__":
    main()
