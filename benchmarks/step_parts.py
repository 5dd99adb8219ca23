"""What each part of the compiled training step is worth: the step without it, taking turns with the whole one.

python benchmarks/step_parts.py [WORKLOAD ...] [--rounds N]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import torch
from machine import machine
from peers.mlpspec_step import graph
from peers.workloads import RATE, WORKLOADS, rows

from mlpspec.catalog.losses import LOSSES
from mlpspec.catalog.optimizers.adam import Adam
from mlpspec.cli.table import aligned
from mlpspec.pytorch.module import build_module
from mlpspec.pytorch.targets import resolve
from mlpspec.training.batches import batch_bounds, epoch_order
from mlpspec.training.compiled import block, lower, memory, step, threads
from mlpspec.training.compiled.emit import emit_python
from mlpspec.training.compiled.passes import matmul
from mlpspec.training.tensors import Tensors

Patches = tuple[tuple[Any, str, Any], ...]


def without(name: str) -> Patches:
    """All passes but one."""
    kept = tuple(rewrite for rewrite in block.PASSES if rewrite.__name__ != name)
    assert len(kept) < len(block.PASSES), name
    return ((block, "PASSES", kept),)


PARTS: dict[str, Patches] = {
    "the whole step": (),
    "without closed cross-entropy": without("close_cross_entropy"),
    "without masks by the block": (*without("take_out_masks"), (lower, "_draws", lambda _: False)),
    "without overwriting before dropout": without("keep_one_copy"),
    "without counters by the block": without("hoist_counters"),
    "without sums as products": without("multiply_instead_of_sum"),
    "without a choice of library (BLAS)": ((matmul, "linear", lambda: None),),
    "without loss by the block": ((block, "joining", lambda *_: None),),
    "without blocks of steps": ((block, "BLOCK_STEPS", 1),),
    "without memory made once": ((lower, "out_variant", lambda _: None),),
    "without memory used again": ((memory.Pool, "give", lambda *_: None),),
    "without TorchScript (Python)": ((block, "emit", lambda program: (emit_python(program), "Python")),),
    "without choice of threads (all)": ((threads, "SHARED_FROM", 0),),
}


@contextmanager
def patched(patches: Patches) -> Iterator[None]:
    with ExitStack() as stack:
        for place, name, value in patches:
            stack.enter_context(patch.object(place, name, value))
        yield


def trainer(name: str, patches: Patches) -> Callable[[], float]:
    """A function that trains one epoch and gives its seconds."""
    workload = WORKLOADS[name]
    features, answers = map(torch.from_numpy, rows(workload))
    torch.manual_seed(0)
    module = build_module(graph(workload))
    function = resolve(LOSSES["mse" if workload.regression else "cross_entropy"]().lower().target)
    data = Tensors(workload.rows, (features,), {"y": answers})
    with patched(patches):
        made = step.CompiledStep(module, lambda outputs, targets: function(outputs["y"], targets["y"]), Adam(), data, workload.batch)
    bounds = list(batch_bounds(workload.rows, workload.batch))
    order = torch.from_numpy(epoch_order(workload.rows, 0, 0))

    def epoch() -> float:
        start = time.perf_counter()
        for _ in made.run_epoch(0, order, bounds, [RATE] * len(bounds)):
            pass
        return time.perf_counter() - start

    epoch()
    return epoch


def main() -> None:
    """Print a table for each workload: microseconds of a step, and how many times as long as the whole step."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("workloads", nargs="*", default=["T1", "T2"])
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    for name in options.workloads:
        trainers = {part: trainer(name, patches) for part, patches in PARTS.items()}
        seconds: dict[str, list[float]] = {part: [] for part in trainers}
        for _ in range(options.rounds):
            time.sleep(0.3)  # threads of the last part wait for more work, busily, for a fifth of a second
            for part, epoch in trainers.items():
                seconds[part].append(epoch())
        whole = seconds["the whole step"]
        steps = -(-WORKLOADS[name].rows // WORKLOADS[name].batch)
        lines = []
        for part, taken in seconds.items():
            ratios = sorted(own / other for own, other in zip(taken, whole, strict=True))
            spread = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} - {ratios[-1]:.2f})"
            lines.append([part, f"{1e6 * statistics.median(taken) / steps:,.1f}", f"{1e6 * min(taken) / steps:,.1f}", spread])
        print(f"\n{name}, {options.rounds} rounds\n")
        print(aligned(["", "us a step", "least", "x the whole step (least - most)"], lines))
    print(f"\n{machine('mlpspec', 'torch', 'numpy')}")


if __name__ == "__main__":
    main()
