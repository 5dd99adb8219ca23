import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F  # noqa: N812  # PyTorch's own convention

from mlpspec.catalog.losses import CrossEntropy, Huber, Mae, Mse
from mlpspec.catalog.targets.binary import Binary
from mlpspec.catalog.targets.category import CategoryTarget
from mlpspec.catalog.targets.numeric import NumericTarget
from mlpspec.data.column import ColumnReader
from mlpspec.data.sources.frame import open_frame
from mlpspec.training.losses import TotalLoss, target_loss

GENERATOR = np.random.default_rng(5)
LOGITS = torch.from_numpy(GENERATOR.normal(0, 2, (6, 3)).astype(np.float32))
CLASSES = torch.tensor([0, 2, 1, 1, 0, 2])
LOGIT = torch.from_numpy(GENERATOR.normal(0, 2, (6, 1)).astype(np.float32))
YES = torch.tensor([[0.0], [1.0], [1.0], [0.0], [1.0], [0.0]])
NUMBERS = torch.from_numpy(GENERATOR.normal(0, 2, (6, 2)).astype(np.float32))
TRUTH = torch.from_numpy(GENERATOR.normal(0, 2, (6, 2)).astype(np.float32))

FRAME = open_frame(
    {
        "kind": np.array(["a", "b", "c", "b", "a", "c"], object),
        "yes": np.array(["n", "y", "y", "n", "y", "n"], object),
        "u": np.arange(6.0),
        "v": np.arange(6.0) ** 2,
    },
    missing_tokens=("",),
)


def fitted(target, name):
    return target.fit(name, ColumnReader(FRAME))


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (None, F.mse_loss(NUMBERS, TRUTH)),
        (Mse(reduction="sum"), ((NUMBERS - TRUTH) ** 2).sum()),
        (Mae(), (NUMBERS - TRUTH).abs().mean()),
        (Mae(reduction="sum"), (NUMBERS - TRUTH).abs().sum()),
        (Huber(delta=0.5), F.huber_loss(NUMBERS, TRUTH, delta=0.5)),
        (Huber(delta=0.5, reduction="sum"), F.huber_loss(NUMBERS, TRUTH, delta=0.5, reduction="sum")),
    ],
    ids=["mse", "mse sum", "mae", "mae sum", "huber", "huber sum"],
)
def test_losses_of_numbers(loss, expected):
    target = NumericTarget(columns=("u", "v"), loss=loss)
    assert target_loss(target, fitted(target, "z"))(NUMBERS, TRUTH).item() == pytest.approx(expected.item(), rel=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_cross_entropy(smoothing):
    """-sum of q log p with q = (1 - s) truth + s / classes: Szegedy et al. 2016."""
    target = CategoryTarget(loss=CrossEntropy(label_smoothing=smoothing))
    share = torch.full((6, 3), smoothing / 3) + torch.eye(3)[CLASSES] * (1 - smoothing)
    expected = -(share * LOGITS.log_softmax(1)).sum(1).mean()
    assert target_loss(target, fitted(target, "kind"))(LOGITS, CLASSES).item() == pytest.approx(expected.item(), rel=1e-6)


def test_binary_cross_entropy():
    target = Binary()
    p = LOGIT.sigmoid()
    expected = -(YES * p.log() + (1 - YES) * (1 - p).log()).mean()
    assert target_loss(target, fitted(target, "yes"))(LOGIT, YES).item() == pytest.approx(expected.item(), rel=1e-6)


def test_several_targets_are_summed_by_their_weights():
    targets = {"kind": CategoryTarget(weight=0.25), "yes": Binary(), "z": NumericTarget(columns=("u", "v"), weight=3.0)}
    fits = {name: fitted(target, name) for name, target in targets.items()}
    outputs = {"kind": LOGITS, "yes": LOGIT, "z": NUMBERS}
    truths = {"kind": CLASSES, "yes": YES, "z": TRUTH}
    expected = 0.25 * F.cross_entropy(LOGITS, CLASSES) + F.binary_cross_entropy_with_logits(LOGIT, YES) + 3.0 * F.mse_loss(NUMBERS, TRUTH)
    assert TotalLoss(targets, fits)(outputs, truths).item() == pytest.approx(expected.item(), rel=1e-6)


def test_a_single_targets_weight_counts_too():
    target = NumericTarget(columns=("u", "v"), weight=2.0)
    found = TotalLoss({"z": target}, {"z": fitted(target, "z")})({"z": NUMBERS}, {"z": TRUTH})
    assert found.item() == pytest.approx(2 * F.mse_loss(NUMBERS, TRUTH).item(), rel=1e-6)


def test_the_loss_is_exact_where_probabilities_cannot_be_written():
    """A logit of 200 has a probability of 1 in float32; the loss of the other class is 200 all the same."""
    target = Binary()
    found = target_loss(target, fitted(target, "yes"))(torch.tensor([[200.0]]), torch.tensor([[0.0]]))
    assert found.item() == 200.0
    assert math.isfinite(found.item())
