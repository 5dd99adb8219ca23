"""Files that answer several times a row, or with calibrated probabilities, through the proof and beyond it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from mlpspec.compiler import loads
from mlpspec.data.load import load_dataset
from mlpspec.diagnostics import CheckError, DataError
from mlpspec.exporting.answering import as_asked
from mlpspec.exporting.tolerance import ABSOLUTE, RELATIVE

TARGETS = """\
mlpspec: 1
seed: 2
data: {split: {train: 0.5, validation: 0.5, test: 0}}
inputs:
  numbers: {numeric: {columns: [a, c, d], missing: mean}}
  colour: category
  size: {category: {missing: own, encode: {embedding: 2}}}
targets:
  kind: category
  yes: {binary: {threshold: 0.3}}
  marks: {multilabel: {columns: [one]}}
  price: numeric
  pair: {numeric: {columns: [price, weight]}}
  logged: {numeric: {columns: weight, scale: log1p}}
  between: {numeric: {columns: price, loss: {quantile: [0.1, 0.5, 0.9]}}}
model:
  - dense: {units: 8, activation: tanh, batchnorm: true, dropout: 0.3, name: body}
  - dense: {units: 6, activation: relu, dropout: 0.2, name: top}
"""
HEADS = "".join(
    f"  - head: {{target: {name}, from: {source}}}\n"
    for name, source in {
        "kind": "top",
        "yes": "body",
        "marks": "top",
        "price": "body",
        "pair": "top",
        "logged": "top",
        "between": "top",
    }.items()
)
ARRAYS = """\
mlpspec: 1
data: {split: {train: 0.5, validation: 0.5, test: 0}}
inputs: {image: {tensor: {scale: standardize}}, a: numeric}
targets: {kind: category}
model:
  - dense: {units: 4, activation: relu, dropout: 0.4, from: image}
  - flatten: {name: flat}
  - concat: {from: [flat, a]}
  - layernorm
  - dropout: 0.2
  - head: kind
