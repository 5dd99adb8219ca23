"""Ways from main memory to the device, beside what the device calculates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import torch

Mark = Any
"""A moment in the work of a device: what was asked of it before. None where it works at once, so that nothing is outstanding."""

Copy = tuple[torch.Tensor, torch.Tensor]
"""Where to, where from."""


class Lane(Protocol):
    """Copies rows to the device while it calculates. Only `wait` keeps the caller waiting; all else is asked of the device in an order."""

    @property
    def device(self) -> torch.device:
        """Where rows go."""
        ...

    def staging(self, shape: Sequence[int], dtype: torch.dtype) -> torch.Tensor:
        """Main memory that the device copies from."""
        ...

    def memory(self, staged: torch.Tensor) -> torch.Tensor:
        """Memory of the device for what is staged there."""
        ...

    def done_so_far(self) -> Mark:
        """The moment when the device has calculated all that it was asked for until now."""
        ...

    def send(self, copies: Iterable[Copy], after: Mark) -> Mark:
        """Copy, beside what is being calculated but not before `after`; the moment when it is done."""
        ...

    def receive(self, mark: Mark) -> None:
        """Let what will be calculated begin after a moment of `send`."""
        ...

    def wait(self, mark: Mark) -> None:
        """Wait for a moment."""
        ...


class HostLane:
    """For a device that is the CPU: rows are staged where they will be used."""

    device = torch.device("cpu")

    def staging(self, shape: Sequence[int], dtype: torch.dtype) -> torch.Tensor:
        """Main memory."""
        return torch.zeros(*shape, dtype=dtype)

    def memory(self, staged: torch.Tensor) -> torch.Tensor:
        """The same memory."""
        return staged

    def done_so_far(self) -> Mark:
        """Now."""

    def send(self, copies: Iterable[Copy], after: Mark) -> Mark:
        """They are there."""

    def receive(self, mark: Mark) -> None:
        """Nothing is outstanding."""

    def wait(self, mark: Mark) -> None:
        """Nothing is outstanding."""


class CudaLane:
    """A stream of its own, from memory that is pinned so that the GPU reads it by itself; moments are events.

    Source: torch.cuda.Stream and Event, https://pytorch.org/docs/stable/notes/cuda.html#use-pinned-memory-buffers
    """

    def __init__(self, device: torch.device):
        self.device = device
        self._stream = torch.cuda.Stream(device)

    def staging(self, shape: Sequence[int], dtype: torch.dtype) -> torch.Tensor:
        """Pinned memory."""
        return torch.zeros(*shape, dtype=dtype, pin_memory=True)

    def memory(self, staged: torch.Tensor) -> torch.Tensor:
        """Memory of the GPU."""
        return torch.zeros_like(staged, device=self.device)

    def done_so_far(self) -> Mark:
        """An event behind all that is in the stream that calculates."""
        event = torch.cuda.Event()
        event.record(torch.cuda.current_stream(self.device))
        return event

    def send(self, copies: Iterable[Copy], after: Mark) -> Mark:
        """Copy in the lane's own stream."""
        event = torch.cuda.Event()
        with torch.cuda.device(self.device), torch.cuda.stream(self._stream):
            self._stream.wait_event(after)
            for to, source in copies:
                to.copy_(source, non_blocking=True)
            event.record(self._stream)
        return event

    def receive(self, mark: Mark) -> None:
        """Let the stream that calculates wait for an event."""
        torch.cuda.current_stream(self.device).wait_event(mark)

    def wait(self, mark: Mark) -> None:
        """Wait for an event; other threads go on."""
        mark.synchronize()


def lane_to(device: torch.device) -> Lane:
    """The lane to a device."""
    return CudaLane(device) if device.type == "cuda" else HostLane()
