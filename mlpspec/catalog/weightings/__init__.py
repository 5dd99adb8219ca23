"""The table of class weightings."""

from mlpspec.catalog.entry import Family
from mlpspec.catalog.weightings.balanced import Balanced
from mlpspec.catalog.weightings.base import ClassWeighting
from mlpspec.catalog.weightings.custom import Custom

WEIGHTINGS = Family("class weighting", ClassWeighting, (Balanced, Custom))
