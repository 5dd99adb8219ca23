"""The table of scalers."""

from mlpspec.catalog.entry import Family
from mlpspec.catalog.scalers.base import Scaler
from mlpspec.catalog.scalers.log1p import Log1p
from mlpspec.catalog.scalers.min_max import MinMax
from mlpspec.catalog.scalers.none import NoScaling
from mlpspec.catalog.scalers.pca import Pca
from mlpspec.catalog.scalers.robust import Robust
from mlpspec.catalog.scalers.standardize import Standardize
from mlpspec.catalog.scalers.winsorize import Winsorize

SCALERS = Family("scaler", Scaler, (Standardize, MinMax, Robust, Winsorize, Log1p, Pca, NoScaling))
