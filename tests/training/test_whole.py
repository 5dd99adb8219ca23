"""What a process has that holds all tensors whole; several that divide them are in test_divided_runs.py."""

import torch

from mlpspec.training.group import Group
from mlpspec.training.whole import Whole, held


def test_a_process_alone_has_everything():
    whole, tensor = Whole(), torch.arange(6.0).reshape(2, 3).t()
    assert held(tensor) is tensor
    gathered = whole.gather(tensor.requires_grad_())
    assert torch.equal(gathered, tensor.detach())
    assert gathered.is_contiguous()
    assert not gathered.requires_grad
    assert whole.read(lambda: ({"w": tensor}, 3)) == ({"w": tensor}, 3)
    assert whole.square_sums({"w": tensor}) == {"w": 55.0}  # 0 + 1 + 4 + 9 + 16 + 25


def test_only_the_process_that_leads_writes():
    assert Whole().joins(wanted=True)
    assert not Whole().joins(wanted=False)
    assert not Whole(Group(1, 2, 1)).joins(wanted=True)


def test_the_first_tensor_that_is_not_finite_is_named():
    tensors = {"a": torch.tensor(2), "b": torch.tensor([1.0, float("nan")]), "c": torch.tensor(float("inf"))}
    assert Whole().first_non_finite(tensors) == "b"
    assert Whole().first_non_finite({"a": tensors["a"]}) is None
