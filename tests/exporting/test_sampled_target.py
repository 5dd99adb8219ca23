"""Answers of several samples against NumPy's mean, standard deviation and entropies of each sample's own answers."""

from __future__ import annotations

import numpy as np
import pytest

from mlpspec.compiler import loads
from mlpspec.data.load import load_dataset
from mlpspec.data.operators import run_program
from mlpspec.exporting.sampled_target import sampled_target

ROWS, SAMPLES = 9, 5

TARGETS = {
    "kind": "category",
    "level": "{category: {classes: [30, 10, 20]}}",
    "yes": "{binary: {threshold: 0.3}}",
    "marks": "{multilabel: {columns: [one, grade]}}",
    "price": "numeric",
    "pair": "{numeric: {columns: [price, weight]}}",
    "bare": "{numeric: {columns: weight, scale: none}}",
    "bare_pair": "{numeric: {columns: [weight, price], scale: none}}",
    "ranged": "{numeric: {columns: price, scale: min_max}}",
    "logged": "{numeric: {columns: weight, scale: log1p}}",
    "between": "{numeric: {columns: price, loss: {quantile: [0.1, 0.5, 0.9]}}}",
    "between_pair": "{numeric: {columns: [weight, price], loss: {quantile: [0.1, 0.5, 0.9]}}}",
}


