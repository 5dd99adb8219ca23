"""Figures against PyTorch and scikit-learn, for networks that give known outputs."""

import math
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from sklearn import metrics as sklearn
from torch import nn
from torch.nn import functional as F  # noqa: N812  # PyTorch's own convention

from mlpspec.compiler import loads
from mlpspec.data.load import load_dataset
from mlpspec.exporting.sampled_target import sampled_target
from mlpspec.training.evaluation import evaluate, network_outputs, shared_outputs
from mlpspec.training.tensors import Tensors

ROWS = 40
GENERATOR = np.random.default_rng(11)
KIND = np.array(["a", "b", "c"], object)[GENERATOR.integers(0, 3, ROWS)]
YES = np.array(["no", "yes"], object)[GENERATOR.integers(0, 2, ROWS)]
U, V = GENERATOR.normal(100, 15, ROWS), GENERATOR.normal(-3, 0.2, ROWS)
FRAME = {"x": np.arange(ROWS, dtype=float), "kind": KIND, "yes": YES, "u": U, "v": V}
LOGITS = torch.from_numpy(GENERATOR.normal(0, 2, (ROWS, 3)).astype(np.float32))
LOGIT = torch.from_numpy(GENERATOR.normal(0, 2, (ROWS, 1)).astype(np.float32))
SCALED = torch.from_numpy(GENERATOR.normal(0, 1, (ROWS, 2)).astype(np.float32))


class Known(nn.Module):
    """Answers each row with what was written down for it; the row's number comes in as its only feature."""

    def __init__(self, **answers):
        super().__init__()
        self.answers = answers
        self.modes = []

    def forward(self, x):
        self.modes.append(self.training)
        return {name: answer[x[:, 0].long()] for name, answer in self.answers.items()}


def figures(targets, training="", **answers):
    heads = "".join(f"  - head: {{target: {name}, from: x}}\n" for name in answers)
    text = f"mlpspec: 1\ninputs: {{x: {{numeric: {{scale: none}}}}}}\ntargets:\n{targets}model:\n{heads}training: {{{training}}}\n"
    spec = loads(text).spec
    data = load_dataset(_all_for_training(spec.data), spec.inputs, spec.targets, folder=None, seed=0, frame=FRAME)
    part = data.parts["train"]
    tensors = Tensors.from_arrays(part.inputs, part.targets, part.rows, torch.device("cpu"))
    return evaluate(Known(**answers), tensors, spec, data.preprocessing), data


def _all_for_training(data):
    return replace(data, split=replace(data.split, train=1.0, validation=0.0, test=0.0))


def close(value):
    return pytest.approx(value, rel=1e-5, abs=1e-6)


def test_category():
    found, _ = figures("  kind: category\n", "metrics: [accuracy, f1, auroc, log_loss, balanced_accuracy]", kind=LOGITS)
    truth = np.searchsorted(["a", "b", "c"], KIND.astype(str))
    probability = LOGITS.double().softmax(1).numpy()
    prediction = probability.argmax(1)
    assert found.rows == ROWS
    assert found.figures == {
        "loss": close(F.cross_entropy(LOGITS, torch.from_numpy(truth)).item()),
        "accuracy": close(sklearn.accuracy_score(truth, prediction)),
        "f1": close(sklearn.f1_score(truth, prediction, average="macro")),
        "auroc": close(sklearn.roc_auc_score(truth, probability, multi_class="ovr")),
        "log_loss": close(sklearn.log_loss(truth, probability)),
        "balanced_accuracy": close(sklearn.balanced_accuracy_score(truth, prediction)),
    }
    assert found.undefined == {}
    assert np.array_equal(found.answers["kind"].truth, truth)
    assert np.array_equal(found.answers["kind"].prediction, prediction)


@pytest.mark.parametrize("threshold", [0.3, 0.5])
def test_binary(threshold):
    found, _ = figures(f"  yes: {{binary: {{threshold: {threshold}}}}}\n", "metrics: [accuracy, precision, recall, auroc]", yes=LOGIT)
    truth = (YES == "yes").astype(int)
    probability = LOGIT.double().sigmoid().numpy()[:, 0]
    prediction = probability >= threshold
    assert found.figures == {
        "loss": close(sklearn.log_loss(truth, probability)),
        "accuracy": close(sklearn.accuracy_score(truth, prediction)),
        "precision": close(sklearn.precision_score(truth, prediction)),
        "recall": close(sklearn.recall_score(truth, prediction)),
        "auroc": close(sklearn.roc_auc_score(truth, probability)),
    }


def test_numbers_are_measured_in_their_own_unit_and_learnt_scaled():
    found, _ = figures("  z: {numeric: [u, v]}\n", z=SCALED)
    truth = np.column_stack([U, V])
    said = SCALED.double().numpy() * truth.std(0) + truth.mean(0)
    scaled = (truth - truth.mean(0)) / truth.std(0)
    assert found.figures == {
        "loss": close(((scaled - SCALED.numpy()) ** 2).mean()),
        "mae": close(sklearn.mean_absolute_error(truth, said)),
        "rmse": close(np.mean(np.sqrt(((truth - said) ** 2).mean(0)))),
        "r2": close(sklearn.r2_score(truth, said)),
    }


def test_a_sum_is_over_all_rows():
    found, data = figures("  z: {numeric: {columns: [u, v], loss: {mse: sum}}}\n", z=SCALED)
    truth = torch.from_numpy(data.parts["train"].targets["z"])
    assert found.figures["loss"] == close(F.mse_loss(SCALED, truth, reduction="sum").item())


