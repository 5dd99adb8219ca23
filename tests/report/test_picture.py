from xml.etree import ElementTree

from mlpspec.report.charts.lines import Line, line_chart
from mlpspec.report.picture import svg_picture


def test_a_picture_is_a_chart_with_its_style():
    chart = line_chart("Loss", "It falls.", [1, 2], [Line("loss", [2.0, 1.0])], y_title="loss")
    root = ElementTree.fromstring(svg_picture(chart))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert [child.tag.split("}")[1] for child in root][:3] == ["title", "desc", "style"]
    style = root[2].text
    assert ".line {" in style
    assert "font-family" in style
    assert len(root) == len(ElementTree.fromstring(chart)) + 1
