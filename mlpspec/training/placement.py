"""Where the encoded rows are while a network learns: on the device as long as they fit beside it, else in main memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn

from mlpspec.diagnostics import MachineError
from mlpspec.ir.graph import Graph
from mlpspec.language.sections.training import DataOn
from mlpspec.training.fetched import FetchedRows
from mlpspec.training.lanes import HostLane, lane_to
from mlpspec.training.slots import SLOTS, Slots
from mlpspec.training.source import Source
from mlpspec.training.tensors import Tensors
from mlpspec.training.whole import held

if TYPE_CHECKING:
    from mlpspec.training.stored_tensors import StoredTensors

MARGIN = 0.1
"""The share of a GPU's memory that is left alone: for libraries, for what is torn into pieces, and for others."""

COPIES_OF_WEIGHTS = 6
"""Beside the weights: gradients, what an optimizer remembers (two or three), averages, the best ones while they are being measured."""

COPIES_OF_GATHERED = 3
"""Of the largest layer whose weights are divided among processes: it and the next one while they are used, and gradients."""

COPIES_OF_VALUES = 8
"""A layer's values once for each of its parts (linear, norm, activation, dropout), and their gradients."""


def step_bytes(module: nn.Module, graph: Graph, rows: int) -> int:
    """About as much memory as a step of `rows` rows takes beside the weights. Layers of unknown size count nothing."""
    weights = sum(held(parameter).nbytes for parameter in module.parameters())
    elsewhere = [sum(weight.nbytes - held(weight).nbytes for weight in layer.parameters()) for layer in module.children()]
    values = sum(_numbers(node.shape.dims) for node in graph.nodes if node.shape is not None)
    return COPIES_OF_WEIGHTS * weights + COPIES_OF_GATHERED * max(elsewhere, default=0) + COPIES_OF_VALUES * 4 * rows * values


def _numbers(dims: tuple[object, ...]) -> int:
    count = 1
    for dim in dims:
        count *= dim if isinstance(dim, int) else 0
    return count


@dataclass(frozen=True)
class Room:
    """What a GPU has, in bytes: all in all, what is free of it, and what a step will take."""

    total: int
    free: int
    step: int

    @property
    def for_rows(self) -> int:
        """What is left for rows."""
        return max(0, int(self.free - self.step - MARGIN * self.total))


def room_on(device: torch.device, step: int) -> Room | None:
    """The room on a GPU; None elsewhere."""
    if device.type != "cuda":
        return None
    free, total = torch.cuda.mem_get_info(device)
    return Room(total, free, step)


def place(parts: Mapping[str, Tensors], wanted: DataOn, device: torch.device, room: Room | None) -> tuple[dict[str, Source], str]:
    """The parts of the data where they will be, and one line that says where that is and why.

    `auto` puts those on the device that fit, the training rows first. On the CPU they are where they are.

    Args:
        parts: by name, in main memory.
        wanted: what the spec says.
        device: where the network is.
        room: what its memory has room for; None where that need not be asked.

    Raises:
        MachineError: when `device` is wanted and the rows do not fit.
    """
    left = room.for_rows if room is not None and wanted == "auto" else None
    lane = None
    found: dict[str, Source] = {}
    fetched: dict[str, Tensors] = {}
    for name, data in parts.items():
        if _stays(data.bytes, wanted, left):
            with _explained(data.bytes, device):
                found[name] = data.to(device)
            left = None if left is None else left - data.bytes
        else:
            lane = lane or lane_to(device)
            found[name], fetched[name] = FetchedRows(data, lane), data
    if not fetched:
        return found, _resident("rows", wanted, device)
    which = "rows" if len(fetched) == len(parts) else f"{' and '.join(fetched)} rows"
    return found, _away(which, sum(data.bytes for data in fetched.values()), wanted, device, room)


def place_chunks(data: StoredTensors, rows: int, wanted: DataOn, device: torch.device, room: Room | None) -> tuple[Slots, Source, str]:
    """Room for two chunks of `rows` rows that come from files; how steps see it; and one line that says where it is and why.

    `auto` puts it on the device if it fits there.

    Raises:
        MachineError: when `device` is wanted and the chunks do not fit.
    """
    bytes, name = SLOTS * rows * data.stored.row_bytes, f"rows in files; chunks of {rows:,} rows"
    if _stays(bytes, wanted, room.for_rows if room is not None and wanted == "auto" else None):
        with _explained(bytes, device):
            slots = Slots(data, rows, lane_to(device))
        return slots, slots.memory, _resident(name, wanted, device)
    slots = Slots(data, rows, HostLane())
    return slots, FetchedRows(slots.memory, lane_to(device)), _away(name, bytes, wanted, device, room)


def _stays(bytes: int, wanted: DataOn, left: int | None) -> bool:
    """Whether rows of so many bytes are put on the device, which has this many left; None where that need not be asked."""
    return wanted == "device" or (wanted == "auto" and (left is None or bytes <= left))


@contextmanager
def _explained(bytes: int, device: torch.device) -> Iterator[None]:
    try:
        yield
    except torch.OutOfMemoryError as error:
        help = "leave `training.data_on` out, and they are fetched from main memory while others are learnt from"
        raise MachineError(f"the rows take {_size(bytes)}, which {device} has no room for", help=help) from error


def _resident(what: str, wanted: DataOn, device: torch.device) -> str:
    return f"{what} on {device}" + (", as asked" if wanted == "device" else "")


def _away(what: str, bytes: int, wanted: DataOn, device: torch.device, room: Room | None) -> str:
    where = f"{what} in main memory, fetched while others are learnt from"
    if wanted == "host" or room is None:
        return f"{where}, as asked"
    return f"{where}: they take {_size(bytes)}, and {device} has {_size(room.for_rows)} beside the step"


def _size(bytes: int) -> str:
    return f"{bytes / 2**30:,.1f} GiB" if bytes >= 2**30 else f"{bytes / 2**20:,.0f} MiB"
