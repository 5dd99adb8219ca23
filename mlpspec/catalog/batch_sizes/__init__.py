"""The table of batch sizes."""

from mlpspec.catalog.batch_sizes.auto import Auto
from mlpspec.catalog.batch_sizes.base import BatchSize
from mlpspec.catalog.batch_sizes.fixed import Fixed
from mlpspec.catalog.batch_sizes.growth import Growth
from mlpspec.catalog.batch_sizes.milestones import Milestones
from mlpspec.catalog.entry import Family

BATCH_SIZES = Family("batch size", BatchSize, (Fixed, Growth, Milestones, Auto))
