"""Networks that learn in 16 bits. torch.autocast and torch.amp.GradScaler, used as their pages tell, are the reference."""

from __future__ import annotations

import copy
from itertools import pairwise

import pytest
import torch
from torch import nn
from torch.nn import functional

from mlpspec.catalog.clippings import Norm
from mlpspec.catalog.optimizers import OPTIMIZERS
from mlpspec.catalog.optimizers.adam import Adam
from mlpspec.catalog.optimizers.rmsprop import RmsProp
from mlpspec.catalog.optimizers.sgd import Sgd
from mlpspec.compiler import loads
from mlpspec.diagnostics import SpecError
from mlpspec.training import loss_scale
from mlpspec.training.batches import batch_bounds, form_of, forms_of
from mlpspec.training.clip import Clip
from mlpspec.training.compiled import block
from mlpspec.training.compiled.make import make_step
from mlpspec.training.precision import DTYPES, Precision, remarks
from mlpspec.training.step import make_optimizer
from mlpspec.training.tensors import Tensors

ROWS, RATE = 60, 0.01
STEPS = ("eager", "compiled")


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(4)
        first = nn.Linear(5, 16, bias=False)  # a bias before a batch norm has a gradient of mere noise
        self.body = nn.Sequential(first, nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 8), nn.LayerNorm(8), nn.GELU(), nn.Linear(8, 3))

    def forward(self, x):
        return {"y": self.body(x)}


def loss(outputs, targets):
    assert outputs["y"].dtype == torch.float32
    return functional.cross_entropy(outputs["y"], targets["y"])


def data():
    x = torch.randn(ROWS, 5, generator=torch.Generator().manual_seed(2))
    return Tensors(ROWS, (x,), {"y": (x[:, 0] > 0).long() + (x[:, 1] > 0).long()})


def learn(kind, precision, optimizer, *, epochs=3, accumulate=1, rows=None, clip=None):
    """A step that has learnt, its network, and the mean loss of each epoch."""
    net, rows = Net(), rows or data()
    batches = list(batch_bounds(ROWS, 8, accumulate=accumulate))
    clip = None if clip is None else Clip.of(clip, net, [])
    step, reason = make_step(net, loss, optimizer, rows, forms_of(batches), wanted=kind, precision=precision, clip=clip)
    assert reason.startswith(kind), reason
    losses = []
    for epoch in range(epochs):
        order = torch.randperm(ROWS, generator=torch.Generator().manual_seed(epoch))
        for _ in step.run_epoch(epoch, order, batches, [RATE] * len(batches)):
            pass
        losses.append(step.epoch_loss())
    return step, net, losses


def reference(name, optimizer, *, init_scale, clip=None, accumulate=1, epochs=3):
    net, rows, dtype = Net(), data(), DTYPES[name]
    update = make_optimizer(optimizer, net)
    for group in update.param_groups:
        group["lr"] = RATE
    scaler = torch.amp.GradScaler("cpu", init_scale=init_scale, enabled=name == "fp16")
    for epoch in range(epochs):
        order = torch.randperm(ROWS, generator=torch.Generator().manual_seed(epoch))
        for batch in batch_bounds(ROWS, 8, accumulate=accumulate):
            update.zero_grad()
            for start, end in pairwise(batch):
                inputs, targets = rows.pick(order[start:end])
                with torch.autocast("cpu", dtype):
                    outputs = {target: output.float() for target, output in net(*inputs).items()}
                share = (end - start) / (batch[-1] - batch[0])
                scaler.scale(loss(outputs, targets) * share).backward()
            if clip is not None:
                scaler.unscale_(update)
                nn.utils.clip_grad_norm_(net.parameters(), clip)
            scaler.step(update)
            scaler.update()
    return net, scaler.get_scale()


class Divisible:
    """Cross-entropy as a loss that batches add up to."""

    def __call__(self, outputs, truths, shares=None):
        return loss(outputs, truths) * (1.0 if shares is None else shares["y"])

    def shares(self, truths):
        rows = [len(truth["y"]) for truth in truths]
        return [{"y": count / sum(rows)} for count in rows]


def assert_close(net, other):
    for (name, weight), expected in zip(net.state_dict().items(), other.state_dict().values(), strict=True):
        torch.testing.assert_close(weight, expected, rtol=1e-4, atol=1e-5, msg=lambda text, name=name: f"{name}: {text}")


@pytest.fixture
def large_scale(monkeypatch):
    """A first scale at which gradients overflow for some steps."""
    monkeypatch.setattr(loss_scale, "INITIAL", 2.0**24)
    return 2.0**24


