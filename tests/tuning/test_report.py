from __future__ import annotations

import xml.etree.ElementTree as ET

from mlpspec.tuning.tune import tune


def test_the_page_of_a_study(document, tuned):
    result = tune(document("tuning.trials=3"), runs=tuned / "runs")
    root = ET.fromstring((result.folder.path / "report.html").read_text().removeprefix("<!DOCTYPE html>\n"))
    words = " ".join(root.itertext())
    assert "3 trials: 3 finished" in words
    assert "tpe, pruner none" in words
    assert result.spec.read_text().splitlines()[8] in words
