from __future__ import annotations

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from mlpspec.catalog.weightings import WEIGHTINGS, Balanced


def test_classes_like_scikit_learn():
    truth = np.repeat(["a", "b", "c"], [60, 30, 10])
    expected = compute_class_weight("balanced", classes=np.unique(truth), y=truth)
    assert Balanced().of_classes({"a": 60, "b": 30, "c": 10}) == pytest.approx(expected)


def test_a_label_counts_as_much_as_its_absence():
    rows = {"rare": 10, "half": 50, "always": 100, "never": 0}
    assert Balanced().of_labels(rows, 100) == [9.0, 1.0, 1.0, 1.0]
    negative, positive = Balanced().of_classes({"no": 90, "yes": 10})
    assert positive / negative == pytest.approx(Balanced().of_labels({"yes": 10}, 100)[0])


def test_the_table():
    assert WEIGHTINGS.names() == ["balanced", "custom"]
    assert Balanced().named() == ()