@pytest.fixture(scope="module")
def targets(frame, tmp_path_factory):
    heads = "".join(f"  - head: {{target: {name}, from: body}}\n" for name in TARGETS)
    written = ", ".join(f"{name}: {target}" for name, target in TARGETS.items())
    text = f"mlpspec: 1\ninputs: {{a: numeric}}\ntargets: {{{written}}}\nmodel:\n  - dense: {{units: 4, name: body}}\n{heads}"
    spec = loads(text).spec
    rows = {**frame, "grade": frame["grade"] // 3}
    return load_dataset(
        spec.data, spec.inputs, spec.targets, folder=tmp_path_factory.mktemp("data"), seed=1, frame=rows
    ).preprocessing.targets


def head_for(target, *, spread=2.0):
    return np.random.default_rng(7).normal(0, spread, (ROWS * SAMPLES, target.facts.outputs)).astype(np.float32)


def answers(decode, head):
    return run_program(decode, {decode.inputs[0]: head})


@pytest.mark.parametrize("name", TARGETS)
def test_numbers_are_the_means_and_deviations_of_the_samples(targets, name):
    target = targets[name]
    head = head_for(target)
    each = answers(target.decode, head)
    found = answers(sampled_target(target, SAMPLES).decode, head)
    spread = f"{name}_probability" if f"{name}_probability" in each else name
    for answer, values in each.items():
        if values.dtype.kind == "f":
            samples = values.astype(np.float64).reshape(ROWS, SAMPLES, *values.shape[1:])
            np.testing.assert_allclose(found[answer], samples.mean(axis=1), rtol=1e-5, atol=1e-6)
    samples = each[spread].astype(np.float64).reshape(ROWS, SAMPLES, *each[spread].shape[1:])
    np.testing.assert_allclose(found[f"{name}_deviation"], samples.std(axis=1, ddof=1), rtol=1e-4)
    assert all(value.dtype == np.float32 for value in found.values() if value.dtype.kind == "f")


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_answered(targets, name):
    target = targets[name]
    sampled = sampled_target(target, SAMPLES)
    before = {answer.name: answer for answer in target.answers}
    added = {answer.name: answer for answer in sampled.answers if answer.name not in before}
    assert {answer.name: answer for answer in sampled.answers if answer.name in before} == before
    names = {f"{name}_deviation"} | ({f"{name}_entropy"} if name in ("kind", "level", "yes") else set())
    assert set(added) == names
    like = before.get(f"{name}_probability", before[name])
    assert added[f"{name}_deviation"].columns == like.columns
    found = answers(sampled.decode, head_for(target))
    for answer in sampled.answers:
        assert found[answer.name].shape == ((ROWS,) if answer.columns is None else (ROWS, len(answer.columns)))


def test_the_label_is_the_class_with_the_largest_mean(targets):
    """Two samples that are a little for the first class, one that is all for the second."""
    target = targets["kind"]
    head = np.array([[1, 0.5, 0], [1, 0.5, 0], [0, 9, 0]], np.float32)
    labels = answers(target.decode, head)["kind"]
    assert list(labels) == ["x", "x", "y"]
    found = answers(sampled_target(target, 3).decode, head)
    assert found["kind"].tolist() == ["y"]
    assert found["kind_probability"].argmax() == 1


def test_a_threshold_is_one_of_means(targets):
    """Sigmoid of -2 and 1 is 0.12 and 0.73, on average 0.43, which is above 0.3; of -2 and -1.5, 0.12 and 0.18, it is not."""
    found = answers(sampled_target(targets["yes"], 2).decode, np.array([[-2], [1], [-2], [-1.5]], np.float32))
    assert found["yes"].tolist() == ["yes", "no"]
    np.testing.assert_allclose(found["yes_deviation"][:, 0], found["yes_deviation"][:, 1], rtol=1e-5)
    marks = answers(sampled_target(targets["marks"], 2).decode, np.array([[-2, 5], [3, -1]], np.float32))
    assert marks["marks"].tolist() == [[1, 1]]


def entropy(probability):
    return -(probability * np.log(probability)).sum(axis=-1)


@pytest.mark.parametrize("name", ["kind", "yes"])
def test_entropies(targets, name):
    """The entropy of the mean, and the mutual information of answer and sample: H(mean p) - mean H(p)."""
    target = targets[name]
    head = head_for(target)
    samples = answers(target.decode, head)[f"{name}_probability"].astype(np.float64).reshape(ROWS, SAMPLES, -1)
    total = entropy(samples.mean(axis=1))
    found = answers(sampled_target(target, SAMPLES).decode, head)[f"{name}_entropy"]
    np.testing.assert_allclose(found, np.stack([total, total - entropy(samples).mean(axis=1)], axis=1), atol=1e-6)


def test_samples_that_agree_have_no_spread(targets):
    for name in ("kind", "yes", "price"):
        target = targets[name]
        head = np.repeat(head_for(target)[:ROWS], SAMPLES, axis=0)
        found = answers(sampled_target(target, SAMPLES).decode, head)
        np.testing.assert_allclose(found[f"{name}_deviation"], 0, atol=1e-3 if name == "price" else 1e-6)
        if name != "price":
            np.testing.assert_allclose(found[f"{name}_entropy"][:, 1], 0, atol=1e-6)
            np.testing.assert_array_equal(found[name], answers(target.decode, head)[name][::SAMPLES])


def test_probabilities_of_zero_and_one_have_an_entropy(targets):
    found = answers(sampled_target(targets["kind"], 2).decode, np.array([[500, 0, -500], [0, 500, -500]], np.float32))
    np.testing.assert_allclose(found["kind_entropy"], [[np.log(2), np.log(2)]], rtol=1e-6)


@pytest.mark.parametrize(("name", "columns"), [("price", 1), ("pair", 2), ("between", 1)])
def test_a_target_far_from_zero_keeps_its_deviation(frame, tmp_path, name, columns):
    """Prices around ten million, whose samples differ by some hundredths: float32 has steps of 1 there; the deviation is right."""
    spec = loads(
        f"mlpspec: 1\ninputs: {{a: numeric}}\ntargets: {{{name}: {TARGETS[name]}}}\nmodel: [{{dense: 4}}, {{head: {name}}}]\n"
    ).spec
    far = {**frame, "price": frame["price"] / 2e3 + 1e7}
    [target] = load_dataset(spec.data, spec.inputs, spec.targets, folder=tmp_path, seed=1, frame=far).preprocessing.targets.values()
    head = np.random.default_rng(2).normal(0, 0.05, (ROWS * SAMPLES, target.facts.outputs)).astype(np.float32)
    found = answers(sampled_target(target, SAMPLES).decode, head)[f"{name}_deviation"].reshape(ROWS, -1)
    scale = next(step.constants["values"][0] for step in target.decode.steps if step.op == "multiply")
    scaled = np.sort(head.astype(np.float64), axis=1)[:, 1:2] if name == "between" else head.astype(np.float64)[:, :1]
    np.testing.assert_allclose(found[:, 0], scale * scaled.reshape(ROWS, SAMPLES).std(axis=1, ddof=1), rtol=1e-5)
    assert found.shape == (ROWS, columns)


def test_one_sample_is_the_target_itself(targets):
    assert sampled_target(targets["kind"], 1) is targets["kind"]
