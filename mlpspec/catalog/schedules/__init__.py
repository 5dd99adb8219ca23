"""The table of learning-rate schedules."""

from mlpspec.catalog.entry import Family
from mlpspec.catalog.schedules.base import Schedule
from mlpspec.catalog.schedules.constant import Constant
from mlpspec.catalog.schedules.cosine import Cosine
from mlpspec.catalog.schedules.cyclical import Cyclical
from mlpspec.catalog.schedules.exponential import Exponential
from mlpspec.catalog.schedules.inverse import Inverse
from mlpspec.catalog.schedules.multi_step import MultiStep
from mlpspec.catalog.schedules.one_cycle import OneCycle
from mlpspec.catalog.schedules.polynomial import Polynomial
from mlpspec.catalog.schedules.step import Step

SCHEDULES = Family(
    "schedule",
    Schedule,
    (Constant, Step, MultiStep, Exponential, Inverse, Polynomial, Cosine, OneCycle, Cyclical),
)
