from mlpspec.diagnostics import closest, did_you_mean


def test_the_nearest_names_come_first():
    assert closest("linaer", ["dense", "linear", "flatten"]) == ["linear"]
    assert closest("drop", ["dropout", "dense"]) == ["dropout"]


def test_case_does_not_matter():
    assert closest("ReLU", ["relu", "selu"])[0] == "relu"


def test_far_names_are_not_guessed_but_few_are_listed():
    assert did_you_mean("xyz", ["relu", "tanh"]) == "known: relu, tanh"
    assert did_you_mean("xyz", [f"name{i}" for i in range(50)]) == ""
