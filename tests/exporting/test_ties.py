import numpy as np
import pytest

from mlpspec.data.operators import run_program
from mlpspec.exporting.ties import defensible, with_grounds
from mlpspec.exporting.tolerance import ABSOLUTE, RELATIVE
from mlpspec.ir.program import Program, Step


def decoding(classes):
    return Program(
        ("head",),
        ("kind", "kind_probability"),
        (
            Step("softmax", ("head",), "kind_probability"),
            Step("argmax", ("kind_probability",), "number"),
            Step("take", ("number",), "kind", {"values": classes}),
        ),
    )


def binary(threshold):
    return Program(
        ("head",),
        ("yes",),
        (
            Step("sigmoid", ("head",), "p"),
            Step("at_least", ("p",), "reached", {"value": threshold}),
            Step("squeeze", ("reached",), "number"),
            Step("take", ("number",), "yes", {"values": ["no", "yes"]}),
        ),
    )


MARKS = Program(("head",), ("marks",), (Step("sigmoid", ("head",), "p"), Step("at_least", ("p",), "marks", {"value": 0.25})))


def logit(p):
    return np.log(p / (1 - p))


def ask(program, head, found):
    values = run_program(with_grounds(program), {"head": np.asarray(head, np.float32)})
    allowed = {name: ABSOLUTE + RELATIVE * np.abs(array) for name, array in values.items() if array.dtype.kind == "f"}
    return defensible(program, values, allowed, np.asarray(found, object if isinstance(np.ravel(found)[0], str) else np.int64)).tolist()


@pytest.mark.parametrize("threshold", [0.5, 0.3, 0.9, 0.01])
def test_a_binary_tie_is_at_the_threshold(threshold):
    margin = ABSOLUTE + RELATIVE * threshold
    p = np.array([[threshold - 3 * margin], [threshold - margin / 2], [threshold + margin / 2], [threshold + 3 * margin]])
    for label in ("no", "yes"):
        assert ask(binary(threshold), logit(p), [label] * 4) == [False, True, True, False]


def test_a_half_is_no_tie_when_the_threshold_is_elsewhere():
    """Both classes are equally probable, and the label is certain all the same."""
    assert ask(binary(0.3), [[0.0]], ["no"]) == [False]


def test_classes_tie_when_their_probabilities_do():
    head = np.log([[0.5, 0.49999, 0.00001], [0.5, 0.4, 0.1], [1 / 3, 1 / 3, 1 / 3]])
    assert ask(decoding(["a", "b", "c"]), head, ["b", "b", "c"]) == [True, False, True]


def test_a_third_class_is_wrong_where_two_others_tie():
    head = np.log([[0.45, 0.45, 0.1]])
    assert ask(decoding(["a", "b", "c"]), head, ["c"]) == [False]
    assert ask(decoding(["a", "b", "c"]), head, ["b"]) == [True]


def test_a_label_that_is_none_is_wrong():
    assert ask(decoding(["a", "b"]), [[0.0, 0.0]], ["?"]) == [False]
    assert ask(binary(0.5), [[0.0]], ["?"]) == [False]


def test_numbers_as_labels():
    assert ask(decoding([30, 10]), [[0.0, 0.0], [5.0, 0.0]], [10, 10]) == [True, False]
    assert ask(decoding([30, 10]), [[0.0, 0.0]], [0]) == [False]


def test_each_mark_is_judged_by_itself():
    near, far = logit(0.250001), logit(0.4)
    assert ask(MARKS, [[near, far], [far, near]], [[0, 0], [1, 0]]) == [[True, False], [False, True]]


def test_probabilities_that_are_no_numbers_are_no_ties():
    with np.errstate(invalid="ignore"):
        assert ask(decoding(["a", "b"]), [[np.nan, 0.0]], ["a"]) == [False]
        assert ask(binary(0.5), [[np.nan]], ["no"]) == [False]


def test_where_anything_will_do_every_class_is_right():
    values = {"head": np.zeros((1, 2), np.float32), "kind_probability": np.array([[np.nan, np.nan]], np.float32)}
    allowed = {"kind_probability": np.full((1, 2), np.inf)}
    for label, right in (("a", True), ("b", True), ("c", False)):
        assert defensible(decoding(["a", "b"]), values, allowed, np.array([label], object)).tolist() == [right]
