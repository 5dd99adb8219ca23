import torch

from mlpspec.catalog.activations.maxout import Maxout
from mlpspec.catalog.initializers.he_normal import HeNormal
from mlpspec.catalog.layers.dense import Dense
from mlpspec.catalog.layers.linear import Linear
from mlpspec.catalog.layers.multiply import Multiply
from mlpspec.ir.graph import Graph, GraphInput, Node
from mlpspec.ir.shape import Shape
from mlpspec.pytorch.module import build_module
from mlpspec.pytorch.source import print_source


def node(name, layer, shape, *sources):
    shapes = [Shape(shape)] * len(sources)
    return Node(name, layer, sources, ("model", 0), layer.output_shape(*shapes), layer.lower(*shapes))


GRAPH = Graph(
    "gated-net",
    (GraphInput("left", Shape((4,))), GraphInput("lambda", Shape((4,)))),
    (
        node("product", Multiply(), (4,), "left", "lambda"),
        node("hidden", Dense(units=6, activation=Maxout(), initializer=HeNormal(), dropout=0.1), (4,), "product"),
        node("last", Linear(units=2), (6,), "hidden"),
    ),
    {"answer": "last"},
)


def run(text):
    space = {}
    exec(compile(text, "<printed>", "exec"), space)  # the printed program is what is tested
    return space


def test_the_printed_class_equals_the_module_exactly():
    torch.manual_seed(3)
    module = build_module(GRAPH).eval()
    torch.manual_seed(3)
    printed = run(print_source(GRAPH))["GatedNet"]().eval()
    assert list(printed.state_dict()) == list(module.state_dict())
    assert all(torch.equal(tensor, printed.state_dict()[name]) for name, tensor in module.state_dict().items())
    rows = torch.randn(5, 4), torch.randn(5, 4)
    assert torch.equal(printed(*rows)["answer"], module(*rows)["answer"])


def test_weights_travel_between_the_two():
    module, printed = build_module(GRAPH), run(print_source(GRAPH))["GatedNet"]()
    printed.load_state_dict(module.state_dict(), strict=True)


def test_the_source_needs_only_torch_and_reads_like_a_person_s():
    text = print_source(GRAPH)
    assert "import mlpspec" not in text
    assert "from mlpspec" not in text
    assert "self.hidden = nn.Sequential(" in text
    assert "product = left * lambda_  # (batch, 4)" in text
    assert "class Maxout(nn.Module):" in text
