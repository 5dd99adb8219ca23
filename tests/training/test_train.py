import hashlib
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from mlpspec.compiler import loads
from mlpspec.diagnostics import CheckError, DataError
from mlpspec.ir.callback import Callback
from mlpspec.training.checkpoints import Checkpoints
from mlpspec.training.run_document import load_run_module

NUMBERS = "targets={weight: numeric}"
NUMBER_HEAD = "model=[{dense: 8}, {head: weight}]"
TOO_FAST = "training.optimizer={sgd: 1000}"


def weights(folder, pointer="best"):
    name = (folder.path / "checkpoints" / pointer).read_text().strip()
    return load_file(folder.path / "checkpoints" / name / "model.safetensors")


def hash_of(folder, pointer="best"):
    tensors = weights(folder, pointer)
    return hashlib.sha256(b"".join(name.encode() + tensors[name].tobytes() for name in sorted(tensors))).hexdigest()


def test_a_run_folder_has_what_the_design_says(train_in, metrics_of_run):
    """Design, section 6."""
    result = train_in()
    folder = result.folder.path
    assert {item.name for item in folder.iterdir()} == {
        *("spec.yaml", "spec.resolved.yaml", "run.json", "metrics.jsonl", "preprocessing.json", "proof_rows.npz", "checkpoints"),
        "report.html",
    }
    info = json.loads((folder / "run.json").read_text())
    assert info["status"] == info["ended"] == "finished"
    assert (info["seed"], info["rows"]) == (1, {"train": 36, "validation": 12, "test": 12})
    assert info["versions"]["torch"] == torch.__version__
    assert info["threads"] >= 1
    assert info["device"]
    assert info["data"] == {"table.csv": hashlib.sha256((folder.parents[2] / "table.csv").read_bytes()).hexdigest()}
    assert info["files"].keys() == {"spec.resolved.yaml", "preprocessing.json", "proof_rows.npz"}
    assert info["figures"] == result.figures
    assert [line["epoch"] for line in metrics_of_run(result)] == [1, 2, 3]
    assert set(metrics_of_run(result)[0]) == {
        *("epoch", "train.loss", "validation.loss", "validation.accuracy", "validation.f1", "learning_rate", "seconds")
    }
    assert (folder.parent / "latest").resolve() == folder.resolve()
    checkpoints = {item.name for item in (folder / "checkpoints").iterdir()}
    assert {"best", "last"} < checkpoints
    assert len(checkpoints) == 4
    assert not [path for path in folder.rglob("*") if path.name.endswith(".tmp")]


def test_the_given_spec_and_the_resolved_one(train_in, spec_text):
    result = train_in(spec_text, "training.epochs=2")
    assert (result.folder.path / "spec.yaml").read_text() == spec_text
    resolved = loads((result.folder.path / "spec.resolved.yaml").read_text()).spec
    assert resolved == loads(spec_text, settings=["training.epochs=2"]).spec


def test_the_best_weights_are_kept_and_the_last_ones_too(train_in, spec_text, metrics_of_run):
    result = train_in(spec_text, "training.epochs=12", "training.optimizer={adam: 0.3}", "model.0.dense.dropout=0.5")
    history = [line["validation.loss"] for line in metrics_of_run(result)]
    assert min(history) < history[-1], "this test needs a run whose last epoch is not its best"
    assert result.best_epoch == 1 + int(np.argmin(history))
    assert result.figures["validation"]["loss"] == pytest.approx(min(history), rel=1e-6)
    assert hash_of(result.folder, "best") != hash_of(result.folder, "last")
    state = json.loads((next((result.folder.path / "checkpoints").glob("best-*")) / "state.json").read_text())
    assert state["epoch"] == result.best_epoch


def test_early_stopping_ends_a_run(train_in, spec_text):
    result = train_in(spec_text, "training.epochs=400", "training.early_stopping={patience: 2}", "training.optimizer={adam: 0.3}")
    assert result.ended == "early stopping"
    assert result.folder.info()["epoch"] == result.best_epoch + 2 < 400


