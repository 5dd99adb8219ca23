"""The weights of a network divided among the processes of a group, gathered layer by layer while they are used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import torch
from torch import nn
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

from mlpspec.training.group import Group
from mlpspec.training.whole import Whole, held

T = TypeVar("T")


class Divided(Whole):
    """Each process holds a part of the tensors that are DTensors. They are made whole one at a time, as in a step, and kept by none.

    Whole tensors exist in the leading process alone: it writes files and reads them, and the others get their parts from it.

    Args:
        group: the processes; its `size` is at least 2.
        weights: the divided weights of the network, by name.
    """

    def __init__(self, group: Group, weights: Mapping[str, DTensor]):
        super().__init__(group)
        self._weights = dict(sorted(weights.items(), key=lambda item: -len(item[0])))

    @property
    def is_divided(self) -> bool:
        """It takes all."""
        return True

    def joins(self, *, wanted: bool) -> bool:
        """Every process takes part in what the leading one wants."""
        return self.group.agree(wanted)

    def gather(self, tensor: torch.Tensor) -> torch.Tensor:
        """The whole tensor in main memory of the leading process; nothing elsewhere."""
        tensor = tensor.detach()
        whole = tensor.full_tensor() if isinstance(tensor, DTensor) else tensor
        return super().gather(whole) if self.group.leads else torch.empty(0)

    def read(self, work: Callable[[], tuple[dict[str, torch.Tensor], T]]) -> tuple[dict[str, torch.Tensor], T]:
        """What this process holds of the tensors that the work gives in the leading process, which alone does it.

        A tensor that has the name and the shape of a weight, or a name that ends in it (`exp_avg.hidden.weight`, `ema/hidden.weight`), is
        divided like that weight.
        """
        found = self.group.together(lambda: work() if self.group.leads else None)
        tensors, beside = found or ({}, None)
        facts = {name: (str(tensor.dtype).removeprefix("torch."), tuple(tensor.shape)) for name, tensor in tensors.items()}
        facts, beside = self.group.agree((facts, beside))
        parts = {}
        for name, (dtype, shape) in facts.items():
            whole = tensors[name] if self.group.leads else torch.empty(shape, dtype=getattr(torch, dtype))
            parts[name] = self._part(name, whole)
        return parts, beside  # type: ignore[return-value]  # what the leading process has is no None

    def _part(self, name: str, whole: torch.Tensor) -> torch.Tensor:
        weight = next((weight for own, weight in self._weights.items() if name == own or name.endswith((f".{own}", f"/{own}"))), None)
        if weight is None or weight.shape != whole.shape:
            self.group.follow([whole])
            return whole
        return distribute_tensor(whole.detach().to(weight.device), weight.device_mesh, weight.placements)

    def first_non_finite(self, tensors: Mapping[str, torch.Tensor]) -> str | None:
        """The name of the first tensor that has a NaN or an infinite number in any process."""
        here = [super(Divided, self).first_non_finite({name: held(tensor)}) is not None for name, tensor in tensors.items()]
        anywhere = self.group.add_up(torch.tensor(here, dtype=torch.int64)).tolist()
        return next((name for name, count in zip(tensors, anywhere, strict=True) if count), None)

    def square_sums(self, tensors: Mapping[str, torch.Tensor]) -> dict[str, float]:
        """The sum of the squares of each divided tensor."""
        sums = torch.tensor(list(super().square_sums(tensors).values()), dtype=torch.float64)
        return dict(zip(tensors, self.group.add_up(sums).tolist(), strict=True))


def divide(module: nn.Module, group: Group, device: torch.device, first: Callable[[Whole], Mapping[str, torch.Tensor]]) -> Divided:
    """Divide the weights of a network among processes, and give them their values. Layers are gathered and freed one by one.

    Args:
        module: a network on torch's `meta` device, where it takes no memory.
        group: the processes.
        device: where this process will have its part.
        first: what the processes hold of the values, see `Whole.read`.

    Source: torch.distributed.fsdp.fully_shard (Zhao et al. 2023, https://arxiv.org/abs/2304.11277; Rajbhandari et al. 2020,
    https://arxiv.org/abs/1910.02054).
    """
    mesh: DeviceMesh = init_device_mesh(device.type, (group.size,))
    for layer in module.children():
        if any(True for _ in layer.parameters()):
            fully_shard(layer, mesh=mesh)
    fully_shard(module, mesh=mesh)
    module.to_empty(device=device)
    divided = Divided(group, {name: weight for name, weight in module.named_parameters() if isinstance(weight, DTensor)})
    module.load_state_dict(first(divided))
    return divided
