from __future__ import annotations

from functools import partial

import torch
from torch import nn
from torch.nn import functional

from mlpspec.training.compiled.passes.cross_entropy import close_cross_entropy
from mlpspec.training.compiled.passes.fold import fold_constants
from mlpspec.training.compiled.passes.noise import drop_noise

LABELS = torch.tensor([0, 2, 1, 2, 2, 0])


def rewritten(step):
    step.traced.drop_loss()
    drop_noise(step.traced)
    fold_constants(step.traced)
    close_cross_entropy(step.traced)
    return [role for role in step.traced.roles.values() if role.kind == "one_hot"]


def test_gradient_in_closed_form(recorded):
    step = recorded(nn.Linear(5, 3), loss=lambda o, t: 0.5 * functional.cross_entropy(o, t), target=LABELS)
    (role,) = rewritten(step)
    assert role.key == "y"
    assert role.detail == (3, -0.5 / 6)
    assert not {"aten._log_softmax", "aten.nll_loss_backward", "aten._log_softmax_backward_data"} & set(step.targets())
    one_hot = functional.one_hot(LABELS, 3) * role.detail[1]
    for name, gradient in step.expected().items():
        torch.testing.assert_close(step.gradients({"one_hot": one_hot})[name], gradient)


def test_other_forms_stay(recorded):
    for loss in (
        partial(functional.cross_entropy, label_smoothing=0.1),
        partial(functional.cross_entropy, reduction="sum"),
        partial(functional.cross_entropy, weight=torch.tensor([1.0, 2.0, 3.0])),
    ):
        step = recorded(nn.Linear(5, 3), loss=loss, target=LABELS)
        assert not rewritten(step)
        for name, gradient in step.expected().items():
            torch.testing.assert_close(step.gradients()[name], gradient)