@pytest.mark.parametrize("kind", STEPS)
@pytest.mark.parametrize("optimizer", [Adam(epsilon=1e-3), Sgd(momentum=0.9), Sgd(), RmsProp(epsilon=1e-3)], ids=repr)
@pytest.mark.parametrize("name", ["bf16", "fp16"])
def test_as_with_autocast_and_a_scaler(name, optimizer, kind, large_scale):
    step, net, losses = learn(kind, Precision(name), optimizer)
    if name == "fp16" and isinstance(optimizer, Sgd) and optimizer.momentum:  # torch's fused one forgets to begin its memory
        optimizer = Sgd(momentum=0.9, nesterov=False)
        expected, scale = unfused(name, optimizer, large_scale)
    else:
        expected, scale = reference(name, optimizer, init_scale=large_scale)
    assert_close(net, expected)
    assert losses[-1] < losses[0]
    assert {weight.dtype for weight in net.parameters()} == {torch.float32}
    if name == "bf16":
        assert step.overflow is None
    else:
        assert step.overflow.scale == scale
        assert step.overflow.total == round(torch.log2(torch.tensor(large_scale / scale)).item()) > 0


def unfused(name, optimizer, init_scale):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mlpspec.training.step.FUSED", ())
        return reference(name, optimizer, init_scale=init_scale)


@pytest.mark.parametrize("kind", STEPS)
def test_clipping_sees_the_true_gradients(kind, large_scale):
    _, net, _ = learn(kind, Precision("fp16"), Adam(epsilon=1e-3), clip=Norm(limit=0.05))
    assert_close(net, reference("fp16", Adam(epsilon=1e-3), init_scale=large_scale, clip=0.05)[0])


@pytest.mark.parametrize("kind", STEPS)
def test_accumulation_adds_up_before_the_scale_is_taken_out(kind, large_scale, monkeypatch):
    monkeypatch.setitem(globals(), "loss", loss)
    step_loss = Divisible()
    net, rows = Net(), data()
    batches = list(batch_bounds(ROWS, 8, accumulate=3))
    step, reason = make_step(net, step_loss, Adam(epsilon=1e-3), rows, forms_of(batches), wanted=kind, precision=Precision("fp16"))
    assert reason.startswith(kind)
    for epoch in range(3):
        order = torch.randperm(ROWS, generator=torch.Generator().manual_seed(epoch))
        for _ in step.run_epoch(epoch, order, batches, [RATE] * len(batches)):
            pass
    assert len(form_of(batches[0])) == 3
    assert_close(net, reference("fp16", Adam(epsilon=1e-3), init_scale=large_scale, accumulate=3)[0])


@pytest.mark.parametrize("kind", STEPS)
@pytest.mark.parametrize(
    "optimizer", [*(entry() for entry in OPTIMIZERS), Sgd(momentum=0.9, weight_decay=0.1), Sgd(momentum=0.9)], ids=repr
)
def test_a_step_with_an_infinite_gradient_changes_no_weight(kind, optimizer, monkeypatch):
    """The last rows have an input that is infinite: their batch is skipped, and its loss does not count."""
    monkeypatch.setattr(block, "BLOCK_STEPS", 3)
    rows = data()
    rows.inputs[0][52:] = torch.inf

    def learnt(order):
        net = Net()
        net.body[1].eval()  # its statistics would be infinite too
        net.body[1].train = lambda mode=True: net.body[1]
        batches = list(batch_bounds(len(order), 8))
        step, _ = make_step(net, loss, optimizer, rows, forms_of(batches), wanted=kind, precision=Precision("fp16"))
        for epoch in range(2):
            for _ in step.run_epoch(epoch, order, batches, [RATE] * len(batches)):
                pass
        return net, step.epoch_loss(), step

    whole = torch.arange(40)
    with_it, mean, step = learnt(torch.cat([whole[:16], torch.arange(52, 60), whole[16:]]))
    without, expected, _ = learnt(whole)
    for (name, weight), other in zip(with_it.state_dict().items(), without.state_dict().values(), strict=True):
        assert torch.equal(weight, other), name
    assert mean == pytest.approx(expected, rel=1e-6)
    assert (step.overflow.skipped, step.overflow.total, step.overflow.scale) == (2, 2, 2.0**14)
    step.epoch_loss()
    assert (step.overflow.skipped, step.overflow.total) == (0, 2)


