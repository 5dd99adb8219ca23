import logging

import numpy as np
import onnxruntime as ort
import pytest
import torch

from mlpspec.compiler import build_graph, loads
from mlpspec.exporting.network import network_model
from mlpspec.ir.facts import Facts, InputFacts, TargetFacts
from mlpspec.pytorch.module import build_module

TEXT = """\
mlpspec: 1
inputs: {x: {numeric: [a, b, c]}, add: {numeric: [d, e]}}
targets: {y: numeric}
model:
  - dense: {units: 4, activation: relu, batchnorm: true, dropout: 0.5, name: first, from: x}
  - dense: {units: 4, activation: gelu, name: second, from: add}
  - add: {from: [first, second]}
  - dropout: 0.3
  - layernorm
  - head: y
"""


@pytest.fixture(scope="module")
def network():
    document = loads(TEXT)
    graph = build_graph(document, Facts({"x": InputFacts(3, 3), "add": InputFacts(2, 2)}, {"y": TargetFacts(1)}))
    torch.manual_seed(1)
    module = build_module(graph)
    with torch.no_grad():
        module.get_submodule("first").get_buffer("batchnorm.running_mean").uniform_(-1, 1)
        module.get_submodule("first").get_buffer("batchnorm.running_var").uniform_(0.5, 2)
    return graph, module, network_model(module, graph, ["x", "add"], ["y"], 20, reserved=["first", "add_2"])


def test_it_calculates_what_the_module_does(network):
    _, module, model = network
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    for batch in (0, 1, 5):
        rows = [torch.randn(batch, 3), torch.randn(batch, 2)]
        module.eval()
        with torch.inference_mode():
            expected = module(*rows)["y"].numpy()
        [found] = session.run(["y"], {"x": rows[0].numpy(), "add": rows[1].numpy()})
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_batch_norm_is_folded_and_dropout_gone(network):
    operators = [node.op_type for node in network[2].graph.node]
    assert not {"BatchNormalization", "Dropout", "Identity", "Cast"} & set(operators)
    assert operators.count("Gemm") == 3


def test_values_have_the_names_of_layers_and_no_reserved_ones(network):
    nodes = network[2].graph.node
    names = {name for node in nodes for name in node.output}
    assert "first/activation" in names
    assert "second/activation" in names
    assert not names & {"first", "add_2"}
    assert len({node.name for node in nodes}) == len(nodes)
    assert {"second.linear.weight", "second.linear.bias"} <= {tensor.name for tensor in network[2].graph.initializer}


def test_the_batch_axis_is_called_batch(network):
    graph = network[2].graph
    for value in (*graph.input, *graph.output):
        assert value.type.tensor_type.shape.dim[0].dim_param == "batch"


def test_nothing_of_this_machine_is_in_it(network):
    data = network[2].SerializeToString()
    for word in (b"/home", b"/work", b"/tmp", b".py", b"stack_trace", b"pkg.torch", b"site-packages", b"File "):
        assert word not in data


def test_the_module_and_the_loggers_are_left_as_they_were(network, caplog):
    graph, module, _ = network
    levels = {name: logging.getLogger(name).level for name in ("torch.onnx", "onnxscript")}
    for mode in (True, False):
        module.train(mode)
        before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
        network_model(module, graph, ["x", "add"], ["y"], 20)
        assert module.training is mode
        assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())
    assert levels == {name: logging.getLogger(name).level for name in levels}


def test_a_constant_that_one_node_reads_twice():
    """The exporter writes the start of a recurrence as zeros of the shape (1, batch, 1), with the same 1 twice."""
    import onnx
    from torch import nn

    from mlpspec.ir.graph import Graph, GraphInput
    from mlpspec.ir.shape import Shape

    class Last(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = nn.LSTM(2, 1, batch_first=True)

        def forward(self, x):
            return {"y": self.lstm(x)[0][:, -1]}

    model = network_model(Last(), Graph("net", (GraphInput("x", Shape((3, 2))),), (), {}), ["x"], ["y"], 20)
    assert any(len(set(node.input)) < len(node.input) for node in model.graph.node if node.op_type == "Concat"), "what this test is about"
    onnx.checker.check_model(model, full_check=True)
    ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def test_an_operation_that_onnx_does_not_have():
    from torch import nn

    from mlpspec.diagnostics import CheckError
    from mlpspec.ir.graph import Graph, GraphInput
    from mlpspec.ir.shape import Shape

    class Strange(nn.Module):
        def forward(self, x):
            return {"y": torch.special.bessel_j0(x)}

    module = Strange().train()
    with pytest.raises(CheckError, match=r"cannot be written as ONNX: No ONNX function found for .*bessel_j0") as error:
        network_model(module, Graph("net", (GraphInput("x", Shape((3,))),), (), {}), ["x"], ["y"], 20)
    assert error.value.exit_code == 7
    assert "\n" not in error.value.diagnostics[0].message
    assert module.training
