"""Does everything that training does with weights go where each process has a part of them?"""

from __future__ import annotations

from collections.abc import Iterator

from mlpspec.catalog.batch_sizes.auto import Auto
from mlpspec.diagnostics import Diagnostic
from mlpspec.language.document import Document


def check_shard_weights(document: Document) -> Iterator[Diagnostic]:
    """What looks at whole weights, or at a copy of the network, does not. The compiled step, the default, gives way to the eager one."""
    training = document.spec.training
    if not training.shard_weights:
        return
    found: list[tuple[str, str, str]] = []
    if not training.optimizer.divides:
        what = f"the optimizer `{training.optimizer.kind}` does not say that it treats each number of a weight by itself"
        found.append(("optimizer", what, "use adam, adamw, sgd or rmsprop"))
    if training.clip is not None and not training.clip.divides:
        what = f"clipping `{training.clip.kind}` needs the norms of whole weights"
        found.append(("clip", what, "clip by `norm` or `value`"))
    if isinstance(training.batch_size, Auto):
        found.append(("batch_size", "`batch_size: auto` tries steps on a copy of the whole network", "give a number of rows"))
    if training.anomaly:
        found.append(("anomaly", "`anomaly` looks at whole weights and gradients", "look with `shard_weights: false`"))
    if training.step == "torch_compile":
        found.append(("step", "`step: torch_compile` takes the whole network", "leave `step` out: steps are eager then"))
    for option, fact, help in found:
        secondary = ((("training", "shard_weights"), "every process holds a part of each weight"),)
        message = f"{fact}; it does not go with `shard_weights`"
        yield document.diagnostic("invalid-spec", message, ("training", option), secondary=secondary, help=help)
