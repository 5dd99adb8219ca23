"""The sum over the processes of a group as an operator, which the text of a step can call like any other."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from mlpspec.training.compiled.flat import Flat
from mlpspec.training.compiled.lower import Gradient
from mlpspec.training.compiled.program import Call, Program
from mlpspec.training.compiled.settle import settle

_LIBRARY = torch.library.Library("mlpspec", "FRAGMENT")
_LIBRARY.define("add_up(Tensor(a!) tensor) -> ()")


def _add_up(tensor: torch.Tensor) -> None:
    """On a GPU in the stream that calculates, so that nobody waits and a CUDA graph may hold it; on the CPU it is done on return."""
    import torch.distributed as dist

    dist.all_reduce(tensor)


_LIBRARY.impl("add_up", _add_up, "CompositeExplicitAutograd")


def write_add_up(program: Program, gradients: Flat, found: Mapping[str, Gradient]) -> dict[str, Gradient]:
    """Let every process have the sum of all processes' gradients: one message. They lie in their places in `gradients` then.

    Source: torch.distributed.all_reduce through torch.library. `_c10d_functional.all_reduce_` would need a second call that waits, which
    TorchScript takes for one without effect and leaves out.
    """
    settled = settle(program, gradients, found)
    program.calls.append(Call(torch.ops.mlpspec.add_up.default, (program.tensor(gradients.all),)))
    return settled
