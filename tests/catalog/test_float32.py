from __future__ import annotations

import numpy as np

from mlpspec.catalog.float32 import float32_numbers


def test_every_number_is_one_of_float32():
    values = np.random.default_rng(0).normal(size=100) * 10.0 ** np.arange(-20, 30, 0.5)
    rounded = float32_numbers(values)
    assert all(np.float32(number).item() == number for number in rounded)
    np.testing.assert_allclose(rounded, values, rtol=2**-24)
    assert all(type(number) is float for number in rounded)
