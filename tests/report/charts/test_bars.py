from __future__ import annotations

import pytest

from mlpspec.report.charts import bars_chart


def test_bars_are_as_long_as_their_shares(picture):
    found = picture(bars_chart("b", "d", [("one", 0.6), ("a_very_long_name_of_a_parameter_of_a_layer", 0.3), ("none", 0.0)]))
    widths = [float(bar.get("width")) for bar in found.all("rect", "bar")]
    assert widths[0] / widths[1] == pytest.approx(2, abs=0.01)
    assert widths[2] == 1
    assert "60\xa0%" in found.texts()
    assert "a_very_long_name_of_a_parameter_of_a_layer" in found.titles()


def test_no_bars(picture):
    assert picture(bars_chart("b", "d", [])).all("rect") == []
