from __future__ import annotations

import pytest
import torch

from mlpspec.training.compiled.out_variant import ELEMENTWISE, RESIZING, WRITABLE, is_elementwise, out_variant

aten = torch.ops.aten


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        (aten.mm.default, "aten.mm.out"),
        (aten.addmm.default, "aten.addmm.out"),
        (aten.threshold_backward.default, "aten.threshold_backward.grad_input"),
        (aten.sum.dim_IntList, "aten.sum.IntList_out"),
        (aten.native_batch_norm.default, "aten.native_batch_norm.out"),
        (aten.native_batch_norm_backward.default, None),  # torch makes one up that copies
        (aten.mse_loss.default, None),
        (aten.view.default, None),
    ],
)
def test_finds_the_overload_that_writes_into_given_memory(operator, expected):
    found = out_variant(operator)
    assert (str(found) if found else None) == expected


def test_elementwise_operators():
    assert is_elementwise(aten.mul.Tensor)
    assert is_elementwise(aten.threshold_backward.default)
    assert not is_elementwise(aten.mm.default)
    assert not is_elementwise(aten._softmax.default)


@pytest.mark.parametrize("operator", sorted(ELEMENTWISE, key=str), ids=str)
def test_listed_operators_may_write_over_their_first_input(operator):
    gradient, x = torch.randn(40), torch.randn(40)
    more = [0.3 for argument in operator._schema.arguments[2:] if not argument.has_default_value()]
    if operator in (aten.elu_backward.default,):
        more = [1.0, 1.0, 1.0, False]
        given = (gradient, *more, x)
    elif operator is aten.leaky_relu_backward.default:
        given = (gradient, x, 0.1, False)
    elif operator is aten.softplus_backward.default:
        given = (gradient, x, 1.0, 20.0)
    elif operator is aten.hardtanh_backward.default:
        given = (gradient, x, -1.0, 1.0)
    else:
        given = (gradient, x, *more)
    expected = operator(*given)
    writer = out_variant(operator)
    if writer is None:
        return
    name = next(argument.name for argument in writer._schema.arguments if argument.kwarg_only and argument.alias_info)
    writer(*given, **{name: gradient})
    torch.testing.assert_close(gradient, expected)


def test_replacements_calculate_the_same():
    x = torch.randn(20)
    for operator, (other, more) in WRITABLE.items():
        given = (x,) if operator is aten.relu.default else (x, 3.0)
        assert torch.equal(operator(*given), other(*given, *more))
    assert aten.mse_loss.default in RESIZING
