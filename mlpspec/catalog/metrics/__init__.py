"""The table of metrics."""

from mlpspec.catalog.entry import Family
from mlpspec.catalog.metrics.accuracy import Accuracy
from mlpspec.catalog.metrics.auroc import Auroc
from mlpspec.catalog.metrics.balanced_accuracy import BalancedAccuracy
from mlpspec.catalog.metrics.base import Metric
from mlpspec.catalog.metrics.f1 import F1
from mlpspec.catalog.metrics.log_loss import LogLoss
from mlpspec.catalog.metrics.mae import Mae
from mlpspec.catalog.metrics.precision import Precision
from mlpspec.catalog.metrics.r2 import R2
from mlpspec.catalog.metrics.recall import Recall
from mlpspec.catalog.metrics.rmse import Rmse

METRICS = Family(
    "metric",
    Metric,
    (Accuracy, BalancedAccuracy, Precision, Recall, F1, Auroc, LogLoss, Mae, Rmse, R2),
)
