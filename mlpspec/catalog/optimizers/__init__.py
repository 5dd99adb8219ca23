"""The table of optimizers."""

from mlpspec.catalog.entry import Family
from mlpspec.catalog.optimizers.adam import Adam
from mlpspec.catalog.optimizers.adamw import AdamW
from mlpspec.catalog.optimizers.base import Optimizer
from mlpspec.catalog.optimizers.rmsprop import RmsProp
from mlpspec.catalog.optimizers.sgd import Sgd

OPTIMIZERS = Family("optimizer", Optimizer, (Sgd, Adam, AdamW, RmsProp))
