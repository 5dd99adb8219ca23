"""The report as a file."""

from __future__ import annotations

from pathlib import Path

from mlpspec.atomic import write_atomically
from mlpspec.report.content import ReportContent
from mlpspec.report.page import report_page


def write_report(content: ReportContent, path: str | Path) -> None:
    """Write the page to `path`, whole or not at all.

    Raises:
        MachineError: when it cannot be written.
    """
    page = report_page(content).encode()
    with write_atomically(Path(path)) as file:
        file.write(page)