def test_learning_happens(train_in, spec_text):
    result = train_in(spec_text, "training.epochs=60", "training.optimizer={adam: 0.02}")
    assert result.figures["test"]["accuracy"] >= 0.9


@pytest.mark.parametrize("step", ["compiled", "eager"])
def test_the_same_spec_gives_the_same_bits(train_in, spec_text, step):
    settings = (f"training.step={step}", "model.0.dense={units: 8, batchnorm: true, dropout: 0.3}")
    hashes = [hash_of(train_in(spec_text, *settings).folder, "last") for _ in range(2)]
    assert hashes[0] == hashes[1]
    assert hash_of(train_in(spec_text, *settings, "seed=2").folder, "last") != hashes[0]


def test_the_seed_is_that_of_the_weights_too(train_in, spec_text):
    """The same rows (`split.seed`) in the same order, other first weights."""
    fixed = ("data.split.seed=4", "training.shuffle=false", "training.optimizer={sgd: 1.0e-6}")
    first, same, other = (train_in(spec_text, *fixed, f"seed={seed}").folder for seed in (1, 1, 2))
    assert hash_of(first) == hash_of(same)
    difference = max(np.abs(weights(first)[name] - weights(other)[name]).max() for name in weights(first))
    assert difference > 0.1


def test_the_bits_are_the_same_in_another_process_whatever_its_hash_seed(train_in, spec_text, tmp_path):
    result = train_in(spec_text)
    (tmp_path / "spec.yaml").write_text(spec_text)
    command = [sys.executable, "-m", "mlpspec", "train", "spec.yaml", "-q", "--json", "--runs", "other"]
    done = subprocess.run(command, cwd=tmp_path, env={**os.environ, "PYTHONHASHSEED": "77"}, capture_output=True, text=True, check=True)
    other = json.loads(done.stdout)["result"]
    assert other["figures"] == result.figures
    [pointer] = tmp_path.glob("other/small/2*/checkpoints/best")
    twin = load_file(pointer.parent / pointer.read_text().strip() / "model.safetensors")
    assert all(np.array_equal(twin[name], tensor) for name, tensor in weights(result.folder).items())


STEP_AND_LAYER = (
    r"loss became NaN or infinite in epoch \d+, step \d of 3, at a learning rate of 1e\+03; "
    r"the largest gradient was that of `(dense_1|head_weight)`, with a norm of \d"
)


@pytest.mark.parametrize("step", ["compiled", "eager"])
def test_a_loss_that_explodes_ends_the_run_and_leaves_no_nan_behind(train_in, spec_text, step, tmp_path):
    """Row R8. Squared error and plain gradient descent with a learning rate of 1000."""
    with pytest.raises(CheckError, match=STEP_AND_LAYER):
        train_in(spec_text, NUMBERS, NUMBER_HEAD, TOO_FAST, "training.epochs=50", f"training.step={step}")
    [run] = (tmp_path / "runs" / "small").glob("2*")
    info = json.loads((run / "run.json").read_text())
    assert info["status"] == "failed"
    assert "NaN or infinite" in info["error"]
    for file in run.rglob("*.safetensors"):
        assert all(np.isfinite(tensor).all() for tensor in load_file(file).values())
    metrics = run / "metrics.jsonl"
    assert "NaN" not in (metrics.read_text() if metrics.exists() else "")
    assert "Infinity" not in (metrics.read_text() if metrics.exists() else "")


