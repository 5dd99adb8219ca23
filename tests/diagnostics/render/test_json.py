import json

from mlpspec.diagnostics import Diagnostic, Label, Position, Source, Span
from mlpspec.diagnostics.render import diagnostic_to_json


def test_lines_and_columns_count_from_one():
    span = Span(Source("spec.yaml", "a: b"), Position(0, 3), Position(0, 4))
    found = diagnostic_to_json(Diagnostic("wrong-type", "no", primary=Label(span), secondary=(Label(span, "here"),), help="do"))
    assert json.loads(json.dumps(found)) == {
        "severity": "error",
        "code": "wrong-type",
        "message": "no",
        "help": "do",
        "place": "",
        "primary": {"file": "spec.yaml", "line": 1, "column": 4, "end_line": 1, "end_column": 5, "message": ""},
        "secondary": [{"file": "spec.yaml", "line": 1, "column": 4, "end_line": 1, "end_column": 5, "message": "here"}],
    }
