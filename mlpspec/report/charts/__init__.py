"""Charts as SVG text, without a plotting library. Colours and fonts come from the page's style sheet."""

from mlpspec.report.charts.bars import bars_chart
from mlpspec.report.charts.confusion import MOST_CLASSES, confusion, confusion_chart
from mlpspec.report.charts.lines import Line, Marked, line_chart, spans_decades
from mlpspec.report.charts.parallel import Way, parallel_chart
from mlpspec.report.charts.points import Axis, Dot, points_chart
from mlpspec.report.charts.reliability import Bin, calibration_error, reliability, reliability_chart
from mlpspec.report.charts.residuals import Histogram, histogram, residual_chart
from mlpspec.report.charts.roc import roc, roc_chart
from mlpspec.report.charts.scatter import chosen_rows, scatter_chart

__all__ = [
    "MOST_CLASSES",
    "Axis",
    "Bin",
    "Dot",
    "Histogram",
    "Line",
    "Marked",
    "Way",
    "bars_chart",
    "calibration_error",
    "chosen_rows",
    "confusion",
    "confusion_chart",
    "histogram",
    "line_chart",
    "parallel_chart",
    "points_chart",
    "reliability",
    "reliability_chart",
    "residual_chart",
    "roc",
    "roc_chart",
    "scatter_chart",
    "spans_decades",
]
