from __future__ import annotations

import pytest
import torch
from torch import nn

from mlpspec.training.compiled.passes.dropout import keep_one_copy, take_out_masks
from mlpspec.training.compiled.passes.noise import drop_noise


@pytest.mark.parametrize("share", [0.25, 0.5])  # torch leaves 0.5 out where it draws: it is bernoulli's default
def test_masks_come_from_outside(share, recorded):
    step = recorded(nn.Linear(5, 4), nn.ReLU(), nn.Dropout(share), nn.Linear(4, 3))
    drop_noise(step.traced)
    take_out_masks(step.traced)
    assert not {"aten.bernoulli_.float", "aten.div_.Scalar", "aten.empty_like"} & set(step.targets())
    (role,) = [role for role in step.traced.roles.values() if role.kind == "mask"]
    assert role.detail == ((6, 4), 1 - share, torch.float32)


def test_the_output_before_dropout_is_not_kept(recorded):
    step = recorded(nn.Linear(5, 4), nn.ReLU(), nn.Dropout(0.25), nn.Linear(4, 3))
    drop_noise(step.traced)
    take_out_masks(step.traced)
    mask = torch.bernoulli(torch.full((6, 4), 0.75), generator=torch.Generator().manual_seed(0)) / 0.75
    before = step.gradients({"mask": mask})
    keep_one_copy(step.traced)
    (back,) = [node for node in step.traced.graph.nodes if str(node.target) == "aten.threshold_backward.default"]
    assert str(back.args[1].target) == "aten.mul.Tensor"
    for name, gradient in step.gradients({"mask": mask}).items():
        assert torch.equal(gradient, before[name])
    # and they are those of the same network with the mask in the place of dropout
    first, _, _, last = step.module.layers
    output = last(torch.relu(first(step.batch.inputs[0])) * mask)
    expected = torch.autograd.grad(step.loss({"y": output}, step.batch.targets), list(step.module.parameters()))
    for gradient, wanted in zip(before.values(), expected, strict=True):
        torch.testing.assert_close(gradient, wanted)
