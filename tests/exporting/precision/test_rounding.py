import numpy as np
import pytest
from onnx.reference import ReferenceEvaluator

from mlpspec.exporting.precision.convert import convert
from mlpspec.exporting.precision.rounding import with_rounding


@pytest.mark.parametrize("family", ["dense", "convolution", "embedding", "attention", "two inputs"])
def test_it_rounds_like_the_reference_of_onnx(network, options, family):
    """onnx.reference calculates each operator with NumPy in float16; the order of sums is free, so a few last bits may differ."""
    plain = network(family)
    half = convert(plain.onnx, options("fp16"), plain.rows).network
    rows = {name: array[:20] for name, array in plain.rows.items()}
    expected = np.asarray(ReferenceEvaluator(half).run(None, rows)[0])
    found = plain.run(with_rounding(half), rows)
    np.testing.assert_allclose(found, expected, rtol=0, atol=4 * 2**-11 * max(1.0, np.abs(expected).max()))
    exact = np.abs(plain.run(half, rows) - expected).max()
    assert np.abs(found - expected).mean() < np.abs(plain.expect(rows) - expected).mean(), exact


def test_it_overflows_where_float16_does(network, options):
    """65504 is the greatest float16; the CPU provider alone does not notice."""
    plain = network("dense")
    half = convert(plain.onnx, options("fp16"), plain.rows).network
    rows = {"network/x0": np.full((1, 6), 1e5, np.float32)}
    assert np.isfinite(plain.run(half, rows)).all()
    assert not np.isfinite(plain.run(with_rounding(half), rows)).any()


def test_the_network_stays_as_it_is(network, options):
    half = convert(network("dense").onnx, options("fp16"), network("dense").rows).network
    before = half.SerializeToString(deterministic=True)
    with_rounding(half)
    assert half.SerializeToString(deterministic=True) == before
