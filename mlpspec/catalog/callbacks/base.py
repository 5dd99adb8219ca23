"""What every callback is in a spec."""

from __future__ import annotations

from typing import ClassVar

from mlpspec.catalog.entry import Entry
from mlpspec.ir.callback import Callback, Decay


class CallbackEntry(Entry):
    """Something that happens while training runs: it watches, stops, saves, averages."""

    alters_weights: ClassVar[bool] = True
    """Whether what training calculates depends on it, so that a run may only go on with the same one."""

    reason: ClassVar[str | None] = None
    """How it is recorded when this entry has stopped a run."""

    @property
    def role(self) -> str | None:
        """What only one callback of a run may do; None where there may be any number of this kind. By default: its kind."""
        return self.kind

    @property
    def monitored(self) -> str | None:
        """The figure that it watches."""
        return getattr(self, "monitor", None)

    @property
    def running(self) -> Decay | None:
        """The running average that each step must move on for it."""
        return None

    def begin(self) -> Callback:
        """The callback itself, for one run."""
        raise NotImplementedError(type(self).__name__)
