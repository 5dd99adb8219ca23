from __future__ import annotations

import doctest
import xml.etree.ElementTree as ET

from mlpspec.report import tables
from mlpspec.report.tables import Column, fold, sampled, table


def test_examples():
    assert doctest.testmod(tables).failed == 0


def test_a_table_names_its_rows_and_columns_for_a_screen_reader():
    element = ET.fromstring(
        table("All <figures>", [Column("figure"), Column("value", number=True)], [["loss", "0.5"], ["<b>", "1"]], marked=1, mark="best")
    )
    assert element.get("aria-label") == "All <figures>"
    assert element.findtext(".//caption") == "All <figures>"
    assert [(head.get("scope"), head.text) for head in element.findall(".//thead//th")] == [("col", "figure"), ("col", "value")]
    names = element.findall(".//tbody//th")
    assert [name.get("scope") for name in names] == ["row", "row"]
    assert "".join(names[1].itertext()) == "best <b>"
    assert [row.get("class") for row in element.findall(".//tbody/tr")] == [None, "marked"]


def test_a_fold_is_closed():
    element = ET.fromstring(fold("More & more", "<p>x</p>"))
    assert (element.tag, element.get("open"), element.findtext("summary")) == ("details", None, "More & more")


def test_samples_keep_both_ends_and_what_must_be_kept():
    found = sampled(1000, 11, keep=(437, 5000))
    assert found[0] == 0
    assert found[-1] == 999
    assert 437 in found
    assert len(found) == 12
