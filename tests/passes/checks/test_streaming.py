"""`data.streaming` and what does not go with it."""

from __future__ import annotations

import pytest

from mlpspec.compiler import loads
from mlpspec.diagnostics import SpecError

SPEC = """\
mlpspec: 1
data: {{path: {path}, streaming: true, split: {{{split}}}}}
inputs: {{x: numeric}}
targets: {{y: category}}
model: [head: y]
training: {{{training}}}
"""


def problems(path="t.csv", split="", training=""):
    try:
        loads(SPEC.format(path=path, split=split, training=training))
    except SpecError as error:
        return [finding.message for finding in error.diagnostics]
    return []


@pytest.mark.parametrize(
    "written",
    [{}, {"split": "column: part"}, {"split": "group: person"}, {"training": "sampling: sequential"}, {"training": "shuffle: false"}],
)
def test_what_goes_with_it(written):
    assert problems(**written) == []


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"split": "stratify: y"}, "`stratify` needs all rows at once, which `streaming` never has: each row is given to a part by chance"),
        ({"split": "time: day"}, "`time` needs all rows at once, which `streaming` never has: it sorts them"),
        ({"split": "folds: 5"}, "`folds` needs all rows at once, which `streaming` never has: each fold holds out other rows"),
        ({"training": "sampling: balanced"}, "`sampling: balanced` needs all rows at once, which `streaming` never has"),
        ({"path": "t.npz"}, "an NPZ file is read whole, and `streaming` reads block by block"),
    ],
)
def test_what_does_not(written, message):
    assert problems(**written) == [message]
