import numpy as np
import torch

from mlpspec.exporting.precision.onnx_network import OnnxNetwork


def test_it_answers_like_the_module(network):
    for family in ("two inputs", "embedding"):
        plain = network(family)
        inputs = [torch.from_numpy(array) for array in plain.rows.values()]
        found = OnnxNetwork(plain.onnx, ["kind"])(*inputs)
        assert list(found) == ["kind"]
        np.testing.assert_allclose(found["kind"].numpy(), plain.expect(plain.rows), rtol=1e-4, atol=1e-5)


def test_it_is_a_module_without_weights(network):
    module = OnnxNetwork(network("dense").onnx, ["kind"])
    module.eval()
    assert not list(module.parameters())
    assert not module.training