def test_several_targets_have_figures_of_their_own_and_a_weighted_sum():
    targets = "  kind: {category: {weight: 0.5}}\n  yes: binary\n  z: {numeric: {columns: [u, v], weight: 2.0}}\n"
    found, _ = figures(targets, "metrics: [accuracy, mae]", kind=LOGITS, yes=LOGIT, z=SCALED)
    alone = {
        "kind": figures("  kind: category\n", kind=LOGITS)[0].figures,
        "yes": figures("  yes: binary\n", yes=LOGIT)[0].figures,
        "z": figures("  z: {numeric: [u, v]}\n", z=SCALED)[0].figures,
    }
    assert list(found.figures) == ["loss", "kind.loss", "kind.accuracy", "yes.loss", "yes.accuracy", "z.loss", "z.mae"]
    for name in alone:
        assert found.figures[f"{name}.loss"] == close(alone[name]["loss"])
    assert found.figures["kind.accuracy"] == close(alone["kind"]["accuracy"])
    assert found.figures["yes.accuracy"] == close(alone["yes"]["accuracy"])
    assert found.figures["z.mae"] == close(alone["z"]["mae"])
    assert found.figures["loss"] == close(0.5 * alone["kind"]["loss"] + alone["yes"]["loss"] + 2 * alone["z"]["loss"])


def test_a_metric_without_a_value_is_none_with_the_reason(monkeypatch):
    """Row R8: never a fake 0."""
    rows = np.flatnonzero(YES == "no")
    monkeypatch.setitem(FRAME, "yes", YES)
    spec = loads("mlpspec: 1\ninputs: {x: {numeric: {scale: none}}}\ntargets: {yes: binary}\nmodel: [{head: yes}]\n").spec
    data = load_dataset(_all_for_training(spec.data), spec.inputs, spec.targets, folder=None, seed=0, frame=FRAME)
    part = data.parts["train"]
    only = Tensors.from_arrays({"x": part.inputs["x"][rows]}, {"yes": part.targets["yes"][rows]}, len(rows), torch.device("cpu"))
    found = evaluate(Known(yes=torch.full((ROWS, 1), -4.0)), only, spec, data.preprocessing)
    assert found.figures["auroc"] is None
    assert found.figures["f1"] is None
    assert found.figures["accuracy"] == 1.0
    assert found.undefined == {"auroc": "all rows have the same class", "f1": "no row is positive, and none is predicted to be"}


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_no_number_is_none_with_the_reason(value):
    broken = SCALED.clone()
    broken[3, 1] = value
    found, _ = figures("  z: {numeric: [u, v]}\n", z=broken)
    assert found.figures == {"loss": None, "mae": None, "rmse": None, "r2": None}
    assert found.undefined["loss"] == f"it is {value}"
    assert "NaN or infinite" in found.undefined["mae"]


def test_rows_go_through_in_batches_and_the_mode_is_kept():
    module = Known(kind=LOGITS)
    rows = Tensors.from_arrays({"x": np.arange(ROWS, dtype=np.float32)[:, None]}, {}, ROWS, torch.device("cpu"))
    for mode in (True, False):
        module.train(mode)
        assert torch.equal(network_outputs(module, rows, batch=16)["kind"], LOGITS)
        assert module.training is mode
    assert module.modes == [False] * 6  # 40 rows in batches of 16, twice, never in training mode


@pytest.mark.parametrize(("rows", "size"), [(1, 2), (2, 3), (5, 2), (7, 3), (33, 2)])
def test_processes_that_share_the_rows_call_the_network_equally_often(rows, size, threads_as_group, monkeypatch):
    """Where rows are few, where they cannot be divided evenly, and where one part would need a batch more than the other."""
    monkeypatch.setattr("mlpspec.training.evaluation.network_outputs", partial(network_outputs, batch=16))
    data = Tensors.from_arrays({"x": np.arange(rows, dtype=np.float32)[:, None]}, {}, rows, torch.device("cpu"))

    def work(group):
        module = Known(kind=LOGITS)
        return shared_outputs(module, data, group)["kind"], len(module.modes)

    found = threads_as_group(size).run(work)
    assert all(torch.equal(outputs, LOGITS[:rows]) for outputs, _ in found)
    assert len({calls for _, calls in found}) == 1


class Twice(nn.Module):
    """Answers each row with two samples side by side, half a logit above and below what was written down for it."""

    def forward(self, x):
        samples = LOGITS[x[:, 0].long()].unsqueeze(1) + torch.tensor([0.5, -0.5])[:, None] * torch.tensor([1.0, 0.0, -1.0])
        return {"kind": samples.flatten(0, 1)}


def test_a_network_that_answers_every_row_several_times():
    """Its loss is the mean of that of all its answers; its metrics are those of the mean probabilities."""
    _, data = figures("  kind: category\n", kind=LOGITS)
    spec = loads(
        "mlpspec: 1\ninputs: {x: numeric}\ntargets: {kind: category}\nmodel: [{head: kind}]\ntraining: {metrics: [log_loss]}\n"
    ).spec
    target = sampled_target(data.preprocessing.targets["kind"], 2)
    part = data.parts["train"]
    tensors = Tensors.from_arrays(part.inputs, part.targets, part.rows, torch.device("cpu"))
    found = evaluate(Twice(), tensors, spec, replace(data.preprocessing, targets={"kind": target}))
    samples = LOGITS.double().unsqueeze(1) + torch.tensor([[0.5, 0, -0.5], [-0.5, 0, 0.5]])
    truth = np.searchsorted(["a", "b", "c"], KIND.astype(str))
    assert found.figures["loss"] == close(F.cross_entropy(samples.flatten(0, 1), torch.from_numpy(truth).repeat_interleave(2)).item())
    assert found.figures["log_loss"] == close(sklearn.log_loss(truth, samples.softmax(2).mean(1).numpy()))
    assert found.rows == ROWS
