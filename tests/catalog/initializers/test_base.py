from __future__ import annotations

import pytest
import torch

from mlpspec.catalog.initializers import INITIALIZERS
from mlpspec.catalog.initializers.constant import Constant


def _made(entry):
    return Constant(value=1.0) if entry is Constant else entry()


@pytest.mark.parametrize("entry", list(INITIALIZERS), ids=lambda entry: entry.kind)
def test_needs_fans_says_what_pytorch_refuses_for_an_offset(entry, fill):
    offset = torch.empty(4)
    if entry.needs_fans:
        with pytest.raises(ValueError):
            fill(offset, _made(entry).lower())
    else:
        fill(offset, _made(entry).lower())
