"""The verbs of the compiler: checks of a spec, passes from a spec to a graph, lints of a graph. The order is data."""

from __future__ import annotations

from mlpspec.passes.check_augmentations import check_augmentations
from mlpspec.passes.check_sharing import check_sharing
from mlpspec.passes.checks.biases import check_biases
from mlpspec.passes.checks.callbacks import check_callbacks
from mlpspec.passes.checks.data_section import check_data_section, check_streaming
from mlpspec.passes.checks.export_section import check_export
from mlpspec.passes.checks.heads import check_heads
from mlpspec.passes.checks.losses import check_losses
from mlpspec.passes.checks.metrics import check_metrics
from mlpspec.passes.checks.monitor import check_monitor
from mlpspec.passes.checks.names import check_names
from mlpspec.passes.checks.paths import check_paths
from mlpspec.passes.checks.sampling import check_sampling
from mlpspec.passes.checks.shard_weights import check_shard_weights
from mlpspec.passes.encode_inputs import encode_inputs
from mlpspec.passes.infer_shapes import infer_shapes
from mlpspec.passes.lints.double_activation import lint_double_activation
from mlpspec.passes.lints.parameter_budget import lint_parameter_budget
from mlpspec.passes.lints.unused import lint_unused
from mlpspec.passes.lints.without_dropout import lint_without_dropout
from mlpspec.passes.lower import lower
from mlpspec.passes.place_layers import place_layers
from mlpspec.passes.size_heads import size_heads

CHECKS = (
    check_paths,
    check_data_section,
    check_streaming,
    check_names,
    check_heads,
    check_losses,
    check_metrics,
    check_monitor,
    check_callbacks,
    check_biases,
    check_sampling,
    check_shard_weights,
    check_export,
)
"""Checks of a spec that need no graph. Each yields what it finds; all run."""

PASSES = (place_layers, encode_inputs, check_augmentations, size_heads, infer_shapes, check_sharing, lower)
"""From a spec to a graph, in this order; a pass that reports errors is the last to run."""

LINTS = (lint_unused, lint_double_activation, lint_parameter_budget, lint_without_dropout)
"""Checks of a finished graph. Each yields what it finds; all run."""
