from __future__ import annotations

import xml.etree.ElementTree as ET

from mlpspec.report import ReportContent
from mlpspec.report.curves import column, in_order, training_section

GOALS = {"validation.accuracy": "max", "validation.f1": "max", "validation.mae": "min"}


def records(epochs: int, **more: float | None) -> list[dict[str, object]]:
    return [
        {"epoch": e, "train.loss": 1 / e, "validation.loss": 1 / e + 0.01 * e, **more, "learning_rate": 0.1, "seconds": 0.5}
        for e in range(1, epochs + 1)
    ]


def section(content: ReportContent) -> ET.Element:
    return ET.fromstring("<x>" + "".join(training_section(content)) + "</x>")


def headings(content: ReportContent) -> list[str | None]:
    return [caption.text for caption in section(content).iter("figcaption")]


def test_without_epochs_there_is_no_section():
    assert training_section(ReportContent(name="x")) == []


def test_shares_are_drawn_together_and_other_figures_alone():
    epochs = records(3, **{"validation.accuracy": 0.5, "validation.f1": 0.4, "validation.mae": 0.3})
    content = ReportContent(name="x", epochs=epochs, goals=GOALS)
    assert headings(content) == ["Loss", "Validation metrics", "Validation mae", "Learning rate"]


def test_a_figure_beyond_one_or_without_a_goal_is_drawn_alone():
    epochs = records(3, **{"validation.accuracy": -2.0, "validation.own": 0.4})
    assert headings(ReportContent(name="x", epochs=epochs, goals=GOALS)) == [
        "Loss",
        "Validation accuracy",
        "Validation own",
        "Learning rate",
    ]


def test_several_targets_have_charts_of_their_own():
    epochs = records(3, **{"validation.a.loss": 1.0, "validation.b.loss": 2.0, "validation.a.accuracy": 0.4, "validation.b.r2": 0.3})
    content = ReportContent(name="x", epochs=epochs, goals={"validation.a.accuracy": "max", "validation.b.r2": "max"})
    assert headings(content) == ["Loss", "Loss of each target", "a: validation metrics", "b: validation metrics", "Learning rate"]


def test_captions_say_the_best_and_the_last_value():
    notes = [note.text for note in section(ReportContent(name="x", epochs=records(20), best_epoch=10)).iter("p")]
    assert notes[0] == "Training loss: lowest in the last epoch, 0.05. Validation loss: lowest in epoch 10, 0.2; 0.25 at the end."
    assert notes[1] == "0.1 throughout."


def test_the_best_epoch_is_marked_in_the_table():
    rows = section(ReportContent(name="x", epochs=records(200), best_epoch=77)).findall(".//tbody/tr")
    (marked,) = [row for row in rows if row.get("class") == "marked"]
    assert "".join(marked[0].itertext()) == "best 77"
    assert len(rows) <= 61
    assert "".join(rows[-1][0].itertext()) == "200"


def test_one_epoch_and_figures_without_a_value():
    epochs = [{"epoch": 1, "train.loss": 0.4, "validation.loss": None, "validation.accuracy": None, "learning_rate": 0.1, "seconds": 0.1}]
    element = section(ReportContent(name="x", epochs=epochs, goals=GOALS, best_epoch=1))
    assert [cell.text for cell in element.findall(".//tbody/tr/td")] == ["0.4", "–", "–", "0.1", "0.1 s"]


def test_epochs_run_again_after_a_resumption_count_once():
    found = in_order([{"epoch": 1, "a": 1}, {"epoch": 2, "a": 2}, {"epoch": 2, "a": 3}, {"epoch": 3, "a": 4}])
    assert column(found, "a") == [1, 3, 4]


def test_values_that_are_no_numbers_are_missing():
    assert column([{"a": float("nan")}, {"a": float("inf")}, {"a": "text"}, {}, {"a": 2}], "a") == [None, None, None, None, 2.0]
