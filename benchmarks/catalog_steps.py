"""How much faster the compiled step is than the eager one, for every activation, optimizer and what else a spec may ask of a step.

python benchmarks/catalog_steps.py [WORDS ...] [--rounds N]

A small network (20 numbers, two layers of 64, three classes, 8,000 rows, batches of 64), each case with one thing changed. Both steps live
in one process and take turns of an epoch, so that a busy neighbour hits both alike.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from machine import machine

from mlpspec.catalog.activations import ACTIVATIONS
from mlpspec.catalog.clippings import CLIPPINGS
from mlpspec.catalog.entry import Family
from mlpspec.catalog.optimizers import OPTIMIZERS
from mlpspec.cli.table import aligned
from mlpspec.compiler import build_graph, loads
from mlpspec.data.load import load_data_of
from mlpspec.pytorch.module import build_module
from mlpspec.training.alteration import Alteration
from mlpspec.training.averages import Averages
from mlpspec.training.clip import Clip
from mlpspec.training.compiled.make import make_step
from mlpspec.training.feed import MemoryFeed, PlannedEpoch
from mlpspec.training.losses import TotalLoss
from mlpspec.training.plan import Plan
from mlpspec.training.precision import Precision
from mlpspec.training.tensors import Tensors

ROWS = 8_000
CPU = torch.device("cpu")

SPEC = """
mlpspec: 1
data: {split: {train: 1.0, validation: 0.0, test: 0.0}}
inputs: {x: {numeric: ["x*"]}}
targets: {kind: category}
vars: {activation: relu, units: 64}
model:
  - dense: {units: $units, activation: $activation}
  - dense: {units: $units, activation: $activation}
  - head: kind
training: {epochs: 3, batch_size: 64}
"""

NORMED = "model=[{dense: {units: 64, batchnorm: true, dropout: 0.2}}, {dense: {units: 64, batchnorm: true, dropout: 0.2}}, {head: kind}]"
HEADS = ", ".join(f"{{head: {{target: {name}, from: last}}}}" for name in ("kind", "size", "truth"))
THREE_HEADS = f"model=[{{dense: {{units: 64, activation: relu, name: last}}}}, {HEADS}]"


def kinds(family: Family[Any]) -> list[str]:
    """The names of a family's entries, each once."""
    return [entry.kind for entry in family]


CASES: dict[str, tuple[str, ...]] = {
    **{f"activation {name}": (f"vars.activation={name}",) for name in kinds(ACTIVATIONS)},
    **{f"optimizer {name}": (f"training.optimizer={name}",) for name in kinds(OPTIMIZERS)},
    **{f"clip {name}": (f"training.clip={{{name}: 0.1}}",) for name in kinds(CLIPPINGS)},
    **{f"batches of {rows}": (f"training.batch_size={rows}",) for rows in (1, 8, 1000)},
    "layers of 512": ("vars.units=512",),
    "accumulated gradients": ("training.accumulate=4",),
    "batch norm and dropout": (NORMED,),
    "layer norm": ("model=[{linear: 64}, layernorm, {activation: gelu}, {head: kind}]",),
    "embedded categories": ("inputs.code={category: {encode: {embedding: 8}}}",),
    "one-hot categories": ("inputs.code=category",),
    "three targets": ("targets={kind: category, size: numeric, truth: binary}", THREE_HEADS),
    "class weights": ("targets.kind={category: {class_weights: balanced}}",),
    "noise": ("inputs.x.numeric={columns: ['x*'], augment: [{noise: 0.1}]}",),
    "mixup": ("training.mixing=mixup",),
    "averaged weights": ("training.callbacks=[ema]",),
    "bf16": ("training.precision=bf16",),
}


def columns() -> dict[str, np.ndarray]:
    """The rows that all cases learn from."""
    generator = np.random.default_rng(0)
    numbers = {f"x{number}": generator.standard_normal(ROWS).astype(np.float32) for number in range(20)}
    codes, kinds = generator.integers(0, 50, ROWS), generator.integers(0, 3, ROWS)
    targets = {"size": generator.standard_normal(ROWS), "truth": generator.integers(0, 2, ROWS)}
    return {**numbers, "code": np.array([f"c{code}" for code in codes]), "kind": np.array(["red", "green", "blue"])[kinds], **targets}


def trainer(settings: tuple[str, ...], wanted: str) -> tuple[Callable[[], float], str]:
    """A function that trains one epoch and gives its seconds, and what the step says of itself."""
    document = loads(SPEC, settings=[*settings, f"training.step={wanted}"])
    spec = document.spec
    training = spec.training
    dataset = load_data_of(document, frame=columns())
    graph, part = build_graph(document, dataset.preprocessing.facts), dataset.parts["train"]
    torch.manual_seed(0)
    module = build_module(graph)
    data = Tensors.from_arrays(part.inputs, part.targets, part.rows, CPU)
    plan = Plan(training, 0, part.rows)
    loss, alteration = TotalLoss(spec.targets, dataset.preprocessing.targets, CPU), Alteration.of(spec, CPU)
    decay = next((entry.running for entry in training.all_callbacks if entry.running), None)
    step, remark = make_step(
        module,
        loss if alteration is None else alteration.loss(loss),
        training.optimizer,
        data,
        plan.forms,
        wanted=training.step,
        alteration=alteration,
        averages=None if decay is None else Averages(decay, module),
        clip=None if training.clip is None else Clip.of(training.clip, module, graph.outputs.values()),
        precision=Precision(training.precision, CPU),
    )
    epoch = PlannedEpoch(0, plan.batches(0), plan.rates(0), MemoryFeed(data, plan))

    def run() -> float:
        start = time.perf_counter()
        for _ in epoch.run(step):
            pass
        step.epoch_loss()
        return time.perf_counter() - start

    run()
    return run, remark


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("words", nargs="*", help="run the cases that one of these occurs in; all by default")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each step (3)")
    arguments = parser.parse_args()
    lines = []
    for name, settings in CASES.items():
        if arguments.words and not any(word in name for word in arguments.words):
            continue
        (compiled, remark), (eager, _) = (trainer(settings, wanted) for wanted in ("compiled", "eager"))
        turns = [(compiled(), eager()) for _ in range(arguments.rounds)]
        ratios = [slow / fast for fast, slow in turns]
        speed = ROWS / statistics.median(fast for fast, _ in turns)
        spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} - {max(ratios):.2f})"
        lines.append((name, f"{speed:,.0f}", spread, remark))
        print(f"{name}: {spread}", flush=True)
    print()
    print(aligned(["", "rows/s, compiled", "times eager (least - most)", "step"], lines))
    print(machine("mlpspec", "torch", "numpy"))


if __name__ == "__main__":
    main()
