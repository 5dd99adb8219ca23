"""The table of imputers."""

from mlpspec.catalog.entry import Family
from mlpspec.catalog.imputers.base import Imputer
from mlpspec.catalog.imputers.constant import ConstantImputer
from mlpspec.catalog.imputers.error import ErrorImputer
from mlpspec.catalog.imputers.mean import MeanImputer
from mlpspec.catalog.imputers.median import MedianImputer

IMPUTERS = Family("imputer", Imputer, (ErrorImputer, MeanImputer, MedianImputer, ConstantImputer))
