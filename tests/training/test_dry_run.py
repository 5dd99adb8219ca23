import dataclasses

import pytest

from mlpspec.compiler import build_graph, loads
from mlpspec.ir.program import Program, Step
from mlpspec.training.dry_run import check_fit, encoded_input, try_programs
from mlpspec.training.run_folder import RunFolder


@pytest.fixture
def run(finished):
    return RunFolder(finished)


def with_program(preprocessing, name, program):
    item = dataclasses.replace(preprocessing.inputs[name], program=program)
    return dataclasses.replace(preprocessing, inputs={**preprocessing.inputs, name: item})


def test_real_preprocessing_passes(run):
    preprocessing = run.preprocessing()
    try_programs(preprocessing)
    assert encoded_input(preprocessing, "colour").shape == (2, 3)
    check_fit(preprocessing, build_graph(loads(run.resolved_spec()), preprocessing.facts))


def test_a_width_that_the_network_does_not_take(run):
    preprocessing = run.preprocessing()
    graph = build_graph(loads(run.resolved_spec()), preprocessing.facts)
    steps = preprocessing.inputs["size"].program.steps
    wide = Program(("size",), ("wide",), (*steps, Step("concat", (steps[-1].output, steps[-1].output), "wide")))
    with pytest.raises(ValueError, match=r"`size` becomes float32 \(2,\), and the network of the spec takes float32 \(1,\)"):
        check_fit(with_program(preprocessing, "size", wide), graph)


def test_a_type_that_the_network_does_not_take(run):
    preprocessing = run.preprocessing()
    graph = build_graph(loads(run.resolved_spec()), preprocessing.facts)
    codes = Program(("colour",), ("codes",), (dataclasses.replace(preprocessing.inputs["colour"].program.steps[0], output="codes"),))
    with pytest.raises(ValueError, match="`colour` becomes int64"):
        check_fit(with_program(preprocessing, "colour", codes), graph)


def test_a_program_that_loses_rows(run):
    lost = Program(("size",), ("one",), (Step("take", ("none",), "one", {"values": [1]}),))
    with pytest.raises(KeyError):
        try_programs(with_program(run.preprocessing(), "size", lost))
