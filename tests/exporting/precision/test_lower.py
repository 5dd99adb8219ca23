"""The whole way at another precision, with networks whose weights are written by hand."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from mlpspec.diagnostics import CheckError
from mlpspec.exporting.precision.lower import CALIBRATION_ROWS, Trained, calibration_rows, lower, report

ROWS = 3000

LINEAR = """\
mlpspec: 1
data: {split: SPLIT}
inputs: {x: {numeric: {columns: [large, small], scale: none}}}
targets: {y: {numeric: {scale: none}}}
model: [{head: y}]
"""


def made(text, frame, weights):
    """A network with these weights, everything around it, and a function that lowers it."""
    import torch

    from mlpspec.compiler import build_graph, loads
    from mlpspec.data.column import raw_inputs
    from mlpspec.data.load import load_dataset
    from mlpspec.exporting.assemble import assemble, model_card, network_core
    from mlpspec.exporting.proof_rows import edge_rows
    from mlpspec.pytorch.module import build_module

    document = loads(text)
    spec = document.spec
    data = load_dataset(spec.data, spec.inputs, spec.targets, folder=Path(), seed=spec.seed, frame=frame)
    graph = build_graph(document, data.preprocessing.facts)
    module = build_module(graph)
    with torch.no_grad():
        for name, values in weights.items():
            module.state_dict()[name].copy_(torch.tensor(values))
    part = data.parts.get("validation", data.parts["train"])
    rows = raw_inputs(data.preprocessing, part.table, part.index[:100])
    core = network_core(module, graph, data.preprocessing, spec.export)

    def join(network):
        card = {"mlpspec.model": model_card(spec.name, data.preprocessing, spec.export)}
        return assemble(network, graph, data.preprocessing, spec.export, card)

    def run(options, rows=rows):
        trained = Trained(module, graph, data.preprocessing, spec, data.parts)
        return lower(join(core), core, join, trained, options, rows, edge_rows(data.preprocessing, rows, extremes=False))

    return run, core, graph, data, rows


@pytest.fixture(scope="module")
def table():
    random = np.random.default_rng(2)
    small = random.integers(0, 2, ROWS).astype(float)
    return {"large": random.uniform(0, 2000, ROWS), "small": small, "y": 0.75 * small + 0.125}


@pytest.fixture(scope="module")
def linear(table):
    """y = 0.75 small + 0.125, exactly; 8 bits over 0 to 2000 cannot tell small from nothing."""
    text = LINEAR.replace("SPLIT", "{train: 0.7, validation: 0.3, test: 0}")
    return made(text, table, {"head_y.weight": [[0.0, 0.75]], "head_y.bias": [0.125]})


def test_a_network_that_loses_too_much_is_refused(linear, options):
    run, *_ = linear
    for how in ("int8 static", "int8 dynamic"):
        with pytest.raises(CheckError) as error:
            run(options(how))
        assert error.value.exit_code == 7
        assert {problem.code for problem in error.value.diagnostics} == {"metric-drop"}
        said = error.value.diagnostics[0].message
        assert said.startswith("`mae` on the validation rows is 0 in fp32 and 0.")
        assert said.endswith(f" at {how}, which is no share of it")


def test_it_passes_when_more_is_allowed_where_a_number_can_be_allowed(linear, options):
    """r2 falls from 1 by about 1.7, and mae from nothing, which no share allows."""
    run, *_ = linear
    with pytest.raises(CheckError) as error:
        run(options("int8 static", max_metric_drop=5.0))
    assert {problem.message.split("`")[1] for problem in error.value.diagnostics} == {"mae", "rmse"}


def test_what_loses_nothing_passes(linear, options):
    """0.75 and 0.125 are numbers of float16 and bfloat16, and so is all that is calculated with them."""
    run, core, _, data, _ = linear
    for how in ("fp16", "bf16"):
        found = run(options(how, max_metric_drop=0.0))
        assert (found.method, found.part, found.rows) == (how, "validation", data.parts["validation"].rows)
        assert {name: change.drop for name, change in found.figures.items()} == {"mae": 0, "rmse": 0, "r2": 0}
        assert found.agreement.rows == 100
        assert found.agreement.max_absolute == {"y": 0.0}
        assert (found.weights, found.converted_weights) == (2, 2)
        assert found.network_bytes[0] == core.ByteSize()
        onnx.checker.check_model(found.model, full_check=True)


def test_numbers_beyond_float16_are_refused_by_the_rows_that_have_them(table, options):
    """The greatest float16 is 65504; figures of the validation rows are finite, those of a row far outside are not."""
    text = LINEAR.replace("SPLIT", "{train: 0.7, validation: 0.3, test: 0}")
    run, *_, rows = made(text, table, {"head_y.weight": [[1.0, 1.0]], "head_y.bias": [0.0]})
    far = {"x": rows["x"].copy()}
    far["x"][3, 0] = 1e5
    with pytest.raises(CheckError, match="`y` has .* values at fp16 that are not finite") as error:
        run(options("fp16", max_metric_drop=10.0), far)
    assert "`--precision bf16`" in error.value.diagnostics[0].help
    run(options("bf16", max_metric_drop=10.0), far)


def test_without_validation_rows_the_training_rows_judge(table, options):
    text = LINEAR.replace("SPLIT", "{train: 0.9, validation: 0, test: 0.1}")
    run, *_ = made(text, table, {"head_y.weight": [[0.0, 0.75]], "head_y.bias": [0.125]})
    found = run(options("fp16"))
    assert found.part == "train"
    assert found.rows == 2700


def test_calibration_rows_are_spread_over_all_training_rows(linear):
    _, core, graph, data, _ = linear
    found = calibration_rows(data.parts["train"], graph, core)
    assert list(found) == [value.name for value in core.graph.input]
    [rows] = found.values()
    train = data.parts["train"].inputs["x"]
    assert len(train) > CALIBRATION_ROWS == len(rows)
    np.testing.assert_array_equal(rows[0], train[0])
    np.testing.assert_array_equal(rows[-1], train[-1])


def test_the_report_has_sizes_and_speed_and_the_card_does_not(linear, options):
    run, *_, rows = linear
    found = run(options("bf16"))
    model = found.model.SerializeToString()
    card, whole = found.to_card(), report(found, {"fp32": model + b"", "bf16": model}, rows)
    assert set(whole) - set(card) == {"bytes", "speed"}
    assert whole["bytes"] == {"fp32": len(model), "bf16": len(model)}
    assert set(whole["speed"]["bf16"]) == {"latency", "rows_per_second", "bulk"}


FAMILIES = """\
mlpspec: 1
data: {missing: ["", "NA"]}
inputs:
  numbers: {numeric: {columns: [a, c], missing: mean}}
  colour: {category: {encode: {embedding: 3}}}
  size: {category: {missing: own}}
  image: tensor