@pytest.mark.parametrize("kind", STEPS)
def test_dampening_skips_a_first_step_too(kind):
    """The compiled step leaves it to the eager one, which reads the flag."""
    rows, net = data(), Net()
    optimizer = Sgd(momentum=0.9, dampening=0.5)
    _, reason = make_step(net, loss, optimizer, rows, 8, wanted=kind, precision=Precision("fp16"))
    assert reason.startswith("eager")
    assert kind == "eager" or "dampening" in reason


@pytest.mark.parametrize("kind", STEPS)
def test_the_scale_is_in_the_state(kind, large_scale, monkeypatch):
    """Stopped in the middle of an epoch, after some steps were skipped."""
    monkeypatch.setattr(block, "BLOCK_STEPS", 2)
    batches, order = list(batch_bounds(ROWS, 8)), torch.arange(ROWS)
    rates = [RATE] * len(batches)

    def made():
        net = Net()
        step, _ = make_step(net, loss, Adam(epsilon=1e-3), data(), forms_of(batches), wanted=kind, precision=Precision("fp16"))
        return net, step

    net, whole = made()
    for epoch in range(2):
        for _ in whole.run_epoch(epoch, order, batches, rates):
            pass
    first, before = made()
    for done in before.run_epoch(0, order, batches, rates):
        if done >= 4:
            break
    assert before.state()["loss_scale"][2] > 0
    second, after = made()
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    after.load_state({name: tensor.clone() for name, tensor in before.state().items()})
    for epoch, start in ((0, done), (1, 0)):
        for _ in after.run_epoch(epoch, order, batches, rates, first=start):
            pass
    for name, weight in net.state_dict().items():
        assert torch.equal(weight, second.state_dict()[name]), name
    assert after.epoch_loss() == whole.epoch_loss()
    assert after.overflow == whole.overflow
    # a beginning, as after `rewind`
    after.load_state(
        {name: torch.zeros_like(value) for name, value in after.state().items() if name not in ("random", "loss", "loss_scale")}
    )
    assert after.state()["loss_scale"].tolist() == [large_scale, 0, 0]


def test_float32_is_the_network_itself():
    net = Net()
    assert Precision().forward(net) is net


def test_gradients_need_not_be_scaled():
    net, precision = Net(), Precision("fp16")
    x = data().inputs[0]
    scaled, plain = (
        torch.autograd.grad(precision.forward(net, scaled=scaled)(x)["y"].mean(), net.body[6].bias)[0] for scaled in (True, False)
    )
    torch.testing.assert_close(scaled, 2.0**16 * plain)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (("training.precision=fp16", "training.anomaly=true"), "`anomaly` would stop at the overflows"),
        (("training.tf32=true", "training.device=cpu"), "`tf32` is about GPUs"),
        (("training.precision=int8",), "int8"),
    ],
)
def test_what_makes_no_sense_is_refused(settings, told, spec_text):
    with pytest.raises(SpecError) as refused:
        loads(spec_text, settings=settings)
    assert told in str(refused.value)


def test_what_does_not_suit_the_device_is_said(spec_text):
    training = loads(spec_text, settings=("training.precision=fp16", "training.tf32=true")).spec.training
    assert ["`tf32`" in remark or "`precision: fp16`" in remark for remark in remarks(training, torch.device("cpu"))] == [True, True]
    assert list(remarks(loads(spec_text).spec.training, torch.device("cpu"))) == []


def test_tf32_is_set_for_the_time_of_learning_only():
    """The flag can be set without a GPU."""
    device, matmul = torch.device("cuda"), torch.backends.cuda.matmul
    for before in (False, True):
        matmul.allow_tf32 = before
        for wanted in (True, False):
            with Precision.learning(SimplePrecision(device, tf32=wanted)):
                assert matmul.allow_tf32 is wanted
            assert matmul.allow_tf32 is before
    matmul.allow_tf32 = False


class SimplePrecision:
    def __init__(self, device, tf32):
        self.device, self.tf32 = device, tf32


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("name", ["bf16", "fp16"])
def test_a_run_tells_its_precision(name, step, train_in, large_scale):
    result = train_in(None, f"training.precision={name}", f"training.step={step}", "training.batch_size=4")
    info, lines = result.folder.info(), result.folder.metrics()
    assert info["precision"] == name
    assert info["tf32"] is False
    assert info["step"].startswith(step)
    if name == "bf16":
        assert "skipped_steps" not in lines[0]
    else:
        assert sum(line["skipped_steps"] for line in lines) == info["skipped_steps"] > 0
        assert info["loss_scale"] < large_scale
