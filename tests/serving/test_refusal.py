import pytest

from mlpspec.diagnostics import DataError, Diagnostic, MachineError, ModelFileError, UsageError
from mlpspec.diagnostics.render import diagnostic_to_json
from mlpspec.serving.refusal import Refusal, bad_request, busy, timed_out


@pytest.mark.parametrize(
    ("error", "status"), [(DataError("x"), 400), (UsageError("x"), 400), (MachineError("x"), 503), (ModelFileError("x"), 500)]
)
def test_the_status_of_an_error(error, status):
    refusal = Refusal.of(error)
    assert (refusal.status, refusal.diagnostics) == (status, error.diagnostics)


def test_the_document_has_the_protocols_text_and_the_command_lines_diagnostics():
    first, second = Diagnostic("bad-cell", "one", place="rows[0]"), Diagnostic("bad-cell", "two", help="three")
    document = Refusal(400, first, second).document()
    assert document == {"error": "rows[0]: one; two", "diagnostics": [diagnostic_to_json(first), diagnostic_to_json(second)]}


def test_short_ways_to_refuse():
    assert (bad_request("x").status, bad_request("x", status=413).status) == (400, 413)
    assert bad_request("x", place="id").diagnostics[0].place == "id"
    assert (busy("x").status, busy("x").headers) == (503, {"Retry-After": "1"})
    assert timed_out(504, "x").status == 504
