from __future__ import annotations

import pytest

from mlpspec.report.charts.frame import Frame


def test_ticks_stand_at_their_values(picture):
    frame = Frame((0, 10), (0, 1), x_title="epoch", y_title="share", right=20)
    drawn = picture(frame.drawing("A <title>", "what it shows", []))
    assert drawn.titles() == ["A <title>"]
    assert drawn.root.get("role") == "img"
    places = {label.text: float(label.get("x", "")) for label in drawn.all("text", "middle")}
    assert places["0"] == pytest.approx(frame.left, abs=0.1)
    assert places["10"] == pytest.approx(frame.width - 20, abs=0.1)
    assert places["4"] == pytest.approx(frame.left + 0.4 * (frame.width - 20 - frame.left), abs=0.1)
    heights = {label.text: float(label.get("y", "")) - 4 for label in drawn.all("text", "end")}
    assert heights["0"] == pytest.approx(frame.bottom, abs=0.1)
    assert heights["1.0"] == pytest.approx(frame.top, abs=0.1)


def test_a_square_frame_gives_both_axes_the_same_room():
    frame = Frame((0, 1), (0, 1), x_title="", y_title="", square=True, width=400)
    assert frame.x(1) - frame.x(0) == pytest.approx(frame.y(0) - frame.y(1))


def test_long_labels_are_fewer_so_that_they_do_not_touch():
    frame = Frame((-300_000, 100_000), (0, 1), x_title="", y_title="", width=400)
    gaps = [b - a for a, b in zip(map(frame.x, frame.x_ticks), map(frame.x, frame.x_ticks[1:]), strict=False)]
    assert min(gaps) > 7.6 * max(map(len, frame.x_labels))