def test_the_best_finite_weights_survive_an_explosion(train_in, spec_text, monkeypatch, tmp_path):
    """The loss is good for three epochs and no number in the fourth."""
    from mlpspec.training.step import EagerStep

    real, calls = EagerStep.epoch_loss, []

    def exploding(self):
        calls.append(real(self))
        return calls[-1] if len(calls) <= 3 else float("nan")

    monkeypatch.setattr(EagerStep, "epoch_loss", exploding)
    with pytest.raises(CheckError, match="epoch 4"):
        train_in(spec_text, "training.epochs=9", "training.step=eager")
    [run] = (tmp_path / "runs" / "small").glob("2*")
    state = json.loads((next((run / "checkpoints").glob("best-*")) / "state.json").read_text())
    assert 1 <= state["epoch"] <= 3


def test_weights_that_explode_in_the_last_step_are_not_kept(train_in, spec_text, monkeypatch, tmp_path):
    """One step of 36 rows, and no validation rows that would notice: the loss is from before the step."""
    from mlpspec.training.step import EagerStep

    real = EagerStep.learn

    def poisoned(self, *rest):
        real(self, *rest)
        with torch.no_grad():
            next(self.module.parameters()).fill_(float("nan"))

    monkeypatch.setattr(EagerStep, "learn", poisoned)
    settings = ("training.step=eager", "training.epochs=1", "training.batch_size=100", "data.split={train: 1, validation: 0, test: 0}")
    with pytest.raises(CheckError, match=r"the weight `.*` became NaN or infinite"):
        train_in(spec_text, *settings)
    assert not list((tmp_path / "runs").rglob("*.safetensors"))


def test_a_figure_that_is_never_defined_leaves_the_last_weights(train_in, spec_text):
    lines = ["size,colour,kind,part"]
    for row in range(40):
        part = "train" if row < 30 else "validation"
        lines.append(f"{row % 9},red,{'big' if row % 9 > 4 and part == 'train' else 'small'},{part}")
    settings = (
        "data.split={column: part}",
        "targets={kind: binary}",
        "training.early_stopping={monitor: validation.auroc, patience: 5}",
    )
    result = train_in(spec_text, *settings, table="\n".join(lines) + "\n")
    assert (result.ended, result.best_epoch) == ("finished", 3)
    [warning] = [found for found in result.warnings if found.code == "undefined-figure"]
    assert "`validation.auroc` was undefined in every epoch" in warning.message
    document = loads(result.folder.resolved_spec())
    _, module = load_run_module(result.folder, document, result.folder.preprocessing())
    last = weights(result.folder, "last")
    assert all(np.array_equal(tensor.numpy(), last[name]) for name, tensor in module.state_dict().items())


def test_validation_rows_that_are_watched_must_exist(train_in, spec_text, tmp_path):
    table = "size,colour,kind,part\n" + "".join(f"{row},red,{'ab'[row % 2]},train\n" for row in range(20))
    with pytest.raises(DataError, match="no validation rows"):
        train_in(spec_text, "data.split={column: part}", "training.early_stopping={patience: 3}", table=table)
    assert not (tmp_path / "runs").exists()


def test_nothing_is_written_when_the_data_is_bad(train_in, tmp_path):
    with pytest.raises(DataError):
        train_in(table="size,colour,kind\nx,red,big\n" * 3)
    assert not (tmp_path / "runs").exists()


def test_rows_from_memory(train_in, tmp_path):
    frame = {
        "size": np.arange(40.0),
        "colour": np.array(["red", "green"] * 20, object),
        "kind": np.array(["small"] * 20 + ["big"] * 20, object),
    }
    result = train_in(frame=frame)
    assert result.folder.info()["data"] == {}
    assert result.folder.info()["rows"] == {"train": 24, "validation": 8, "test": 8}


