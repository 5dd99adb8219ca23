"""Trials as data: what was tried and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

State = Literal["finished", "pruned", "failed", "interrupted", "running", "waiting"]

COUNTED: tuple[State, ...] = ("finished", "pruned", "failed")
"""The states of trials that came to an end of their own."""


@dataclass(frozen=True)
class Trial:
    """One trial, its number counted from 1.

    `values` are numbers or the labels of choices by path; `curve` is the objective after some epochs, (epoch, value) each; `error` says
    why a trial failed; `generation` is that of CMA-ES.
    """

    number: int
    state: State
    values: Mapping[str, Any]
    objective: float | None = None
    curve: Sequence[tuple[int, float]] = ()
    seconds: float | None = None
    error: str = ""
    generation: int | None = None


def best_of(trials: Sequence[Trial], goal: str) -> Trial | None:
    """The finished trial with the best objective; the first of several."""
    ranked = ranking(trials, goal)
    return ranked[0] if ranked else None


def ranking(trials: Sequence[Trial], goal: str) -> list[Trial]:
    """The finished trials, the best first."""
    finished = [trial for trial in trials if trial.state == "finished" and trial.objective is not None]
    sign = 1.0 if goal == "min" else -1.0
    return sorted(finished, key=lambda trial: (sign * (trial.objective or 0.0), trial.number))


def tally(trials: Sequence[Trial]) -> dict[State, int]:
    """How many trials there are of each state that came to an end of its own."""
    return {state: sum(trial.state == state for trial in trials) for state in COUNTED}
