from __future__ import annotations

from mlpspec.report.charts import Axis, Way, parallel_chart

AXES = [Axis("width", 8, 128, log=True), Axis.of_names("kind", ["relu", "tanh"]), Axis("loss", 0, 1)]


def test_a_line_for_each_trial_and_the_best_on_top(picture):
    ways = [Way([8, 0, 0.5], "one", best=True), Way([128, 1, 0.0], "two"), Way([32, 1, 1.0], "three")]
    found = picture(parallel_chart("p", "d", AXES, ways))
    assert len(found.all("path", "line faint")) == 2
    assert [path.get("class") for path in found.all("path", "line")][-1] == "line c2"
    assert len(found.all("path", "axis")) == 3
    assert {"width", "kind", "loss"} <= set(found.texts("label"))


def test_equal_factors_are_equal_distances(picture):
    ways = [Way([value, 0, 0], str(value)) for value in (8, 32, 128)]
    lines = picture(parallel_chart("p", "d", AXES, ways)).all("path", "faint")
    low, middle, high = [float(line.get("d").split("L")[0].split(" ")[1]) for line in lines]
    assert abs((low - middle) - (middle - high)) < 0.3


def test_a_value_that_is_not_there_breaks_the_line(picture):
    found = picture(parallel_chart("p", "d", AXES, [Way([8, None, 0.5], "gap"), Way([None] * 3, "none")]))
    [line] = found.all("path", "faint")
    assert line.get("d").count("M") == 2
