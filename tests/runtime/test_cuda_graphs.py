"""All about graphs but CUDA: memory and bindings on the CPU, where ONNX Runtime records nothing, and a session that tells."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import numpy as np
import pytest

from mlpspec.runtime import cuda_graphs
from mlpspec.runtime.card import Value
from mlpspec.runtime.cuda_graphs import MOST_THREADS, SIZES, WARM, GraphRuns, NoGraphs
from mlpspec.runtime.model_file import model_from_bytes
from mlpspec.runtime.session import cpu_session, session_facts

CPU = ("cpu", 0)


@pytest.fixture
def regression_runs(regression):
    session = cpu_session(model_from_bytes(regression), 1)
    facts = session_facts(session)
    return GraphRuns(session, CPU, facts.inputs, facts.outputs, strict=True)


class Session:
    """Notes how it is run; calculates y = 2 x of all rows that the memory has, stale ones too."""

    inputs = (Value("x", "tensor(float)", ("batch", 2)),)
    outputs = (Value("y", "tensor(float)", ("batch", 2)),)

    def __init__(self):
        self.plain, self.bound = [], []
        self.error = None

    def run(self, names, arrays, options):
        self.plain.append((len(arrays["x"]), options))
        return [arrays["x"] * 2]

    def io_binding(self):
        binding = SimpleNamespace(values={})
        binding.bind_ortvalue_input = binding.bind_ortvalue_output = binding.values.__setitem__
        return binding

    def run_with_iobinding(self, binding, options):
        if self.error:
            raise self.error
        x, y = binding.values["x"], binding.values["y"]
        y.update_inplace(x.numpy() * 2)
        self.bound.append((x.shape()[0], options, x.data_ptr()))


@pytest.fixture
def session(monkeypatch):
    monkeypatch.setattr(cuda_graphs, "run_options", lambda graph: graph)
    return Session()


def runs(session, **options):
    return GraphRuns(session, CPU, session.inputs, session.outputs, **options)


def rows(count, start=0.0):
    return {"x": np.arange(start, start + 2 * count, dtype=np.float32).reshape(count, 2)}


def test_a_size_is_recorded_when_it_comes_again(session):
    graph = runs(session)
    for number in range(WARM + 2):
        arrays = rows(3, number)
        np.testing.assert_array_equal(graph.run(["y"], arrays)[0], arrays["x"] * 2)
    assert session.plain == [(3, "-1")] * WARM
    assert [(size, name) for size, name, _ in session.bound] == [(4, "1")] * 2
    assert len({place for _, _, place in session.bound}) == 1  # the same memory each time


def test_sizes_are_filled_up_to_powers_of_two_and_each_has_a_graph(session):
    graph = runs(session)
    for count in (1, 2, 3, 4, 5, 1000, 1024):
        for _ in range(WARM + 1):
            found = graph.run(["y"], rows(count))[0]
            np.testing.assert_array_equal(found, rows(count)["x"] * 2)
    assert {size: name for size, name, _ in session.bound} == {1: "1", 2: "2", 4: "3", 8: "4", 1024: "5"}
    assert all(option == "-1" for _, option in session.plain)


def test_what_is_too_large_or_does_not_fit_runs_unrecorded(session):
    graph = runs(session)
    for _ in range(WARM + 2):
        graph.run(["y"], rows(SIZES[-1] + 1))
        graph.run(["y"], {"x": np.ones((3, 2))})  # float64
        graph.run(["y"], {"x": np.ones((3, 5), np.float32)})
        graph.run(["y"], {**rows(3), "more": np.ones(3)})
        graph.run(["y"], rows(0))
    assert session.bound == []
    assert {option for _, option in session.plain} == {"-1"}


def test_answers_are_not_overwritten(regression_runs):
    arrays = [{"x": np.full((2, 3), value, np.float32)} for value in range(1, WARM + 4)]
    found = [regression_runs.run(["price"], given)[0] for given in arrays]
    assert [answer.tolist() for answer in found] == [[6.0 * value] * 2 for value in range(1, WARM + 4)]


def test_unequal_rows_are_left_to_onnx_runtime(mixed):
    session = cpu_session(model_from_bytes(mixed), 1)
    facts = session_facts(session)
    numbers = [value for value in facts.inputs if value.type == "tensor(float)"]
    graph = GraphRuns(session, CPU, numbers, facts.outputs[1:])
    with pytest.raises(Exception, match="island"):
        graph.run(["species_probability"], {"size": np.ones((2, 2), np.float32)})


def test_each_thread_has_its_own_graphs_and_there_is_an_end_to_them(session):
    graph = runs(session)

    def work():
        for _ in range(WARM + 1):
            graph.run(["y"], rows(2))

    for _ in range(MOST_THREADS + 1):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert [name for _, name, _ in session.bound] == [str(number + 1) for number in range(MOST_THREADS)]
    assert len(session.plain) == MOST_THREADS * WARM + WARM + 1


def test_one_run_at_a_time(session):
    graph = runs(session)
    inside, most = [0], [0]
    plain = session.run

    def watched(names, arrays, options):
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        threading.Event().wait(0.01)
        inside[0] -= 1
        return plain(names, arrays, options)

    session.run = watched
    threads = [threading.Thread(target=lambda: graph.run(["y"], rows(2))) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_a_graph_that_cannot_be_recorded_leaves_plain_runs_or_fails(session):
    session.error = RuntimeError("CUDA failure 900: operation not permitted when stream is capturing ; GPU=0")
    graph = runs(session)
    for _ in range(WARM + 2):
        assert graph.run(["y"], rows(2))[0].tolist() == [[0, 2], [4, 6]]
    assert graph.problem == "CUDA reports: operation not permitted when stream is capturing"
    strict = runs(session, strict=True)
    for _ in range(WARM):
        strict.run(["y"], rows(2))
    with pytest.raises(RuntimeError, match="900"):
        strict.run(["y"], rows(2))


def test_a_recorded_graph_that_fails_is_a_fault(session):
    graph = runs(session)
    for _ in range(WARM + 1):
        graph.run(["y"], rows(2))
    session.error = RuntimeError("CUDA failure 700: an illegal memory access was encountered ; GPU=0")
    with pytest.raises(RuntimeError, match="700"):
        graph.run(["y"], rows(2))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (Value("x", "tensor(float)", ("batch", "length")), "the shape of `x`"),
        (Value("x", "tensor(float)", (4, 2)), "the shape of `x`"),
        (Value("x", "tensor(float)", ()), "the shape of `x`"),
        (Value("x", "tensor(string)", ("batch", 2)), "`x` is of the type"),
        (Value("x", "tensor(bfloat16)", ("batch", 2)), "`x` is of the type"),
    ],
)
def test_what_can_have_no_graphs(session, value, reason):
    with pytest.raises(NoGraphs, match=reason):
        GraphRuns(session, CPU, [value], session.outputs)
