from __future__ import annotations

import math
import xml.etree.ElementTree as ET

from mlpspec.report import ReportContent
from mlpspec.report.tuning import TrialRow, Tuned, TuningContent, tuning_page

TUNED = [Tuned("vars.width", 8, 128, log=True), Tuned("model.0.dense.activation", choices=["relu", "tanh"]), Tuned("a.dropout", 0, 0.5)]


def trial(number, state="finished", objective=None, width=8, activation="relu", **more):
    values = {"vars.width": width, "model.0.dense.activation": activation, "a.dropout": 0.25}
    return TrialRow(number, state, objective, values, 1.5, **more)


def content(trials, goal="min", tuned=TUNED, importances=None):
    sign = 1 if goal == "min" else -1
    best = sorted((one for one in trials if one.objective is not None), key=lambda one: sign * one.objective)
    about = ReportContent(name="tuned", spec="name: <tuned>\n", data={"t.csv": "ab"})
    return TuningContent(about, "validation.loss", goal, "tpe", tuned, trials, best, importances or {})


def page(found):
    return ET.fromstring(tuning_page(found).removeprefix("<!DOCTYPE html>\n"))


TRIALS = [
    trial(1, objective=0.9, width=100, curve=[(1, 1.2), (2, 0.9)]),
    trial(2, "pruned", width=20, curve=[(1, 5.0)]),
    trial(3, "failed", error="the loss became <NaN>"),
    trial(4, objective=0.2, activation="tanh", curve=[(1, 0.8), (2, 0.2)]),
]


def test_all_that_a_study_tells():
    root = page(content(TRIALS, importances={"vars.width": 0.8, "a.dropout": 0.2}))
    words = " ".join(root.itertext())
    headings = [element.text for element in root.iter("figcaption")]
    assert headings == ["History", "Best trials", "Importance", "All values together", *(one.name for one in TUNED)]
    assert "The best trial: number 4" in words
    assert "4 trials: 2 finished, 1 pruned, 1 failed" in words
    assert "the loss became <NaN>" in words
    assert "name: <tuned>" in words
    rows = [["".join(cell.itertext()) for cell in row] for row in root.iter("tr")]
    assert ["best 4", "finished", "0.2", "8", "tanh", "0.25", "1.5 s"] in rows


def test_the_line_of_the_best_so_far_only_gets_better():
    root = page(content(TRIALS))
    [stairs] = [path.get("d") for path in root.iter("{http://www.w3.org/2000/svg}path") if path.get("class") == "line c2"][:1]
    assert stairs.count("V") == 1


def test_few_or_no_trials_make_a_page():
    assert "No trial came to a figure." in " ".join(page(content([])).itertext())
    assert "the 1 best stand out" in " ".join(page(content([trial(1, objective=0.5)])).itertext())
    assert page(content([trial(1, objective=0.0), trial(2, objective=0.0)], tuned=TUNED[:1])) is not None
    assert page(content([trial(1, "pruned", curve=[(1, 1e308)])], goal="max")) is not None


def test_many_trials():
    found = content([trial(number, objective=math.sin(number), width=8 + number % 100) for number in range(1, 3000)])
    assert len(tuning_page(found).encode()) < 1_000_000
