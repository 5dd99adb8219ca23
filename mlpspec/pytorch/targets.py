"""The Python objects that lowering records name."""

from __future__ import annotations

import operator
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812  # PyTorch's own convention

from mlpspec.pytorch import augmentations, clipping, losses, modules

_ROOTS: dict[str, Any] = {
    "nn": nn,
    "F": F,
    "torch": torch,
    "operator": operator,
    "losses": losses,
    "augmentations": augmentations,
    "clipping": clipping,
}


def resolve(target: str) -> Any:
    """The object that a record's target names: `nn.Linear`, `torch.cat`, `losses.pinball`, or a class of `pytorch/modules.py`.

    Raises:
        AttributeError, KeyError: when there is none; a fault of the catalog entry.
    """
    if "." not in target:
        return getattr(modules, target)
    root, *rest = target.split(".")
    found = _ROOTS[root]
    for name in rest:
        found = getattr(found, name)
    return found
