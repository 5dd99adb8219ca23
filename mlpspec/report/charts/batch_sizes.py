"""A figure by batch size, both axes logarithmic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mlpspec.report.charts.frame import LETTER, PAD, Frame
from mlpspec.report.charts.lines import Line, pieces, spread
from mlpspec.report.markup import short, tag, text
from mlpspec.report.scale import Scale, alone, drawable, log_domain
from mlpspec.report.words import clipped

WIDTH, HEIGHT = 640, 360
LABEL_LENGTH = 32


def batch_size_chart(title: str, description: str, batch_sizes: Sequence[int], lines: Sequence[Line], *, y_title: str) -> str:
    """Curves over batch sizes, each with its name at its right end.

    Args:
        title: the picture's name.
        description: what it shows, in a sentence, for those who do not see it.
        batch_sizes: rising, at least one.
        lines: the curves, each with a positive value for each batch size, or None.
        y_title: the y axis.
    """
    right = PAD + 10 + LETTER * max(len(clipped(line.name, LABEL_LENGTH)) for line in lines)
    ends = (float(batch_sizes[0]), float(batch_sizes[-1]))
    if ends[0] == ends[1]:
        ends = (ends[0] / 2, ends[0] * 2)
    low, high = log_domain(drawable(value for line in lines for value in line.values))
    heights = (low, high) if low < high else (low / 2, high * 2)
    frame = Frame(ends, heights, x_title="rows of a batch", y_title=y_title, right=right, log=True, width=WIDTH, height=HEIGHT)
    frame.x = Scale(*ends, frame.left, frame.right, log=True)
    frame.x_ticks = list(map(float, batch_sizes))
    frame.x_labels = [alone(size) for size in frame.x_ticks]
    body = [part for line in lines for part in _curve(frame, batch_sizes, line)]
    return frame.drawing(title, description, [*body, *_names(frame, batch_sizes, lines)])


def _curve(frame: Frame, x: Sequence[int], line: Line) -> Iterator[str]:
    for stretch in pieces(frame, x, line.values):
        yield tag("path", d="M" + "L".join(frame.at(*point) for point in stretch), class_=f"line c{line.style % 7}")
        for place, value in stretch:
            told = tag("title", text(f"{line.name}: {value:,.0f} at {place:,.0f} rows"))
            yield tag("circle", told, cx=frame.x(place), cy=frame.y(value), r=3.2, class_=f"dot c{line.style % 7}")


def _names(frame: Frame, x: Sequence[int], lines: Sequence[Line]) -> Iterator[str]:
    ends = sorted(
        ((stretch[-1], line) for line in lines for stretch in [*pieces(frame, x, line.values)][-1:]), key=lambda end: frame.y(end[0][1])
    )
    places = spread([frame.y(point[1]) for point, _ in ends], frame.top, frame.bottom)
    for (point, line), place in zip(ends, places, strict=True):
        at = frame.right + 12.0
        way = f"M{short(frame.x(point[0]) + 3)} {short(frame.y(point[1]))}L{short(at - 3)} {short(place)}"
        yield tag("path", d=way, class_=f"line thin c{line.style % 7}")
        yield tag("text", text(clipped(line.name, LABEL_LENGTH)), x=at, y=place + 4, class_="label")
