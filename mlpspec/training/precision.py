"""How a network is calculated while it learns: in float32, or with its large products in 16 bits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from mlpspec.language.sections.training import Precision as Name
from mlpspec.language.sections.training import Training
from mlpspec.training.loss_scale import LossScale

DTYPES: dict[Name, torch.dtype] = {"bf16": torch.bfloat16, "fp16": torch.float16}

Network = Callable[..., Mapping[str, torch.Tensor]]
"""From inputs to the outputs of the heads by target."""

CPU = torch.device("cpu")


class Precision:
    """That of a run. Weights, their gradients, the optimizer and the loss are float32 in any case, and so is every evaluation.

    Args:
        name: `fp32`, or `bf16` or `fp16` for torch.autocast's choice of operators in bfloat16 or float16. The gradients of a float16
            network are scaled: `scale` is then there.
        device: where the network is.
        tf32: whether a GPU may round the factors of float32 products to TF32.
    """

    def __init__(self, name: Name = "fp32", device: torch.device = CPU, *, tf32: bool = False):
        self.name: Name = name
        self.device, self.tf32 = device, tf32
        self.dtype = DTYPES.get(name)
        self.scale = LossScale(device) if name == "fp16" else None

    def anew(self) -> Precision:
        """The same one with a scale of its own at its beginning."""
        return Precision(self.name, self.device, tf32=self.tf32)

    def forward(self, network: Network, *, scaled: bool = True) -> Network:
        """The network in this precision: it takes and gives float32. Its gradients are multiplied with the scale where there is one.

        The loss of the outputs is the true one. Gradients are multiplied where they enter the network, which for a power of two is the same
        as multiplying the loss, as `torch.amp.GradScaler` does.
        """
        if self.dtype is None:
            return network
        dtype, scale = self.dtype, self.scale if scaled else None

        def calculate(*inputs: torch.Tensor) -> dict[str, torch.Tensor]:
            with torch.autocast(self.device.type, dtype):
                outputs = network(*inputs)
            return {name: output.float() if scale is None else _Scaled.apply(output, scale.value) for name, output in outputs.items()}

        return calculate

    @contextmanager
    def learning(self) -> Iterator[None]:
        """Within it float32 products on a GPU are TF32 if that is wanted, and exact if not."""
        if self.device.type != "cuda":
            yield
            return
        matmul = torch.backends.cuda.matmul
        before = matmul.fp32_precision == "tf32"
        matmul.allow_tf32 = self.tf32  # this name, as torch.compile reads it and refuses a mixture of old and new names
        try:
            yield
        finally:
            matmul.allow_tf32 = before


class _Scaled(torch.autograd.Function):
    """The output in float32; on the way back the gradient times the scale."""

    @staticmethod
    def forward(ctx: Any, output: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
        ctx.scale, ctx.dtype = scale, output.dtype
        return output.float()

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None]:
        [gradient] = gradients
        return (gradient * ctx.scale).to(ctx.dtype), None


def remarks(training: Training, device: torch.device) -> Iterator[str]:
    """What a person should know who asked for this on such a device, a line each."""
    if training.tf32 and device.type != "cuda":
        yield "`tf32` changes nothing here: it is about GPUs"
    if training.precision == "fp16" and device.type == "cpu":
        yield "`precision: fp16` is slow on a CPU, which calculates in float32 and rounds; bf16 or fp32 suits it"
    if training.precision == "bf16" and device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        yield "this GPU has no arithmetic for bfloat16 and is slow with it; fp16 suits it"
