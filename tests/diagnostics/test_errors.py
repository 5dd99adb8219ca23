import pytest

from mlpspec.diagnostics import (
    CheckError,
    DataError,
    Diagnostic,
    MachineError,
    MlpspecError,
    ModelFileError,
    SpecError,
    StoppedError,
    UsageError,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [(MlpspecError, 1), (UsageError, 2), (SpecError, 3), (DataError, 4), (ModelFileError, 5), (MachineError, 6), (CheckError, 7)],
)
def test_each_error_knows_its_exit_code(error, code):
    raised = error("something")
    assert raised.exit_code == code
    assert raised.diagnostics[0].message == "something"


def test_an_error_says_all_its_diagnostics():
    error = SpecError([Diagnostic("wrong-type", "one"), Diagnostic("out-of-range", "two")])
    assert str(error) == "one\ntwo"


def test_a_stop_carries_the_signal_s_code():
    assert StoppedError("stopped", exit_code=75).exit_code == 75


def test_a_code_without_an_explanation_is_refused():
    with pytest.raises(KeyError):
        Diagnostic("no-such-code", "x")
