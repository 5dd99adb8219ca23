import numpy as np
from onnx import ModelProto

from mlpspec.exporting.precision.dynamic_int8 import to_dynamic_int8
from mlpspec.exporting.precision.no_trace import no_trace


def converted(plain):
    copy = ModelProto()
    copy.CopyFrom(plain.onnx)
    with no_trace():
        return to_dynamic_int8(copy)


def test_products_are_of_whole_numbers_and_the_operators_standard(network):
    found = converted(network("dense"))
    operators = [node.op_type for node in found.graph.node]
    assert operators.count("MatMulInteger") == 3
    assert not {"MatMul", "Gemm"} & set(operators)
    assert {node.domain for node in found.graph.node} == {""}


def test_a_row_far_away_changes_the_rounding_of_its_neighbours(network):
    """The range is that of the batch: alone, a row has a finer scale than beside one a hundred times as large."""
    plain = network("dense")
    found = converted(plain)
    row = plain.rows["network/x0"][:1]
    beside = np.concatenate([row, 100 * np.ones_like(row)])
    alone = plain.run(found, {"network/x0": row})[0]
    together = plain.run(found, {"network/x0": beside})[0]
    expected = plain.expect({"network/x0": row})[0]
    assert np.abs(together - expected).max() > 3 * np.abs(alone - expected).max()
