"""Numbers as float32 holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def float32_numbers(values: np.ndarray | list[float]) -> list[float]:
    """The numbers rounded to float32, so that NumPy and ONNX Runtime, which calculate in float32, start from the same ones.

    >>> import numpy as np
    >>> float32_numbers(np.array([0.5, 0.1]))
    [0.5, 0.10000000149011612]
    """
    import numpy as np

    with np.errstate(over="ignore"):
        return np.asarray(values, np.float64).astype(np.float32).astype(np.float64).tolist()
