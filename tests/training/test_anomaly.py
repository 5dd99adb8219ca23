import pytest
import torch
from torch.nn import functional

from mlpspec.catalog.activations import ACTIVATIONS
from mlpspec.catalog.layers.activation import ActivationLayer
from mlpspec.catalog.layers.add import Add
from mlpspec.catalog.layers.dense import Dense
from mlpspec.catalog.layers.linear import Linear
from mlpspec.ir.graph import Graph, GraphInput, Node
from mlpspec.ir.shape import Shape
from mlpspec.pytorch.module import build_module
from mlpspec.training.anomaly import Anomaly, InspectedLoss, Inspector, inspect_gradients

X = torch.tensor([[1.0, -2.0], [3.0, 0.5]])


@pytest.fixture
def module():
    """x -> first (dense with batch norm) -> second (linear) -> both (their sum) -> y."""
    torch.manual_seed(0)
    shapes = {"x": Shape((2,))}
    nodes = []
    layers = [
        ("first", Dense(units=3, activation=ACTIVATIONS["relu"](), batchnorm=True), ("x",)),
        ("second", Linear(units=3), ("first",)),
        ("both", Add(), ("first", "second")),
        ("bent", ActivationLayer(function=ACTIVATIONS["tanh"]()), ("both",)),
        ("y", Linear(units=2), ("bent",)),
    ]
    for name, layer, sources in layers:
        given = [shapes[source] for source in sources]
        shapes[name] = layer.output_shape(*given)
        nodes.append(Node(name, layer, sources, ("model",), shapes[name], layer.lower(*given)))
    return build_module(Graph("net", (GraphInput("x", shapes["x"]),), tuple(nodes), {"y": "y"}))


def test_it_gives_what_the_module_gives(module):
    inspector = Inspector(module)
    module.eval()
    assert torch.equal(inspector(X)["y"], module(X)["y"])
    module.train()
    assert torch.equal(inspector(X)["y"], module(X)["y"])


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        ("first.linear.weight", "the output of `linear` of `first` is not finite"),
        ("first.batchnorm.bias", "the output of `batchnorm` of `first` is not finite"),
        ("second.weight", "the output of `second` is not finite"),
        ("y.bias", "the output of `y` is not finite"),
    ],
)
def test_the_first_layer_whose_output_is_not_finite(module, weight, words):
    with torch.no_grad():
        module.get_parameter(weight).fill_(float("nan"))
    with pytest.raises(Anomaly) as error:
        Inspector(module)(X)
    assert error.value.fact.startswith(words)
    assert "NaN of" in error.value.fact
    if weight.startswith("first.linear"):
        assert error.value.detail == "its input lay between -2 and 3; its weights are not finite: weight"


def test_a_function_has_the_name_of_its_layer(module):
    """Two finite numbers whose sum is none."""
    with torch.no_grad():
        for name in ("first.batchnorm", "second"):
            module.get_submodule(name).bias.fill_(3e38)
            module.get_submodule(name).weight.zero_()
    with pytest.raises(Anomaly, match=r"the output of `both` is not finite \(6 infinite of 6 numbers\); its input lay between 3e\+38"):
        Inspector(module)(X)


def test_the_first_gradient_that_is_not_finite(module):
    """The gradient of sqrt at 0 is infinite; it arrives at the output of the network."""
    with torch.no_grad():
        module.get_submodule("y").weight.zero_()
        module.get_submodule("y").bias.zero_()
    loss = Inspector(module)(X)["y"].sqrt().sum()
    with pytest.raises(Anomaly, match="the gradient at the output of `y` is not finite") as error:
        loss.backward()
    assert "its input lay between" in error.value.detail


def test_the_gradient_of_a_weight_alone(module):
    inspect_gradients(module)
    module(X)["y"].sum().backward()
    inspect_gradients(module)
    module.get_parameter("second.weight").grad[0, 0] = float("inf")
    with pytest.raises(Anomaly, match=r"the weight `second.weight` is not finite \(1 infinite of 9 numbers\)"):
        inspect_gradients(module)


def test_a_loss_that_is_no_number():
    loss = InspectedLoss(lambda outputs, targets: functional.mse_loss(outputs["y"], targets["y"]))
    assert loss({"y": torch.ones(2)}, {"y": torch.zeros(2)}) == 1
    with pytest.raises(Anomaly, match=r"the loss became inf; the head of `y` lay between 1e\+30 and 1e\+30"):
        loss({"y": torch.full((2,), 1e30)}, {"y": torch.zeros(2)})
