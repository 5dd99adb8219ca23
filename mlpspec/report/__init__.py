"""The report of a run: figures, curves, what the answers are worth, and all that a reader needs to trust them, on one page."""

from mlpspec.report.content import LayerRow, ReportContent, TargetAnswers
from mlpspec.report.page import report_page
from mlpspec.report.write import write_report

__all__ = ["LayerRow", "ReportContent", "TargetAnswers", "report_page", "write_report"]
