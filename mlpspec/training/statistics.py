"""The running statistics of batch norms, calculated for weights that no step has seen."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from mlpspec.training.averages import holding
from mlpspec.training.batches import batch_bounds
from mlpspec.training.evaluation import EVALUATION_BATCH
from mlpspec.training.source import Source


def with_statistics(module: nn.Module, weights: Mapping[str, torch.Tensor], data: Source) -> dict[str, torch.Tensor]:
    """The weights, with the running mean and variance of every batch norm over all rows of `data`; all else as it is in prediction.

    The module is as before afterwards. Source: torch.optim.swa_utils.update_bn, which leaves dropout on.
    """
    norms = [part for part in module.modules() if isinstance(part, nn.modules.batchnorm._BatchNorm) and part.track_running_stats]
    if not norms:
        return dict(weights)
    momenta, was_training = [norm.momentum for norm in norms], module.training
    with holding(module, weights), torch.no_grad():
        module.eval()
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the mean over all batches
            norm.train()
        for delivery in data.visit(None, [(start, end) for start, end in batch_bounds(data.rows, EVALUATION_BATCH)]):
            module(*delivery.take()[0])
        found = {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    module.train(was_training)
    return found
