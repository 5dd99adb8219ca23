"""The temperature against SciPy's minimum of scikit-learn's log loss, the calibration error against its formula written as a loop."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import expit, softmax
from sklearn.metrics import log_loss as sklearn_log_loss

from mlpspec.compiler import loads
from mlpspec.data.load import load_dataset
from mlpspec.data.operators import run_program
from mlpspec.diagnostics import DataError
from mlpspec.exporting.temperature import calibrate, calibration_error, log_loss, with_temperature

RANDOM = np.random.default_rng(11)
ROWS = 4000

TARGETS = {
    "kind": "category",
    "yes": "binary",
    "rarely": "{binary: {column: yes, threshold: 0.2}}",
    "marks": "{multilabel: {columns: [one, other]}}",
}


@pytest.fixture(scope="module")
def targets(tmp_path_factory):
    frame = {
        "a": RANDOM.normal(size=60),
        "kind": RANDOM.choice(["x", "y", "z"], 60).astype(object),
        "yes": RANDOM.choice(["no", "yes"], 60).astype(object),
        "one": RANDOM.integers(0, 2, 60),
        "other": RANDOM.integers(0, 2, 60),
    }
    heads = "".join(f"  - head: {{target: {name}, from: body}}\n" for name in TARGETS)
    written = ", ".join(f"{name}: {target}" for name, target in TARGETS.items())
    spec = loads(f"mlpspec: 1\ninputs: {{a: numeric}}\ntargets: {{{written}}}\nmodel:\n  - dense: {{units: 4, name: body}}\n{heads}").spec
    folder = tmp_path_factory.mktemp("data")
    return load_dataset(spec.data, spec.inputs, spec.targets, folder=folder, seed=1, frame=frame).preprocessing.targets


def drawn(kind, true_temperature, *, samples=1):
    """Logits, and a truth drawn from their probabilities at a temperature."""
    outputs = {"kind": 3, "yes": 1, "rarely": 1, "marks": 2}[kind]
    logits = RANDOM.normal(0, 3, (ROWS, 1, outputs)) + RANDOM.normal(0, 1, (ROWS, samples, outputs)) * (samples > 1)
    if kind == "kind":
        probability = softmax(logits / true_temperature, axis=2).mean(axis=1)
        truth = (RANDOM.random((ROWS, 1)) > probability.cumsum(axis=1)).sum(axis=1).clip(max=2)
    else:
        truth = (RANDOM.random((ROWS, outputs)) < expit(logits / true_temperature).mean(axis=1)).astype(np.float32)
    return logits.astype(np.float32), truth


def expected_loss(logits, truth, temperature):
    """scikit-learn's log loss of the mean probabilities."""
    scaled = logits.astype(np.float64) / temperature
    if truth.ndim == 1:
        return sklearn_log_loss(truth, softmax(scaled, axis=2).mean(axis=1), labels=[0, 1, 2])
    probability = expit(scaled).mean(axis=1)
    return np.mean([sklearn_log_loss(truth[:, k], probability[:, k], labels=[0, 1]) for k in range(truth.shape[1])])


