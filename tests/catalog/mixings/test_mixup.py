from __future__ import annotations

import pytest
import torch
from scipy.stats import beta, kstest

from mlpspec.catalog.mixings import Mixup
from mlpspec.ir.shape import Shape


def test_all_inputs_are_weighted_means_of_the_same_rows(mixed):
    """Zhang et al. 2018, equation 1."""
    first, second = torch.randn(9, 3), torch.randn(9, 2, 2)
    (one, other), share, partners = mixed(Mixup(alpha=1.0), first, second)
    assert sorted(partners.tolist()) == list(range(9))
    torch.testing.assert_close(one, share * first + (1 - share) * first[partners])
    torch.testing.assert_close(other, share * second + (1 - share) * second[partners])
    assert 0 < share < 1


def test_shares_are_of_the_beta_distribution(mixed):
    rows = torch.zeros(2, 1)
    shares = [mixed(Mixup(alpha=0.4), rows, seed=seed)[1] for seed in range(400)]
    assert kstest(shares, beta(0.4, 0.4).cdf).pvalue > 0.01


def test_codes_cannot_be_mixed():
    assert Mixup().check({"x": (Shape((3,)), "float32"), "town": (Shape((1,)), "int64")})[0] == "town"
    assert Mixup().check({"x": (Shape((3,)), "float32")}) is None


def test_bounds(option_of):
    assert (option_of(Mixup, "alpha").above, option_of(Mixup, "probability").maximum) == (0.0, 1.0)


def test_one_row_is_its_own_partner(mixed):
    rows = torch.randn(1, 4)
    (found,), _, partners = mixed(Mixup(alpha=1.0), rows)
    torch.testing.assert_close(found, rows)
    assert partners.tolist() == pytest.approx([0])