"""
SPECS = {"targets": TARGETS + HEADS, "arrays": ARRAYS}


@pytest.fixture(scope="module")
def exports(export_untrained, frame):
    made = {}

    def export(name, options):
        if (name, options) not in made:
            made[name, options] = export_untrained(f"{SPECS[name]}export: {options}\n", frame)
        return made[name, options]

    return export


SAMPLED = "{uncertainty: {mc_dropout: 8}}"
BOTH = "{uncertainty: {mc_dropout: 8}, calibrate: temperature}"
CALIBRATED = "{calibrate: temperature}"


@pytest.mark.parametrize("options", [SAMPLED, CALIBRATED, BOTH])
@pytest.mark.parametrize("name", SPECS)
def test_it_is_proved(exports, name, options):
    exported = exports(name, options)
    proof = exported.prove()
    assert max(proof.worst.values()) <= 1
    assert ("kind_deviation" in proof.max_absolute) == (options != CALIBRATED)


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("batch", [0, 1, 2, 50])
def test_rows_of_ones_own(exports, name, batch):
    exported = exports(name, SAMPLED)
    random = np.random.default_rng(batch)
    rows = {key: value[random.integers(0, len(value), batch)] for key, value in exported.rows.items()}
    expected = exported.expect(rows)
    for output, value in exported.run(rows).items():
        assert value.shape == expected[output].shape
        if value.dtype.kind == "f":
            np.testing.assert_allclose(value, expected[output], rtol=RELATIVE, atol=ABSOLUTE, err_msg=output)
        else:
            assert value.tolist() == expected[output].tolist()


def test_a_row_is_answered_alike_alone_and_among_others(exports):
    exported = exports("targets", SAMPLED)
    together = exported.run(exported.rows)
    for row in (0, 7, 20):
        alone = exported.run({name: array[row : row + 1] for name, array in exported.rows.items()})
        for output, value in alone.items():
            if value.dtype.kind == "f":
                np.testing.assert_allclose(value[0], together[output][row], rtol=1e-5, atol=1e-6)
            else:
                assert value[0].tolist() == together[output][row].tolist() if value.ndim > 1 else value[0] == together[output][row]


def test_outputs_and_their_order(exports):
    outputs = [output.name for output in exports("targets", SAMPLED).model.graph.output]
    assert outputs[:4] == ["kind", "kind_probability", "kind_deviation", "kind_entropy"]
    assert outputs[4:8] == ["yes", "yes_probability", "yes_deviation", "yes_entropy"]
    assert outputs[8:11] == ["marks", "marks_probability", "marks_deviation"]
    assert outputs[11:] == [
        *("price", "price_deviation", "pair", "pair_deviation", "logged", "logged_deviation"),
        *("between", "between_interval", "between_deviation"),
    ]
    plain = [output.name for output in exports("targets", CALIBRATED).model.graph.output]
    assert plain == [name for name in outputs if not name.endswith(("_deviation", "_entropy"))]


def test_what_was_asked_for_is_given_whatever_the_outputs(export_untrained, frame):
    exported = export_untrained(f"{ARRAYS}export: {{outputs: [label], uncertainty: {{mc_dropout: 4}}}}\n", frame)
    exported.prove()
    assert [output.name for output in exported.model.graph.output] == ["kind", "kind_deviation", "kind_entropy"]


def test_every_operator_is_one_that_gives_the_same_on_every_run(exports):
    operators = {node.op_type for node in exports("targets", BOTH).model.graph.node}
    assert not {operator for operator in operators if "Random" in operator} | (operators & {"Bernoulli", "Dropout", "Multinomial"})
    assert not operators & {"Loop", "Scan", "If"}


def test_the_card(exports):
    card = json.loads({prop.key: prop.value for prop in exports("targets", SAMPLED).model.metadata_props}["mlpspec.model"])
    assert card["samples"] == 8
    targets = {item["name"]: item["outputs"] for item in card["targets"]}
    assert targets["kind"]["kind_deviation"] == ["x", "y", "z"]
    assert targets["kind"]["kind_entropy"] == ["total", "model"]
    assert targets["price"] == {"price": None, "price_deviation": None}
    assert targets["pair"]["pair_deviation"] == ["price", "weight"]


def test_the_seed_is_the_specs_unless_there_is_one_of_its_own(exports, export_untrained, frame):
    def masks(options, seed):
        text = f"{ARRAYS}seed: {seed}\nexport: {{uncertainty: {{mc_dropout: {options}}}}}\n"
        return export_untrained(text, frame).asked.module.get_buffer("dense_1.dropout.kept").numpy()

    of_the_spec = masks("{samples: 4}", seed=3)
    assert (of_the_spec == masks("{samples: 4, seed: 3}", seed=8)).all()
    assert (of_the_spec != masks("{samples: 4}", seed=8)).any()


def test_calibration_divides_the_logits_of_every_sample(exports):
    """The temperature is the one of the mean of the samples' probabilities, which are what the file answers."""
    exported = exports("targets", BOTH)
    assert set(exported.asked.calibrations) == {"kind", "yes", "marks"}
    [first, *_] = exported.preprocessing.targets["kind"].decode.steps
    assert (first.op, first.constants["values"]) == ("divide", [exported.asked.calibrations["kind"].temperature])
    alone = exports("targets", CALIBRATED)
    assert alone.asked.calibrations["kind"].temperature != exported.asked.calibrations["kind"].temperature
    assert alone.asked.samples == 1
    for found in (exported, alone):
        assert found.asked.calibrations["yes"].log_loss.after <= found.asked.calibrations["yes"].log_loss.before


def test_numbers_are_not_calibrated(exports):
    operators = [step.op for step in exports("targets", CALIBRATED).preprocessing.targets["price"].decode.steps]
    assert "divide" not in operators


def test_all_targets_without_a_temperature_are_named(export_untrained, frame):
    """A truth that is what the network answers, at every row."""
    exported = export_untrained(f"{TARGETS}{HEADS}", frame)
    spec = loads(f"{TARGETS}{HEADS}export: {{calibrate: temperature}}\n").spec
    preprocessing = exported.preprocessing
    data = load_dataset(spec.data, spec.inputs, spec.targets, folder=Path(), seed=spec.seed, frame=frame)
    part = data.parts["validation"]
    with torch.inference_mode():
        outputs = exported.module.eval()(*(torch.from_numpy(np.ascontiguousarray(array)) for array in part.inputs.values()))
    truth = {"kind": outputs["kind"].argmax(dim=1), "yes": (outputs["yes"] > 0).float(), "marks": (outputs["marks"] > 0).float()}
    known = replace(part, targets={**part.targets, **{name: value.numpy() for name, value in truth.items()}})
    with pytest.raises(DataError) as error:
        as_asked(exported.module, exported.graph, preprocessing, spec, lambda: {"validation": known})
    assert [finding.message.split("`")[1] for finding in error.value.diagnostics] == ["kind", "yes", "marks"]


def test_a_mask_that_is_not_the_drawn_one_is_found(exports):
    exported = exports("targets", SAMPLED)
    model = onnx.ModelProto()
    model.CopyFrom(exported.model)
    [mask] = [tensor for tensor in model.graph.initializer if tensor.name == "body.dropout.kept"]
    values = ~onnx.numpy_helper.to_array(mask)
    mask.CopyFrom(onnx.numpy_helper.from_array(values, mask.name))
    with pytest.raises(CheckError):
        exported.prove(model)
