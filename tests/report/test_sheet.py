from __future__ import annotations

import xml.etree.ElementTree as ET

from mlpspec.report.sheet import heading, sheet, tiles, warnings_box


def test_sections_have_links_and_empty_ones_are_left_out():
    page = sheet("a & b", heading("kind", "<name>", ["one", "", "two"]), warnings_box(["w"] * 60), {"first": ["<p>x</p>"], "none": []})
    root = ET.fromstring(page.removeprefix("<!DOCTYPE html>\n"))
    assert [link.get("href") for link in root.iter("a")] == ["#first"]
    assert [section.get("id") for section in root.iter("section")] == ["first"]
    assert root.findtext("head/title") == "a & b"
    assert root.findtext("body/header/h1") == "<name>"
    items = [item.text for item in root.iter("li")]
    assert items[:2] == ["one", "two"]
    assert items[-1] == "and 10 more"


def test_no_warnings_no_box():
    assert warnings_box([]) == []
    assert tiles([("loss", "0.1")]).count("<dt>") == 1
