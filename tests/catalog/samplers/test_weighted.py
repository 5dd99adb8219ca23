from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chisquare

from mlpspec.catalog.samplers import Weighted
from mlpspec.diagnostics import DataError


def test_rows_are_drawn_in_proportion_to_their_weights(orders):
    """Pearson's test against the expected counts; the seed is fixed, so that it cannot fail by chance."""
    weights = np.array([0.5, 0.0, 2.0, 1.0, 4.0, 0.0])
    drawn = np.concatenate(orders(Weighted(column="w"), 6, weights, epochs=3000))
    counts = np.bincount(drawn, minlength=6)
    assert counts[1] == counts[5] == 0
    kept = weights > 0
    assert chisquare(counts[kept], len(drawn) * weights[kept] / weights.sum()).pvalue > 0.01


def test_a_draw_at_the_very_end_is_no_row_of_weight_zero():
    class Last:
        def random(self, rows):
            return np.full(rows, np.nextafter(1.0, 0.0))

    assert Weighted(column="w").order(4, np.array([1e300, 1e300, 0.0, 0.0]), Last()).tolist() == [1] * 4


def test_only_the_training_rows_count(reader):
    table = reader(rows=[0, 2], w=[1.0, -5.0, 3.0])
    assert Weighted(column="w").fit(table, {}).tolist() == [1.0, 3.0]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"x": [1.0]}, "no column `w`"),
        ({"w": [1.0, np.nan]}, "1 missing value"),
        ({"w": [1.0, -1.0, -2.0]}, "2 weights below 0"),
        ({"w": [1.0, np.inf]}, "is not a number"),
        ({"w": [0.0, 0.0]}, "all weights in column `w` are 0"),
        ({"w": ["a", "b"]}, "not numbers"),
    ],
)
def test_weights_that_are_none(columns, said, reader):
    with pytest.raises(DataError, match=said):
        Weighted(column="w").fit(reader(**columns), {})


def test_its_column_is_no_input():
    assert Weighted(column="w").reserved() == ("w",)
