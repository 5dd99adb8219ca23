from __future__ import annotations

import math
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpspec.report.charts import Line, Marked, line_chart, spans_decades
from mlpspec.report.charts.lines import spread, thinned


def points(path: str) -> list[list[tuple[float, float]]]:
    """The stretches of an SVG path of M and L, as points."""
    return [[tuple(map(float, point.split())) for point in stretch.split("L")] for stretch in path.split("M")[1:]]  # type: ignore[misc]


def axis(drawn, class_: str, coordinate: str) -> dict[float, float]:
    """Values of the tick labels with their place."""
    found = {}
    for label in drawn.all("text", class_):
        if re.fullmatch(r"[−\d.,e-]+", label.text or ""):
            found[float((label.text or "").replace("−", "-").replace(",", ""))] = float(label.get(coordinate, ""))
    return found


def test_points_lie_where_the_axes_say(picture):
    drawn = picture(line_chart("t", "d", [1, 2, 3, 4, 5], [Line("a", [1.0, 0.5, 0.25, 0.5, 0.0])], y_title="loss"))
    (stretch,) = points(drawn.all("path", "line")[0].get("d"))
    xs, ys = axis(drawn, "middle", "x"), axis(drawn, "end", "y")
    assert [x for x, _ in stretch] == pytest.approx([xs[epoch] for epoch in (1, 2, 3, 4, 5)], abs=0.11)
    zero, one = ys[0] - 4, ys[1] - 4
    assert [y for _, y in stretch] == pytest.approx([zero + value * (one - zero) for value in (1, 0.5, 0.25, 0.5, 0)], abs=0.11)


def test_a_logarithmic_axis_comes_with_more_than_two_decades_and_says_so(picture):
    drawn = picture(line_chart("t", "d", [1, 2, 3], [Line("a", [10.0, 0.1, 0.001])], y_title="loss"))
    assert "loss (log scale)" in drawn.texts()
    ys = [y for _, y in points(drawn.all("path", "line")[0].get("d"))[0]]
    assert ys[1] - ys[0] == pytest.approx(ys[2] - ys[1], abs=0.11)
    assert "loss" in picture(line_chart("t", "d", [1, 2], [Line("a", [1.0, 0.02])], y_title="loss")).texts()


@pytest.mark.parametrize(
    ("values", "is_log"), [([1.0, 0.01], False), ([1.0, 0.0099], True), ([1.0, 0.0], False), ([-1.0, 1000.0], False), ([], False)]
)
def test_spanning_decades(values, is_log):
    assert spans_decades(values) is is_log


def test_missing_values_leave_gaps_and_a_lonely_value_is_a_dot(picture):
    values = [1.0, 2.0, None, 3.0, math.nan, 2.0, 1.0]
    drawn = picture(line_chart("t", "d", list(range(1, 8)), [Line("a", values)], y_title="y"))
    assert [len(stretch) for stretch in points(drawn.all("path", "line")[0].get("d"))] == [2, 2]
    assert len(drawn.all("circle", "dot")) == 1


def test_the_marked_epoch_has_a_line_words_and_a_ring_on_each_curve(picture):
    lines = [Line("a", [3.0, 1.0, 2.0]), Line("b", [3.0, None, 2.0], 2)]
    drawn = picture(line_chart("t", "d", [1, 2, 3], lines, y_title="y", marked=Marked(2, "best: epoch 2")))
    x = axis(drawn, "middle", "x")[2]
    (ring,) = drawn.all("circle", "ring")
    assert float(ring.get("cx", "")) == pytest.approx(x, abs=0.11)
    assert drawn.texts("strong") == ["best: epoch 2"]
    assert drawn.all("path", "mark")[0].get("d", "").startswith(f"M{ring.get('cx')} ")


def test_a_mark_outside_is_left_out(picture):
    drawn = picture(line_chart("t", "d", [1, 2], [Line("a", [1.0, 2.0])], y_title="y", marked=Marked(7, "best: epoch 7")))
    assert not drawn.all("path", "mark")


def test_several_curves_are_named_at_their_ends_and_apart(picture):
    lines = [Line("<first>", [0.5, 0.9]), Line("second", [0.4, 0.9], 2), Line("a_name_that_is_much_too_long", [0.1, 0.2], 3)]
    drawn = picture(line_chart("t", "d", [1, 2], lines, y_title="y"))
    labels = drawn.all("text", "label")
    assert "<first>" in drawn.texts("label")
    assert "a_name_that_is_much_too_long" in drawn.titles()
    heights = sorted(float(label.get("y", "")) for label in labels)
    assert min(b - a for a, b in pairwise(heights)) >= 15.9
    classes = [path.get("class") for path in drawn.all("path", "line") if "thin" not in path.get("class", "")]
    assert classes == ["line c1", "line c2", "line c3"]


@pytest.mark.parametrize("values", [[], [None], [math.nan]])
def test_a_chart_without_values_says_so(picture, values):
    drawn = picture(line_chart("t", "d", list(range(1, len(values) + 1)), [Line("a", values)], y_title="y"))
    assert "no values" in drawn.texts()


def test_a_single_epoch_is_a_dot_on_a_whole_tick(picture):
    drawn = picture(line_chart("t", "d", [1], [Line("a", [0.3])], y_title="y"))
    (dot,) = drawn.all("circle", "dot")
    assert float(dot.get("cx", "")) == pytest.approx(axis(drawn, "middle", "x")[1], abs=0.11)


def test_pointing_tells_the_values(picture):
    drawn = picture(line_chart("t", "d", [1, 2], [Line("train", [0.25, None])], y_title="y"))
    assert drawn.titles() == ["t", "epoch 1\ntrain: 0.25", "epoch 2\ntrain: –"]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=2000))
def test_thinned_curves_keep_ends_and_extremes(values):
    kept = thinned(list(enumerate(values)), most=100)
    assert len(kept) <= max(100, 1)
    assert kept[0] == (0, values[0])
    assert kept[-1] == (len(values) - 1, values[-1])
    assert max(y for _, y in kept) == max(values)
    assert min(y for _, y in kept) == min(values)
    assert [x for x, _ in kept] == sorted(x for x, _ in kept)


@given(st.lists(st.floats(0, 200), max_size=10).map(sorted))
def test_spread_labels_keep_their_order_distance_and_room(places):
    moved = spread(places, 0, 200, gap=16)
    assert all(b - a >= 16 - 1e-9 for a, b in pairwise(moved))
    assert all(-1e-9 <= place <= 200 + 1e-9 for place in moved)


def test_labels_with_room_stay_where_they_are():
    assert spread([10, 50, 90], 0, 100) == [10, 50, 90]
