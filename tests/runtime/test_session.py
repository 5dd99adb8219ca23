from __future__ import annotations

import numpy as np
import pytest
from onnx import helper

from mlpspec.diagnostics import ModelFileError
from mlpspec.runtime.card import Value
from mlpspec.runtime.model_file import model_from_bytes
from mlpspec.runtime.session import cpu_session, inspect_model, one_row, session_facts

CPU = "CPUExecutionProvider"


def test_cpu(mixed):
    assert cpu_session(model_from_bytes(mixed), 1).get_providers() == [CPU]


def test_facts(mixed):
    facts = session_facts(cpu_session(model_from_bytes(mixed)))
    assert facts.inputs == (Value("size", "tensor(float)", ("batch", 2)), Value("island", "tensor(string)", ("batch", 1)))
    assert [value.name for value in facts.outputs] == ["species", "species_probability"]
    assert set(facts.metadata) == {"mlpspec.model", "mlpspec.spec", "mlpspec.run"}
    assert inspect_model(mixed) == facts


def test_one_row_fits_the_inputs():
    row = one_row(
        [Value("x", "tensor(float)", ("batch", 2)), Value("t", "tensor(string)", ("batch", 1)), Value("f", "tensor(int64)", (4,))]
    )
    assert row is not None
    assert row["x"].tolist() == [[0, 0]]
    assert row["t"].tolist() == [[""]]
    assert row["f"].shape == (4,)
    assert row["t"].dtype == object
    assert one_row([Value("x", "tensor(float)", ("batch", "length"))]) is None
    assert one_row([Value("x", "tensor(bfloat16)", (1,))]) is None


def test_nothing_is_printed(make, capfd):
    graph = make.small_graph([make.raw("x", make.FLOAT)], [make.raw("y", make.FLOAT)], [helper.make_node("Nonsense", ["x"], ["y"])])
    with pytest.raises(ModelFileError, match="Nonsense"):
        cpu_session(model_from_bytes(make.model_bytes(graph, {})))
    assert capfd.readouterr() == ("", "")


def test_types_of_arrays_and_values():
    assert one_row([Value("x", "tensor(int64)", ("batch",))]) == {"x": np.zeros(1, np.int64)}
