"""The losses of an epoch, added up on the device and read from there once."""

from __future__ import annotations

import math

import torch

from mlpspec.training.loss_scale import LossScale, Overflow


class Tally:
    """The sum of the losses of rows and how many rows, since `read` was last called.

    With loss scaling a step whose loss is not finite was skipped, and counts neither as a loss nor as rows; `overflow` is then what scaling
    came to, as of the last `read`.
    """

    def __init__(self, device: torch.device, dtype: torch.dtype = torch.float32, scale: LossScale | None = None):
        self.overflow: Overflow | None = None
        self._scale = scale
        self._sum = torch.zeros((), dtype=dtype, device=device)
        self._rows: int | torch.Tensor = 0 if scale is None else torch.zeros((), dtype=torch.float64, device=device)
        self._skipped_before = 0

    def add(self, losses: torch.Tensor, rows: int) -> None:
        """Add the mean loss of `rows` rows, or several such losses, (n,)."""
        if self._scale is None:
            self._sum += losses.sum() * rows
            self._rows += rows * losses.numel()
            return
        finite = losses.isfinite()
        self._sum += torch.where(finite, losses, 0.0).sum() * rows
        self._rows += finite.sum() * rows

    def read(self) -> float:
        """The mean loss of a row since the last call; NaN where every loss was left out. The only read from the device."""
        if self._scale is None:
            mean = self._sum.item() / max(1, int(self._rows))
        else:
            loss, rows, scale, total = self._numbers(self._scale.value, self._scale.skipped)
            mean = loss / rows if rows else math.nan
            self.overflow = Overflow(int(total) - self._skipped_before, int(total), scale)
            self._skipped_before = int(total)
        self._sum.zero_()
        self._rows *= 0
        return mean

    def state(self) -> torch.Tensor:
        """Sum and rows, and with scaling how many steps were skipped before them; float64."""
        values = self._numbers()
        return torch.tensor(values if self._scale is None else [*values, float(self._skipped_before)], dtype=torch.float64)

    def load(self, state: torch.Tensor | None) -> None:
        """Take up what `state` gave; begin anew without one."""
        loss, rows, *skipped = [0.0, 0.0] if state is None else state.tolist()
        self._sum.fill_(loss)
        if isinstance(self._rows, torch.Tensor):
            self._rows.fill_(rows)
        else:
            self._rows = int(rows)
        self._skipped_before = int(skipped[0]) if skipped else 0

    def _numbers(self, *more: torch.Tensor) -> list[float]:
        """Sum, rows and more, in one read."""
        rows = self._rows if isinstance(self._rows, torch.Tensor) else torch.tensor(self._rows, device=self._sum.device)
        return torch.stack([value.double() for value in (self._sum, rows, *more)]).tolist()
