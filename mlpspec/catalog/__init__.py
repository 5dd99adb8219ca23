"""Everything a spec can name, one folder a family and one file an entry. No entry imports torch; numpy only where it calculates."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlpspec.catalog.entry import Entry, Family


@cache
def families() -> tuple[Family[Any], ...]:
    """The tables of all families, with what installed plugins add."""
    from mlpspec.catalog.activations import ACTIVATIONS
    from mlpspec.catalog.augmentations import AUGMENTATIONS
    from mlpspec.catalog.batch_sizes import BATCH_SIZES
    from mlpspec.catalog.callbacks import CALLBACKS
    from mlpspec.catalog.clippings import CLIPPINGS
    from mlpspec.catalog.encoders import ENCODERS
    from mlpspec.catalog.imputers import IMPUTERS
    from mlpspec.catalog.initializers import INITIALIZERS
    from mlpspec.catalog.inputs import INPUTS
    from mlpspec.catalog.layers import LAYERS
    from mlpspec.catalog.losses import LOSSES
    from mlpspec.catalog.metrics import METRICS
    from mlpspec.catalog.mixings import MIXINGS
    from mlpspec.catalog.optimizers import OPTIMIZERS
    from mlpspec.catalog.plugins import load_plugins
    from mlpspec.catalog.samplers import SAMPLERS
    from mlpspec.catalog.scalers import SCALERS
    from mlpspec.catalog.schedules import SCHEDULES
    from mlpspec.catalog.targets import TARGETS
    from mlpspec.catalog.trackers import TRACKERS
    from mlpspec.catalog.uncertainty_methods import UNCERTAINTY_METHODS
    from mlpspec.catalog.weightings import WEIGHTINGS

    tables = (
        LAYERS,
        ACTIVATIONS,
        INITIALIZERS,
        INPUTS,
        ENCODERS,
        SCALERS,
        IMPUTERS,
        TARGETS,
        WEIGHTINGS,
        LOSSES,
        METRICS,
        OPTIMIZERS,
        SCHEDULES,
        CLIPPINGS,
        CALLBACKS,
        BATCH_SIZES,
        SAMPLERS,
        AUGMENTATIONS,
        MIXINGS,
        UNCERTAINTY_METHODS,
        TRACKERS,
    )
    load_plugins(tables)
    return tables


def family_of(base: type[Entry]) -> Family[Any]:
    """The family whose entries derive from `base`, or which `base` is an entry of.

    Raises:
        KeyError: when there is none.
    """
    for family in families():
        if issubclass(base, family.base):
            return family
    raise KeyError(base.__name__)
