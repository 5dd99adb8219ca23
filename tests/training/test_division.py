"""What each process of a group calculates of a step."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from mlpspec.training.division import Division
from mlpspec.training.group import Group

WEIGHTS = torch.tensor([1.0, 5.0, 0.25])


class Weighted:
    def __call__(self, outputs, truths, shares=None):
        loss = functional.cross_entropy(outputs["y"], truths["y"], WEIGHTS)
        return loss if shares is None else loss * shares["y"]

    def shares(self, truths):
        sizes = [WEIGHTS[truth["y"]].sum() for truth in truths]
        return [{"y": size / sum(sizes)} for size in sizes]


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("form", [(12,), (11,), (7, 9), (8, 3)], ids=str)
def test_every_row_is_one_process_s_or_all_of_them_calculate_all(form, size):
    divisions = [Division(form, Group(rank, size)) for rank in range(size)]
    rows = torch.arange(sum(form))
    taken = [division.take(rows) for division in divisions]
    assert [len(own) for own in taken] == [division.rows for division in divisions]
    if size > 1 and min(form) >= 2 * size:
        assert sorted(torch.cat(taken).tolist()) == rows.tolist()
        assert max(map(len, taken)) - min(map(len, taken)) <= len(form)
    else:
        assert all(own.tolist() == rows.tolist() for own in taken)
    assert all(len(division.own) == len(form) for division in divisions)
    table = rows.repeat(3, 1)
    assert all(torch.equal(division.take(table, 1), own.repeat(3, 1)) for division, own in zip(divisions, taken, strict=True))


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("form", [(12,), (11,), (7, 9), (8, 3)], ids=str)
def test_their_losses_add_up_to_that_of_all_rows(form, size):
    outputs, labels = torch.randn(sum(form), 3, generator=torch.Generator().manual_seed(1)), torch.arange(sum(form)) % 3
    total = torch.zeros(())
    for rank in range(size):
        division = Division(form, Group(rank, size))
        for piece in division.pieces(Weighted(), [division.take(outputs)], {"y": division.take(labels)}, {"y": labels}):
            total += piece.loss({"y": piece.inputs[0]})
    torch.testing.assert_close(total, functional.cross_entropy(outputs, labels, WEIGHTS))


def test_a_loss_that_cannot_be_divided_is_refused():
    division = Division((8,), Group(0, 2))
    rows = torch.zeros(4, 2)
    with pytest.raises(NotImplementedError, match="cannot be divided"):
        list(division.pieces(lambda outputs, targets: outputs["y"].sum(), [rows], {"y": rows}, {"y": torch.zeros(8, 2)}))
