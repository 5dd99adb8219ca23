import re
from xml.etree import ElementTree

from mlpspec.report.charts.batch_sizes import batch_size_chart
from mlpspec.report.charts.lines import Line


def chart(sizes, lines):
    return ElementTree.fromstring(batch_size_chart("Speed", "Rows a second.", sizes, lines, y_title="rows/s"))


def elements(root, name):
    return [element for element in root.iter() if element.tag.endswith("}" + name)]


def test_both_axes_are_logarithmic():
    root = chart([1, 10, 100], [Line("a", [10, 100, 1000])])
    places = [(float(dot.get("cx")), float(dot.get("cy"))) for dot in elements(root, "circle")]
    (x0, y0), (x1, y1), (x2, y2) = places
    assert abs((x1 - x0) - (x2 - x1)) < 0.2  # equal factors are equal distances, up to the rounding of coordinates
    assert abs((y1 - y0) - (y2 - y1)) < 0.2
    assert y0 > y1 > y2


def test_every_batch_size_is_labelled_and_every_curve_named():
    root = chart([1, 256, 65536], [Line("one", [1, 2, 3], 1), Line("two", [3, None, 1], 2)])
    words = [element.text for element in elements(root, "text")]
    assert {"1", "256", "65536", "one", "two", "rows of a batch", "rows/s"} <= set(words)
    assert len(elements(root, "circle")) == 5


def test_a_missing_value_breaks_the_curve():
    root = chart([1, 2, 4, 8], [Line("a", [1, None, 2, 3])])
    strokes = [e.get("d") for e in elements(root, "path") if e.get("class") == "line c1"]
    assert [len(re.findall("[ML]", stroke)) for stroke in strokes] == [1, 2]


def test_a_single_batch_size_lies_in_the_middle():
    root = chart([16], [Line("a", [100.0])])
    (dot,) = elements(root, "circle")
    assert 150 < float(dot.get("cx")) < 500
