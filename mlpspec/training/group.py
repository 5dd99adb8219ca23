"""The processes that train one model together, each with its share of every batch."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mlpspec.diagnostics import MachineError, MlpspecError, StoppedError
from mlpspec.language.document import Document
from mlpspec.training.run_folder import CHECKPOINTS, RunFolder

if TYPE_CHECKING:
    import torch

T = TypeVar("T")

PATIENCE = timedelta(minutes=30)
"""How long a process waits for the others before it gives them up; one that ended is noticed at once."""


class LostPeerError(MachineError):
    """Another process of the run ended or cannot be reached."""


@dataclass(frozen=True)
class Group:
    """One process among those of a run: number `rank` of `size`, and `local_rank` on its machine. A process alone is a group too.

    The process number 0 leads: it writes the run folder, and what it says counts where clocks or files could differ.
    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    @property
    def leads(self) -> bool:
        """Whether this process writes and speaks for all."""
        return self.rank == 0

    @classmethod
    def join(cls, environment: Mapping[str, str] = os.environ, *, cuda: bool = False) -> Group:
        """Meet the other processes that `torchrun` or `mlpspec train --devices` started; alone where neither did.

        Args:
            environment: `RANK`, `WORLD_SIZE`, `LOCAL_RANK`, `MASTER_ADDR` and `MASTER_PORT`, as torchrun sets them, and its
                `TORCHELASTIC_RESTART_COUNT`.
            cuda: whether the network will be on GPUs, so that its gradients go through NCCL; all else goes through Gloo.

        Raises:
            MachineError: when the others do not come.

        Source: torch.distributed, https://pytorch.org/docs/stable/elastic/run.html for the environment.
        """
        size = int(environment.get("WORLD_SIZE", "1"))
        if size < 2:
            return cls()
        import torch.distributed as dist
        from torch.distributed.distributed_c10d import PrefixStore
        from torch.distributed.rendezvous import rendezvous

        # torchrun's agent may keep its store when it restarts processes: the addresses of those that ended must not be found in it
        restart = environment.get("TORCHELASTIC_RESTART_COUNT", "0")
        try:
            store, rank, size = next(rendezvous("env://", timeout=PATIENCE))
            store = PrefixStore(f"mlpspec/start {restart}", store)
            dist.init_process_group("cpu:gloo,cuda:nccl" if cuda else "gloo", store=store, rank=rank, world_size=size, timeout=PATIENCE)
        except (RuntimeError, ValueError) as error:
            reason = str(error).strip().split("\n", 1)[0]
            help = "start all processes with `mlpspec train --devices N`, or with torchrun"
            raise MachineError(f"the {size} processes of the run do not find each other: {reason}", help=help) from error
        return cls(rank, size, int(environment.get("LOCAL_RANK", rank)))

    def leave(self) -> None:
        """Say goodbye; nothing can be agreed on after it."""
        if self.size > 1:
            import torch.distributed as dist

            if dist.is_initialized():
                dist.destroy_process_group()

    def agree(self, value: T) -> T:
        """What the leading process has as `value`, which is JSON data."""
        if self.size == 1:
            return value
        import torch
        import torch.distributed as dist

        text = json.dumps(value).encode() if self.leads else b""
        length = torch.tensor([len(text)])
        with self.lost_peers_named():
            dist.broadcast(length, 0)
            data = torch.frombuffer(bytearray(text), dtype=torch.uint8) if self.leads else torch.empty(int(length), dtype=torch.uint8)
            dist.broadcast(data, 0)
        return json.loads(bytes(data.tolist()))

    def greatest(self, value: int) -> int:
        """The greatest of the processes' numbers."""
        if self.size == 1:
            return value
        import torch
        import torch.distributed as dist

        found = torch.tensor([value])
        with self.lost_peers_named():
            dist.all_reduce(found, dist.ReduceOp.MAX)
        return int(found)

    def add_up(self, tensor: torch.Tensor) -> torch.Tensor:
        """The sum of the processes' tensors of one shape, in place."""
        if self.size > 1:
            import torch.distributed as dist

            with self.lost_peers_named():
                dist.all_reduce(tensor)
        return tensor

    def follow(self, tensors: Iterable[torch.Tensor]) -> None:
        """Overwrite tensors with the leading process's: one message for all of a dtype."""
        if self.size == 1:
            return
        import torch
        import torch.distributed as dist

        kinds: dict[torch.dtype, list[torch.Tensor]] = {}
        for tensor in tensors:
            kinds.setdefault(tensor.dtype, []).append(tensor)
        with torch.no_grad(), self.lost_peers_named():
            for each in kinds.values():
                joined = torch.cat([tensor.reshape(-1) for tensor in each])
                dist.broadcast(joined, 0)
                for tensor, part in zip(each, joined.split([tensor.numel() for tensor in each]), strict=True):
                    tensor.copy_(part.view_as(tensor))

    def together(self, work: Callable[[], T]) -> T:
        """The result of work that every process does for itself; when it fails in one of them, all end with the exit code of the first.

        Raises:
            MlpspecError: what the work raised, in the first process where it failed.
            SystemExit: in the other processes, so that one message is enough.
        """
        failure: MlpspecError | None = None
        result: T | None = None
        try:
            result = work()
        except MlpspecError as error:
            failure = error
        if self.size > 1:
            first = self.size - self.greatest(0 if failure is None else self.size - self.rank)
            code = self.greatest(failure.exit_code if failure is not None and self.rank == first else 0)
            if code and self.rank != first:
                raise SystemExit(code)
        if failure is not None:
            raise failure
        return result  # type: ignore[return-value]

    @contextmanager
    def lost_peers_named(self) -> Iterator[None]:
        """Within it, a connection that broke becomes an error in plain words.

        Raises:
            LostPeerError: instead of what torch.distributed raises.
        """
        try:
            yield
        except RuntimeError as error:
            if self.size == 1 or not _is_connection_trouble(str(error)):
                raise
            message = f"another of the {self.size} processes of this run ended"
            raise LostPeerError(message, help="go on from the last checkpoint with `--resume`") from error


