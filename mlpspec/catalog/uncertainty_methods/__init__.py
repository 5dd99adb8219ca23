"""The table of uncertainty methods."""

from mlpspec.catalog.entry import Family
from mlpspec.catalog.uncertainty_methods.base import UncertaintyMethod
from mlpspec.catalog.uncertainty_methods.mc_dropout import McDropout

UNCERTAINTY_METHODS = Family("uncertainty method", UncertaintyMethod, (McDropout,))
