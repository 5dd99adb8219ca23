"""The table of trackers."""

from mlpspec.catalog.entry import Family
from mlpspec.catalog.trackers.base import Tracker
from mlpspec.catalog.trackers.mlflow import Mlflow
from mlpspec.catalog.trackers.tensorboard import TensorBoard
from mlpspec.catalog.trackers.wandb import Wandb

TRACKERS = Family("tracker", Tracker, (TensorBoard, Mlflow, Wandb))