@pytest.mark.parametrize("step", ["compiled", "eager"])
def test_the_schedule_reaches_the_optimizer(train_in, spec_text, metrics_of_run, step):
    """A learning rate that is 0 from the second epoch on: nothing changes any more."""
    settings = ("training.schedule={multi_step: {milestones: [1], gamma: 1.0e-30}}", "training.optimizer={sgd: 0.1}")
    result = train_in(spec_text, *settings, "training.epochs=4", f"training.step={step}")
    history = [line["validation.loss"] for line in metrics_of_run(result)]
    assert history[1] == history[2] == history[3]
    free = train_in(spec_text, settings[1], "training.epochs=4")
    assert len({line["validation.loss"] for line in metrics_of_run(free)}) == 4
    assert [line["learning_rate"] for line in metrics_of_run(result)] == pytest.approx([0.1, 1e-31, 1e-31, 1e-31])


@pytest.mark.parametrize("step", ["compiled", "eager"])
def test_the_first_step_is_the_optimizers_own(train_in, spec_text, step):
    """Plain gradient descent: after one step over all rows, w = w0 - rate * gradient, calculated here with autograd."""
    from mlpspec.compiler import build_graph
    from mlpspec.data.load import load_dataset
    from mlpspec.pytorch.module import build_module

    settings = ("training.epochs=1", "training.batch_size=1000", "training.optimizer={sgd: 0.5}", "training.schedule={cosine: {warmup: 1}}")
    settings = (*settings, f"training.step={step}")
    result = train_in(spec_text, *settings)
    document = loads(spec_text, folder=result.folder.path.parents[2], settings=settings)
    spec = document.spec
    data = load_dataset(spec.data, spec.inputs, spec.targets, folder=document.folder, seed=spec.seed)
    torch.manual_seed(spec.seed)
    module = build_module(build_graph(document, data.preprocessing.facts))
    part = data.parts["train"]
    output = module(*(torch.from_numpy(array) for array in part.inputs.values()))["kind"]
    torch.nn.functional.cross_entropy(output, torch.from_numpy(part.targets["kind"])).backward()
    rate = 0.5 * 0.5  # the single step is the warm-up's: half-way up
    after = weights(result.folder, "last")
    for name, weight in module.named_parameters():
        assert after[name] == pytest.approx((weight - rate * weight.grad).detach().numpy(), rel=1e-5, abs=1e-6)


def test_the_checkpoint_belongs_to_its_run(train_in, spec_text):
    folder = train_in(spec_text).folder
    checkpoints = Checkpoints(folder.path / "checkpoints", folder.owner())
    assert checkpoints.has("best")
    assert not Checkpoints(folder.path).has("best")


class Pruner(Callback):
    """What a search for options does: look at each epoch, and give up."""

    def __init__(self):
        self.seen, self.ended = [], None

    def on_epoch_end(self, run):
        self.seen.append((run.epoch, run.figures[run.monitor]))
        if run.epoch == 2:
            run.stop("pruned")

    def on_end(self, run, ended):
        self.ended = ended


def test_a_callback_of_a_program_sees_every_epoch_and_may_stop_it(train_in, spec_text, metrics_of_run):
    pruner = Pruner()
    result = train_in(spec_text, "training.epochs=9", callbacks=[pruner])
    assert result.ended == pruner.ended == result.folder.info()["ended"] == "pruned"
    assert pruner.seen == [(line["epoch"], line["validation.loss"]) for line in metrics_of_run(result)]
    assert len(pruner.seen) == 2


def test_an_exception_in_a_callback_ends_the_run_as_failed(train_in, tmp_path):
    class Broken(Pruner):
        def on_epoch_end(self, run):
            raise ValueError("mine")

    broken = Broken()
    with pytest.raises(ValueError, match="mine"):
        train_in(callbacks=[broken])
    [run] = (tmp_path / "runs" / "small").glob("2*")
    assert (json.loads((run / "run.json").read_text())["status"], broken.ended) == ("failed", "failed")


