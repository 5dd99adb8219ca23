from __future__ import annotations

import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlpspec.catalog.metrics.base import Answers
from mlpspec.report import LayerRow, ReportContent, TargetAnswers, report_page
from mlpspec.report.page import MOST_BYTES

SVG = "{http://www.w3.org/2000/svg}"
EVIL = '<script>alert("1")</script>&amp;\x00\x1b'
VOID = {"meta", "br", "path", "line", "rect", "circle"}


def classes(rows: int = 60, names: tuple[str, ...] = ("a", "b", "c")) -> TargetAnswers:
    rng = np.random.default_rng(rows)
    probability = rng.dirichlet(np.ones(len(names)), rows)
    truth = rng.integers(0, len(names), rows)
    return TargetAnswers(Answers(truth, probability.argmax(axis=1), probability, binary=len(names) == 2), names)


def numbers(rows: int = 60) -> TargetAnswers:
    truth = np.random.default_rng(rows).normal(size=(rows, 1))
    return TargetAnswers(Answers(truth, truth * 0.9))


def full(**changes) -> ReportContent:
    epochs = [
        {
            "epoch": e,
            "train.loss": 2 / e,
            "validation.loss": 2.2 / e,
            "validation.accuracy": 1 - 1 / (e + 1),
            "learning_rate": 0.01,
            "seconds": 0.2,
        }
        for e in range(1, 13)
    ]
    content = {
        "name": "penguins",
        "started": "2026-11-21T05:31:02+0000",
        "seconds": 12.3,
        "ended": "early stopping",
        "device": "cpu",
        "seed": 42,
        "versions": {"mlpspec": "0.1.0", "torch": "2.13.0"},
        "rows": {"train": 200, "validation": 60, "test": 61},
        "parameters": 963,
        "layers": [LayerRow("species", "linear", ("island", "sex"), "(batch, 3)", 195)],
        "figures": {
            "train": {"loss": 0.1, "accuracy": 0.99},
            "validation": {"loss": 0.2, "accuracy": 0.97},
            "test": {"loss": 0.25, "accuracy": None},
        },
        "undefined": {"test": {"accuracy": "there are no rows"}},
        "goals": {"validation.accuracy": "max"},
        "epochs": epochs,
        "best_epoch": 7,
        "monitor": "validation.loss",
        "answers": {
            "train": {"species": classes(200)},
            "validation": {"species": classes(60)},
            "test": {"species": classes(61), "mass": numbers(61)},
        },
        "data": {"data/penguins.csv": "sha256:" + "9f" * 32},
        "spec": "mlpspec: 1\nname: penguins\n",
        "warnings": ["2 values are missing"],
    }
    return ReportContent(**(content | changes))


def read(content: ReportContent) -> ET.Element:
    return ET.fromstring(report_page(content))


def test_the_page_is_well_formed_html_that_needs_nothing_else():
    text = report_page(full())
    assert text.startswith("<!DOCTYPE html>")

    open_: list[str] = []

    class Check(HTMLParser):
        def handle_starttag(self, tag, attrs):
            assert tag not in ("script", "link", "img", "iframe")
            assert not [name for name, _ in attrs if name.startswith("on") or name == "src"]
            for name, value in attrs:
                assert name != "href" or (value or "").startswith("#")
            if tag not in VOID:
                open_.append(tag)

        def handle_endtag(self, tag):
            if tag not in VOID:
                assert open_.pop() == tag

    checker = Check()
    checker.feed(text)
    checker.close()
    assert open_ == []
    assert "url(" not in text
    assert "@import" not in text


def test_every_picture_has_a_name_and_a_description():
    pictures = list(read(full()).iter(SVG + "svg"))
    assert len(pictures) >= 10
    for picture in pictures:
        assert picture.get("role") == "img"
        assert picture[0].tag == SVG + "title"
        assert picture[0].text
        assert picture[1].tag == SVG + "desc"
        assert picture[1].text


def test_ids_are_unique_and_links_lead_somewhere():
    page = read(full())
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    assert len(set(ids)) == len(ids)
    assert all((link.get("href") or "")[1:] in ids for link in page.iter("a"))


def test_the_part_that_counts_most_comes_first():
    page = read(full())
    tiles = {tile.findtext("dt"): tile.findtext("dd") for tile in page.findall(".//dl/div")}
    assert tiles == {"loss": "0.25"}  # the test part's accuracy has no value
    assert "On the test part, 61 rows" in [note.text for note in page.iter("p")]
    folds = [summary.text for summary in page.iter("summary")]
    assert "The same on the validation part" in folds
    assert "The same on the training part" in folds


def test_figures_stand_by_part_with_the_reason_where_there_is_none():
    page = read(full())
    (table,) = [table for table in page.iter("table") if table.findtext("caption") == "Figures by part"]
    rows = [[cell.text for cell in row] for row in table.iter("tr")]
    assert rows == [
        ["figure", "training", "validation", "test"],
        ["loss", "0.1", "0.2", "0.25"],
        ["accuracy", "0.99", "0.97", "–"],
        ["rows", "200", "60", "61"],
    ]
    text = "".join(page.itertext())
    assert "accuracy, test: there are no rows" in text
    assert "With the weights of epoch 7, the best by validation.loss." in text


