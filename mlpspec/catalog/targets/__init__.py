"""The table of target types."""

from mlpspec.catalog.entry import Family
from mlpspec.catalog.targets.base import TargetType
from mlpspec.catalog.targets.binary import Binary
from mlpspec.catalog.targets.category import CategoryTarget
from mlpspec.catalog.targets.multilabel import Multilabel
from mlpspec.catalog.targets.numeric import NumericTarget

TARGETS = Family("target type", TargetType, (CategoryTarget, Binary, Multilabel, NumericTarget))
