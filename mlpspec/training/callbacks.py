"""The callbacks of a run, told in order, with what they must remember."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import torch

from mlpspec.diagnostics import ModelFileError
from mlpspec.ir.callback import Average, Callback, Run


class Callbacks:
    """Callbacks by name, in the order in which they are told. Of several of one name, the later ones get a number."""

    def __init__(self, named: Iterable[tuple[str, Callback]] = ()):
        self.named: dict[str, Callback] = {}
        counts: Counter[str] = Counter()
        for name, callback in named:
            counts[name] += 1
            self.named[name if counts[name] == 1 else f"{name} {counts[name]}"] = callback

    def on_start(self, run: Run) -> None:
        """Training begins or goes on."""
        for callback in self.named.values():
            callback.on_start(run)

    def on_steps(self, run: Run) -> None:
        """A step or a block of steps is done."""
        for callback in self.named.values():
            callback.on_steps(run)

    def on_learnt(self, run: Run) -> None:
        """All steps of an epoch are done."""
        for callback in self.named.values():
            callback.on_learnt(run)

    def on_epoch_end(self, run: Run) -> None:
        """An epoch is over."""
        for callback in self.named.values():
            callback.on_epoch_end(run)

    def on_end(self, run: Run, ended: str) -> None:
        """Training is over."""
        for callback in self.named.values():
            callback.on_end(run, ended)

    def rate_factor(self) -> float:
        """The product of all factors."""
        return math.prod(callback.rate_factor() for callback in self.named.values())

    def average(self) -> Average | None:
        """The first one that there is."""
        return next((found for callback in self.named.values() if (found := callback.average()) is not None), None)

    def state(self) -> dict[str, dict[str, Any]]:
        """What they must remember, by name."""
        return {name: state for name, callback in self.named.items() if (state := callback.state())}

    def tensors(self) -> dict[str, torch.Tensor]:
        """The tensors that they must remember: `<name>/<name of the tensor>`."""
        return {f"{name}/{key}": tensor for name, callback in self.named.items() for key, tensor in callback.tensors().items()}

    def load(self, states: Mapping[str, Mapping[str, Any]], tensors: Mapping[str, torch.Tensor]) -> None:
        """Take up what `state` and `tensors` gave; a callback that is new since then begins afresh.

        Raises:
            ModelFileError: when a callback cannot take up what was stored under its name.
        """
        for name, callback in self.named.items():
            own = {key.removeprefix(f"{name}/"): tensor for key, tensor in tensors.items() if key.startswith(f"{name}/")}
            try:
                if name in states:
                    callback.load_state(states[name])
                if own:
                    callback.load_tensors(own)
            except (KeyError, TypeError, ValueError, RuntimeError) as error:
                message = f"the last checkpoint has another state of the callback `{name}`: {error!r}"
                raise ModelFileError(message, code="invalid-run", help="train again") from error
