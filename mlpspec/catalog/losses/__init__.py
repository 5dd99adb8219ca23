"""The table of losses."""

from mlpspec.catalog.entry import Family
from mlpspec.catalog.losses.base import Loss
from mlpspec.catalog.losses.binary_cross_entropy import BinaryCrossEntropy
from mlpspec.catalog.losses.cross_entropy import CrossEntropy
from mlpspec.catalog.losses.huber import Huber
from mlpspec.catalog.losses.mae import Mae
from mlpspec.catalog.losses.mse import Mse
from mlpspec.catalog.losses.quantile import Quantile

LOSSES = Family("loss", Loss, (CrossEntropy, BinaryCrossEntropy, Mse, Mae, Huber, Quantile))