@pytest.mark.parametrize("step", ["compiled", "eager"])
def test_a_batch_may_have_more_rows_than_the_data(step, train_in, metrics_of_run):
    """Two classes, both as often as the commoner one: 36 rows become more, in one batch."""
    table = "size,colour,kind,weight\n" + "".join(f"{row}.5,red,{'a' if row % 3 else 'b'},1\n" for row in range(60))
    settings = ("training.sampling={balanced: {epoch: commonest}}", "training.batch_size=1000", f"training.step={step}")
    result = train_in(None, *settings, table=table)
    info = result.folder.info()
    assert info["step"].startswith(step)
    assert all(np.isfinite(line["train.loss"]) for line in metrics_of_run(result))


@pytest.mark.parametrize("step", ["compiled", "eager"])
def test_the_step_is_found_after_a_checkpoint_too(train_in, spec_text, step):
    """The same step, whether the search begins at the start or at a checkpoint, also one within the epoch."""
    found = set()
    for checkpoint in ("{seconds: 900}", "{epochs: 2}", "{steps: 1}"):
        settings = ("training.epochs=50", f"training.step={step}", f"training.checkpoint={checkpoint}", "training.optimizer={sgd: 1.0}")
        with pytest.raises(CheckError) as error:
            train_in(spec_text, NUMBERS, NUMBER_HEAD, *settings)
        found.add(error.value.diagnostics[0].message.split(";")[0])
    [message] = found
    assert "step 3 of 3" in message


def test_anomalies_are_named_with_their_layer(train_in, spec_text, tmp_path):
    """Weights of 1e20: their sums are finite after the first layer, and too large for float32 after the second."""

    class Huge(Callback):
        def on_start(self, run):
            with torch.no_grad():
                for parameter in run.module.parameters():
                    parameter.fill_(1e20)

    words = r"the output of `head_weight` is not finite \(.* infinite of .* numbers\) in epoch 1, step 1 of 3, at .*; its input lay between"
    with pytest.raises(CheckError, match=words) as error:
        train_in(spec_text, NUMBERS, NUMBER_HEAD, "training.anomaly=true", callbacks=[Huge()])
    assert "anomaly" not in error.value.diagnostics[0].help
    [run] = (tmp_path / "runs" / "small").glob("2*")
    info = json.loads((run / "run.json").read_text())
    assert (info["status"], info["step"]) == ("failed", "eager with a look at every number, as asked")


@pytest.mark.parametrize("accumulate", [1, 2])
def test_looking_for_anomalies_changes_nothing_else(train_in, spec_text, accumulate):
    settings = ("model.0.dense={units: 8, batchnorm: true, dropout: 0.3}", "training.step=eager", "training.clip={norm: 0.1}")
    settings = (*settings, f"training.accumulate={accumulate}")
    plain, looked = train_in(spec_text, *settings), train_in(spec_text, *settings, "training.anomaly=true")
    assert looked.weights_sha256 == plain.weights_sha256


def test_a_time_limit_ends_a_run_well(train_in, spec_text):
    result = train_in(spec_text, "training.epochs=1000000", "training.callbacks=[{time_limit: {seconds: 0.5}}]")
    assert result.ended == "time limit"
    assert 0 < result.best_epoch <= result.folder.info()["epoch"] < 1_000_000


def test_a_time_limit_before_the_end_of_the_first_epoch(train_in, spec_text):
    result = train_in(spec_text, "training.callbacks=[{time_limit: {seconds: 1.0e-9}}]")
    assert (result.ended, result.weights, result.best_epoch) == ("time limit", "last", 0)
    [warning] = [found for found in result.warnings if found.code == "undefined-figure"]
    assert "no epoch came to its end" in warning.message
    assert result.folder.metrics() == []


def test_a_target_that_is_reached_ends_a_run(train_in, spec_text, metrics_of_run):
    target = "training.callbacks=[{target_metric: {monitor: train.loss, value: 0.5}}]"
    result = train_in(spec_text, "training.epochs=500", "training.optimizer={adam: 0.05}", target)
    losses = [line["train.loss"] for line in metrics_of_run(result)]
    assert result.ended == "target reached"
    assert losses[-1] <= 0.5 < min(losses[:-1])
