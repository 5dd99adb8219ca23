"""scikit-learn's MLPClassifier, an epoch a call. It has neither batch norm nor dropout: those are left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sklearn
from peers.worker import work
from peers.workloads import RATE, WORKLOADS, rows
from sklearn.neural_network import MLPClassifier


def make(name: str) -> tuple[Callable[[], float], int, str]:
    workload = WORKLOADS[name]
    features, answers = rows(workload)
    size: Any = workload.batch  # the stubs know only "auto"
    model = MLPClassifier(workload.widths, alpha=0.0, batch_size=size, learning_rate_init=RATE, random_state=0)
    classes = np.arange(workload.outputs)

    def epoch() -> float:
        model.partial_fit(features, answers, classes=classes)
        return float(model.loss_)

    lacking = " without batch norm and dropout" if workload.batchnorm or workload.dropout else ""
    return epoch, workload.rows, f"scikit-learn {sklearn.__version__}{lacking}"


if __name__ == "__main__":
    work(make)
