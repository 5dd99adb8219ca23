"""oneDNN's matrix product, which torch's wheels carry beside their BLAS under a private name."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch


@cache
def linear() -> Callable[..., torch.Tensor] | None:
    """`mkldnn._linear_pointwise(x, weight, bias, activation, [], "")` for x (rows, in) and weight (out, in).

    None where it is missing or does not calculate what it should: the operator is private, so it is tried before it is trusted.
    """
    if not torch.backends.mkldnn.is_available() or not hasattr(torch.ops.mkldnn, "_linear_pointwise"):
        return None
    call = torch.ops.mkldnn._linear_pointwise
    x = torch.arange(6.0).reshape(2, 3) - 2
    weight, bias = torch.arange(12.0).reshape(4, 3) - 5, torch.arange(4.0)
    try:
        plain, fused = call(x, weight, None, "none", [], ""), call(x, weight, bias, "relu", [], "")
    except (RuntimeError, TypeError, NotImplementedError):
        return None
    good = torch.allclose(plain, x @ weight.t()) and torch.allclose(fused, torch.relu(x @ weight.t() + bias))
    return call if good else None
