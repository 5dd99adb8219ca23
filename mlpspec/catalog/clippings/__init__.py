"""The table of clippings."""

from mlpspec.catalog.clippings.adaptive import Adaptive
from mlpspec.catalog.clippings.base import Clipping
from mlpspec.catalog.clippings.norm import Norm
from mlpspec.catalog.clippings.value import Value
from mlpspec.catalog.entry import Family

CLIPPINGS = Family("clipping", Clipping, (Norm, Value, Adaptive))
