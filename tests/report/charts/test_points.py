from __future__ import annotations

from mlpspec.report.charts import Axis, Dot, points_chart


def chart(picture, x, y, dots, **options):
    return picture(points_chart("p", "d", x, y, dots, **options))


def test_dots_lie_where_their_values_are(picture):
    dots = [Dot(0.0, 0.0, "low"), Dot(10.0, 1.0, "high"), Dot(5.0, 0.5, "middle")]
    drawn = chart(picture, Axis("x", 0, 10), Axis("y", 0, 1), dots).all("circle", "dot")
    low, high, middle = [(float(dot.get("cx")), float(dot.get("cy"))) for dot in drawn]
    assert low[0] < middle[0] < high[0]
    assert abs(middle[0] - (low[0] + high[0]) / 2) < 0.2
    assert low[1] > middle[1] > high[1]


def test_a_logarithmic_axis(picture):
    """Equal factors are equal distances."""
    dots = [Dot(value, 0.5, str(value)) for value in (1e-4, 1e-3, 1e-2)]
    axis = Axis.of_numbers("rate", [1e-4, 1e-2], log=True)
    found = chart(picture, axis, Axis("y", 0, 1), dots)
    places = [float(dot.get("cx")) for dot in found.all("circle", "dot")]
    assert abs((places[1] - places[0]) - (places[2] - places[1])) < 0.2
    assert "rate (log scale)" in found.texts("name")
    assert {"1e-4", "0.001", "0.01"} <= set(found.texts("middle"))


def test_names(picture):
    found = chart(picture, Axis.of_names("kind", ["relu", "tanh"]), Axis("y", 0, 1), [Dot(1, 0.5, "tanh")])
    assert found.texts("middle") == ["relu", "tanh"]
    many = chart(picture, Axis.of_names("fold", [str(number) for number in range(200)]), Axis("y", 0, 1), [])
    assert 2 < len(many.texts("middle")) < 30


def test_lines_and_what_cannot_be_drawn(picture):
    found = chart(
        picture,
        Axis("x", 0, 4),
        Axis("y", 0, 1),
        [Dot(1, float("nan"), "none")],
        stairs=[(0, 0.9), (2, 0.4)],
        level=0.6,
        level_words="mean",
    )
    assert found.all("circle") == []
    assert len(found.all("path", "mark")) == len(found.all("path", "line")) == 1
    assert "no values" in found.texts("middle")
    assert "mean" in found.texts("halo")
    assert Axis.of_numbers("x", [3.0, 3.0], log=True).low < 3 < Axis.of_numbers("x", [3.0, 3.0], log=True).high
