from __future__ import annotations

import numpy as np
import pytest

from mlpspec.catalog.initializers.orthogonal import Orthogonal


@pytest.mark.parametrize("gain", [1.0, 2.0])
def test_rows_or_columns_are_orthogonal(drawn, gain):
    wide, tall = drawn(Orthogonal(gain=gain), (20, 50)), drawn(Orthogonal(gain=gain), (50, 20))
    np.testing.assert_allclose(wide @ wide.T, gain**2 * np.eye(20), atol=1e-5)
    np.testing.assert_allclose(tall.T @ tall, gain**2 * np.eye(20), atol=1e-5)


def test_bounds(option_of):
    gain = option_of(Orthogonal, "gain")
    assert (gain.default, gain.above, Orthogonal.main) == (1, 0, "gain")