def test_the_head_tells_the_story():
    facts = ["".join(fact.itertext()) for fact in read(full()).findall(".//header/ul/li")]
    assert facts == ["21 November 2026, 05:31", "stopped early after 12 epochs", "best weights: epoch 7", "12 s", "cpu", "963 parameters"]


def test_everything_from_outside_is_escaped():
    answers = {
        "test": {EVIL: TargetAnswers(classes().answers, (EVIL, "b", "c")), EVIL + "2": TargetAnswers(numbers().answers, None, (EVIL,))}
    }
    content = full(
        name=EVIL,
        started=EVIL,
        ended=EVIL,
        device=EVIL,
        versions={EVIL: EVIL},
        rows={EVIL: 3},
        layers=[LayerRow(EVIL, EVIL, (EVIL,), EVIL, 1)],
        figures={EVIL: {EVIL: 1.0}},
        undefined={EVIL: {EVIL: EVIL}},
        goals={f"validation.{EVIL}": "max"},
        epochs=[{"epoch": 1, "train.loss": 1.0, f"validation.{EVIL}": 0.5, f"validation.{EVIL}.x": 7.0}],
        monitor=EVIL,
        answers=answers,
        data={EVIL: EVIL},
        spec=EVIL,
        warnings=[EVIL],
    )
    text = report_page(content)
    assert "<script" not in text
    page = ET.fromstring(text)
    assert page.findtext(".//h1") == EVIL.replace("\x00", "\ufffd").replace("\x1b", "\ufffd")
    assert not list(page.iter("script"))


def test_only_a_name():
    page = read(ReportContent(name="bare"))
    assert page.findtext(".//h1") == "bare"
    assert not page.findall(".//section")


def test_without_validation_rows():
    epochs = [{"epoch": e, "train.loss": 1 / e, "learning_rate": 0.1, "seconds": 0.1} for e in (1, 2, 3)]
    content = full(
        epochs=epochs,
        rows={"train": 9},
        figures={"train": {"loss": 0.1}},
        undefined={},
        answers={"train": {"species": classes(9)}},
        best_epoch=3,
    )
    captions = [caption.text for caption in read(content).iter("figcaption")]
    assert captions == ["Loss", "Learning rate", "Confusion", "Calibration"]


def test_a_part_without_rows():
    empty = TargetAnswers(Answers(np.zeros(0, int), np.zeros(0, int), np.zeros((0, 3))), ("a", "b", "c"))
    page = read(full(answers={"test": {"species": empty, "mass": TargetAnswers(Answers(np.zeros((0, 1)), np.zeros((0, 1))))}}))
    assert [lead.text for lead in page.iter("p") if lead.get("class") == "lead"] == ["There are no rows."] * 2


def test_an_evaluation_without_a_training():
    content = ReportContent(name="x", figures={"held out": {"accuracy": 0.5}}, answers={"held out": {"species": classes()}})
    page = read(content)
    assert "On the held out part." in [note.text for note in page.iter("p")]


@pytest.mark.parametrize("targets", [1, 40])
def test_large_content_stays_a_modest_file(targets):
    names = tuple(f"class number {i}" for i in range(20))
    mixed = [(f"target {i}", classes(3000, names)) for i in range(targets)] + [(f"number {i}", numbers(5000)) for i in range(targets)]
    part = dict(sorted(mixed, key=lambda pair: pair[0][-2:]))
    epochs = [{"epoch": e, "train.loss": 1 / e, "validation.loss": 1 / e, "learning_rate": 0.1, "seconds": 0.1} for e in range(1, 5001)]
    layers = [LayerRow(f"layer_{i}", "linear", (f"layer_{i - 1}",), "(batch, 64)", 4160) for i in range(2000)]
    content = full(answers={"train": part, "validation": part, "test": part}, epochs=epochs, layers=layers, spec="# comment\n" * 100_000)
    text = report_page(content)
    assert len(text.encode()) <= MOST_BYTES
    assert "150 of 2000 layers are shown." in text
    assert ("more targets are left out, to keep the page small" in text) is (targets == 40)


@settings(max_examples=30)
@given(
    losses=st.lists(st.one_of(st.none(), st.floats(), st.integers(-(10**9), 10**9)), min_size=1, max_size=8),
    figure=st.one_of(st.none(), st.floats()),
    best=st.integers(0, 10),
)
def test_any_numbers_make_a_page(losses, figure, best):
    epochs = [
        {"epoch": e, "train.loss": loss, "validation.loss": figure, "validation.r2": loss, "learning_rate": figure, "seconds": 1e-3}
        for e, loss in enumerate(losses, 1)
    ]
    read(ReportContent(name="x", epochs=epochs, best_epoch=best, figures={"train": {"loss": figure}}, goals={"validation.r2": "max"}))
