"""A network in ONNX with the manners of the torch module it was made of, so that it is measured by the same code."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort
import torch
from onnx import ModelProto
from torch import nn


class OnnxNetwork(nn.Module):
    """A network whose forward is ONNX Runtime on the CPU: encoded inputs in their order to a dict from target to the head's output.

    Args:
        network: its inputs and outputs are in the order of the graph's.
        targets: the targets of the outputs.
    """

    def __init__(self, network: ModelProto, targets: list[str]):
        super().__init__()
        options = ort.SessionOptions()
        options.log_severity_level = 3
        self._session = ort.InferenceSession(network.SerializeToString(), options, providers=["CPUExecutionProvider"])
        self._inputs = [value.name for value in self._session.get_inputs()]
        self._targets = targets

    def forward(self, *inputs: torch.Tensor) -> dict[str, torch.Tensor]:
        """What the heads say of encoded rows, each (rows, outputs)."""
        arrays = {name: np.ascontiguousarray(tensor.cpu().numpy()) for name, tensor in zip(self._inputs, inputs, strict=True)}
        outputs = self._session.run(None, arrays)
        return {target: torch.from_numpy(np.asarray(output)) for target, output in zip(self._targets, outputs, strict=True)}