ALONE = Group()
"""A process without others."""


@contextmanager
def joined(*, cuda: bool) -> Iterator[Group]:
    """The group that the environment tells of, left again at the end. See `Group.join`.

    A process of `launch` ends quietly when another one is lost: one message is enough, and `launch` has it.
    """
    from mlpspec.training.launch import LAUNCHED, LOST

    group = Group.join(cuda=cuda and _has_cuda())
    try:
        yield group
        group.leave()
    except StoppedError:
        group.leave()  # all stop together
        raise
    except LostPeerError:
        if LAUNCHED in os.environ:
            sys.stdout.flush()
            os._exit(LOST)  # a group whose connections are broken cannot be left in good order
        raise


def elastic_run(document: Document, runs: Path, environment: Mapping[str, str] = os.environ) -> RunFolder | None:
    """The run that torchrun's restart goes on with: the newest one of the spec's name, when the same job began it.

    Source: https://pytorch.org/docs/stable/elastic/run.html, `TORCHELASTIC_RESTART_COUNT` and `TORCHELASTIC_RUN_ID`.
    """
    latest = runs / document.spec.name / "latest"
    if int(environment.get("TORCHELASTIC_RESTART_COUNT", "0")) == 0 or not latest.exists():
        return None
    run = RunFolder.open(latest)
    is_ours = run.info().get("job") == environment.get("TORCHELASTIC_RUN_ID")
    return run if is_ours and (run.path / CHECKPOINTS / "last").exists() else None


def _has_cuda() -> bool:
    if "WORLD_SIZE" not in os.environ:
        return False  # alone: nobody asks, and torch need not be imported for it
    import torch

    return torch.cuda.is_available()


def _is_connection_trouble(text: str) -> bool:
    """Gloo and NCCL have no kind of error of their own for a peer that is gone."""
    signs = ("connection", "peer", "gloo", "nccl", "timed out", "socket", "broken pipe")
    return any(sign in text.lower() for sign in signs)
