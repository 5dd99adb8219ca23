from torch import nn

from mlpspec.catalog.clippings import Adaptive, Norm
from mlpspec.training.clip import Clip


def test_heads_are_spared_where_the_clipping_says_so():
    net = nn.ModuleDict({"body": nn.Linear(2, 2), "head": nn.Linear(2, 1), "header": nn.Linear(1, 1)})
    everything = {name for name, _ in net.named_parameters()}
    assert Clip.of(Norm(), net, ["head"]).weights == everything
    assert Clip.of(Adaptive(heads=True), net, ["head"]).weights == everything
    assert Clip.of(Adaptive(), net, ["head"]).weights == everything - {"head.weight", "head.bias"}
    assert Clip.of(Adaptive(), net, []).weights == everything