@pytest.mark.parametrize("samples", [1, 4])
@pytest.mark.parametrize("true_temperature", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("kind", TARGETS)
def test_the_temperature_is_where_the_log_loss_is_smallest(targets, kind, true_temperature, samples):
    logits, truth = drawn(kind, true_temperature, samples=samples)
    _, found = calibrate(targets[kind], logits, truth)
    best = minimize_scalar(lambda u: expected_loss(logits, truth, np.exp(u)), bounds=(-3, 3), options={"xatol": 1e-8})
    assert found.temperature == pytest.approx(np.exp(best.x), rel=1e-4)
    assert found.temperature == pytest.approx(true_temperature, rel=0.15), "4,000 rows tell it that well"
    assert found.log_loss.before == pytest.approx(expected_loss(logits, truth, 1.0), rel=1e-6)
    assert found.log_loss.after == pytest.approx(best.fun, rel=1e-6)
    assert found.log_loss.after <= found.log_loss.before
    assert found.rows == ROWS
    if true_temperature == 3.0:
        assert found.calibration_error.after < found.calibration_error.before


@pytest.mark.parametrize("kind", ["kind", "yes", "marks"])
def test_no_label_changes(targets, kind):
    logits, truth = drawn(kind, 2.5)
    calibrated, found = calibrate(targets[kind], logits, truth)
    assert found.labels_changed == 0
    before, after = (
        run_program(target.decode, {target.decode.inputs[0]: logits.reshape(ROWS, -1)}) for target in (targets[kind], calibrated)
    )
    assert (before[kind] == after[kind]).all()
    assert not np.allclose(before[f"{kind}_probability"], after[f"{kind}_probability"])


def test_a_threshold_other_than_a_half_is_one_of_the_calibrated_probability(targets):
    """A logit of -1 is a probability of 0.27, which is yes from 0.2 on; at a temperature of 0.5 it is 0.12."""
    target = with_temperature(targets["rarely"], 0.5)
    logits = np.array([[-1.0], [0.0]], np.float32)
    before, after = (run_program(t.decode, {t.decode.inputs[0]: logits}) for t in (targets["rarely"], target))
    assert before["rarely"].tolist() == ["yes", "yes"]
    assert after["rarely"].tolist() == ["no", "yes"]
    logits, truth = drawn("rarely", 3.0)
    _, found = calibrate(targets["rarely"], logits, truth)
    probability = expit(logits[:, 0, 0].astype(np.float64))
    calibrated = expit(logits[:, 0, 0].astype(np.float64) / found.temperature)
    assert found.labels_changed == ((probability >= 0.2) != (calibrated >= 0.2)).sum() > 0


def test_probabilities_are_those_of_divided_logits(targets):
    logits = RANDOM.normal(0, 4, (50, 3)).astype(np.float32)
    decode = with_temperature(targets["kind"], 1.75).decode
    found = run_program(decode, {decode.inputs[0]: logits})["kind_probability"]
    np.testing.assert_allclose(found, softmax(logits / 1.75, axis=1), rtol=1e-5, atol=1e-7)


def test_the_calibration_error_is_its_formula():
    """Guo et al. 2017, equation 3, with 15 bins that hold their upper end."""
    logits = RANDOM.normal(0, 2, (700, 1, 4))
    truth = RANDOM.integers(0, 4, 700)
    probability = softmax(logits[:, 0], axis=1)
    sure, right = probability.max(axis=1), probability.argmax(axis=1) == truth
    expected = 0.0
    for m in range(15):
        inside = (sure > m / 15) & (sure <= (m + 1) / 15)
        if inside.any():
            expected += inside.mean() * abs(right[inside].mean() - sure[inside].mean())
    assert calibration_error(logits, truth) == pytest.approx(expected)


def test_the_calibration_error_of_labels_is_that_of_the_likelier_side():
    """All say 0.9 or 0.1, and 3 of 4 are right: |0.75 - 0.9|."""
    logit = np.log(9.0)
    logits = np.array([[[logit, -logit]], [[-logit, -logit]]])
    truth = np.array([[1, 0], [0, 1]], np.float32)
    assert calibration_error(logits, truth) == pytest.approx(0.15)


def test_what_has_no_probability_left_costs_a_finite_loss():
    """A truth of probability exp(-2000), which no float64 holds."""
    assert log_loss(np.array([[[2000.0, 0.0]]]), np.array([1])) == pytest.approx(2000)
    assert log_loss(np.array([[[-2000.0]]]), np.array([[1.0]], np.float32)) == pytest.approx(2000)


@pytest.mark.parametrize(
    ("truth", "words"),
    [
        (lambda logits: logits[:, 0].argmax(axis=1), "more confidence is always better"),
        (lambda logits: logits[:, 0].argmin(axis=1), "nothing"),
    ],
)
def test_where_no_temperature_is_best(targets, truth, words):
    logits = RANDOM.normal(0, 1, (30, 1, 3)).astype(np.float32)
    with pytest.raises(DataError, match=words) as error:
        calibrate(targets["kind"], logits, truth(logits))
    [finding] = error.value.diagnostics
    assert finding.code == "no-temperature"
    assert "30 validation rows" in finding.message
    assert finding.help


def test_as_json(targets):
    logits, truth = drawn("kind", 2.0)
    _, found = calibrate(targets["kind"], logits, truth)
    data = found.to_json()
    assert set(data) == {"temperature", "rows", "log_loss", "calibration_error", "labels_changed"}
    assert data["log_loss"] == {"before": found.log_loss.before, "after": found.log_loss.after}
