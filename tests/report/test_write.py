from __future__ import annotations

import pytest

from mlpspec.diagnostics import MachineError
from mlpspec.report import ReportContent, report_page, write_report


def test_the_file_is_the_page(tmp_path):
    content = ReportContent(name="Ärger \ud800")
    write_report(content, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == report_page(content)
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_a_place_that_cannot_be_written(tmp_path):
    with pytest.raises(MachineError):
        write_report(ReportContent(name="x"), tmp_path / "nowhere" / "report.html")