targets: {kind: category, yes: {binary: {positive: "yes"}}, price: numeric}
model:
  - flatten: {name: flat, from: image}
  - concat: {from: [numbers, colour, size, flat]}
  - dense: {units: 12, activation: relu, batchnorm: true}
  - layernorm
  - dense: {units: 12, activation: {maxout: 2}}
  - dense: {units: 8, activation: celu, name: body}
  - head: kind
  - head: {target: yes, from: body}
  - head: {target: price, from: body}
"""


@pytest.mark.parametrize("how", ["fp16", "bf16", "int8 static", "int8 dynamic"])
def test_the_layers_of_the_language_within_a_whole_model(frame, options, how):
    """Embedding, batch norm, layer norm, maxout, Celu, three heads, texts and missing values around them."""
    run, *_ = made(FAMILIES, frame, {})
    found = run(options(how, max_metric_drop=0.5))
    assert set(found.figures) >= {"kind.accuracy", "yes.accuracy", "price.mae"}
    assert set(found.agreement.flips) == {"kind", "yes"}
    assert found.converted_weights == found.weights
    assert found.agreement.max_absolute["kind_probability"] < {"fp16": 0.01, "bf16": 0.03}.get(how, 0.15)
    domains = [entry.domain for entry in found.model.opset_import]
    assert sorted(domains) == ["", "ai.onnx.ml"]
