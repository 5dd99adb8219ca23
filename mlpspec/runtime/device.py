"""The device that a model runs on: as asked for, and as chosen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from mlpspec.diagnostics import Diagnostic, UsageError, did_you_mean

_FORM = re.compile(r"cuda:([0-9]{1,3})", re.ASCII)
_MEANT = {"gpu": "cuda", "nvidia": "cuda", "host": "cpu"}


@dataclass(frozen=True)
class Device:
    """What was asked for. `index` is the number of the GPU; only `auto` may end on another device than it names."""

    kind: Literal["auto", "cpu", "cuda"]
    index: int = 0

    def __str__(self) -> str:
        return f"cuda:{self.index}" if self.kind == "cuda" else self.kind

    @classmethod
    def parse(cls, text: str) -> Device:
        """A device from `auto`, `cpu`, `cuda` or `cuda:N`.

        Raises:
            UsageError: when the text is none of these.

        >>> Device.parse("cuda:1")
        Device(kind='cuda', index=1)
        """
        for kind in ("auto", "cpu", "cuda"):
            if text == kind:
                return cls(kind)
        numbered = _FORM.fullmatch(text)
        if numbered:
            return cls("cuda", int(numbered[1]))
        meant = _MEANT.get(text.lower().partition(":")[0])
        help = f"did you mean `{meant}`?" if meant else did_you_mean(text, ("auto", "cpu", "cuda", "cuda:1"))
        raise UsageError(f"there is no device `{text}`", help=help)


Graphs = Literal["auto", "on", "off"]
"""Whether small batches are repeated as CUDA graphs: where it can be done, by all means, or not."""


@dataclass(frozen=True, kw_only=True)
class CudaOptions:
    """How a GPU is used; none of it matters on the CPU.

    Attributes:
        tf32: round the factors of matrix products to 10 bits: faster, and about 1e-3 away from the CPU's answers.
        memory_limit: bytes of GPU memory that the model may take, beside what CUDA itself needs; None is all there is.
        cuda_graph: `on` fails where the model's runs cannot be CUDA graphs; `auto` goes on without, and says why.

    Raises:
        UsageError: when a value is none of these.
    """

    tf32: bool = False
    memory_limit: int | None = None
    cuda_graph: Graphs = "auto"

    def __post_init__(self):
        if self.memory_limit is not None and self.memory_limit < 1:
            raise UsageError(f"the memory limit is {self.memory_limit} bytes", help="at least 1; None is no limit")
        if self.cuda_graph not in get_args(Graphs):
            raise UsageError(f"cuda_graph is {self.cuda_graph!r}", help=f"one of {', '.join(get_args(Graphs))}")


@dataclass(frozen=True)
class DeviceChoice:
    """The device in use (`cpu` or `cuda:N`) and why, in one line.

    `warnings` tell of calculations that a GPU run leaves to the CPU. Text operators and the calculation of shapes always run there and are
    not among them.
    """

    device: str
    reason: str
    warnings: tuple[Diagnostic, ...] = ()

    def __str__(self) -> str:
        return f"{self.device}, {self.reason}"

    @property
    def is_cuda(self) -> bool:
        """Whether a GPU calculates."""
        return self.device != "cpu"

    @property
    def index(self) -> int:
        """The number of the GPU; 0 on the CPU."""
        return int(self.device.partition(":")[2] or 0)
