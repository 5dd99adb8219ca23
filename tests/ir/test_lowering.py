import pytest

from mlpspec.ir.lowering import Function, Module, Stack, parameter_count, sizes, weights
from mlpspec.ir.shape import UnknownSize

LINEAR = Module("nn.Linear", (4, 3), weights={"weight": (3, 4), "bias": (3,)})


def test_weights_of_a_stack_carry_the_part_s_name():
    stack = Stack({"linear": LINEAR, "activation": Module("nn.ReLU")})
    assert dict(weights(stack)) == {"linear.weight": (3, 4), "linear.bias": (3,)}


def test_parameters_are_the_products_of_the_shapes():
    assert parameter_count(LINEAR) == 3 * 4 + 3
    assert parameter_count(Function("torch.cat")) == 0


def test_sizes_need_the_data_where_one_is_a_name():
    assert sizes(3, 4) == (3, 4)
    with pytest.raises(UnknownSize):
        sizes(3, "x.columns")
