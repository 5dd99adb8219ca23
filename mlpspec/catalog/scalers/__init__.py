"""The table of scalers."""

from mlpspec.catalog.entry import Family
from mlpspec.catalog.scalers.base import Scaler
from mlpspec.catalog.scalers.min_max import MinMax
from mlpspec.catalog.scalers.none import NoScaling
from mlpspec.catalog.scalers.standardize import Standardize

SCALERS = Family("scaler", Scaler, (Standardize, MinMax, NoScaling))
