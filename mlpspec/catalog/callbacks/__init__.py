"""The table of callbacks."""

from mlpspec.catalog.callbacks.base import CallbackEntry
from mlpspec.catalog.callbacks.checkpoint import Checkpoint
from mlpspec.catalog.callbacks.early_stopping import EarlyStopping
from mlpspec.catalog.entry import Family

CALLBACKS = Family("callback", CallbackEntry, (EarlyStopping, Checkpoint))
