from __future__ import annotations

import xml.etree.ElementTree as ET

from mlpspec.compiler import load
from mlpspec.training.folds.cross_validate import cross_validate


def test_the_page_of_a_cross_validation(small):
    result = cross_validate(load(small / "spec.yaml", settings=["data.split.folds=3"]), runs=small / "runs")
    page = (result.folder.path / "report.html").read_text()
    root = ET.fromstring(page.removeprefix("<!DOCTYPE html>\n"))
    links = [element.get("href") for element in root.iter("a")]
    assert [link for link in links if link and link.endswith(".html")] == [f"folds/{number}/report.html" for number in (1, 2, 3)]
    assert all((result.folder.path / link).is_file() for link in links if link and link.endswith(".html"))
    words = " ".join(root.itertext())
    assert f"{result.figures['test']['accuracy'].mean:.4g}" in words
    assert "of 60 rows" in words  # all rows were held out once
