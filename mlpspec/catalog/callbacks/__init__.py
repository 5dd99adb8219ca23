"""The table of callbacks."""

from mlpspec.catalog.callbacks.base import CallbackEntry
from mlpspec.catalog.callbacks.checkpoint import Checkpoint
from mlpspec.catalog.callbacks.early_stopping import EarlyStopping
from mlpspec.catalog.callbacks.ema import Ema
from mlpspec.catalog.callbacks.reduce_on_plateau import ReduceOnPlateau
from mlpspec.catalog.callbacks.swa import Swa
from mlpspec.catalog.callbacks.target_metric import TargetMetric
from mlpspec.catalog.callbacks.time_limit import TimeLimit
from mlpspec.catalog.entry import Family

CALLBACKS = Family("callback", CallbackEntry, (EarlyStopping, ReduceOnPlateau, TargetMetric, TimeLimit, Checkpoint, Ema, Swa))
