"""Every kind of input and target through the proof, and rows of one's own at several batch sizes."""

import numpy as np
import onnx
import pytest

from mlpspec.catalog.encoders import ENCODERS
from mlpspec.catalog.imputers import IMPUTERS
from mlpspec.catalog.inputs import INPUTS
from mlpspec.catalog.scalers import SCALERS
from mlpspec.catalog.targets import TARGETS
from mlpspec.diagnostics import CheckError
from mlpspec.exporting.tolerance import ABSOLUTE, RELATIVE
from mlpspec.runtime.cuda_graphs import WARM, GraphRuns
from mlpspec.runtime.cuda_session import joined
from mlpspec.runtime.model_file import model_from_bytes
from mlpspec.runtime.session import CPU_PROVIDER, cpu_session, create_session, inspect_model, session_facts, session_options
from mlpspec.runtime.split import split

HEAD = "mlpspec: 1\nseed: 2\n"
ONE_TARGET = "targets: {kind: category}\nmodel:\n  - dense: {units: 6, activation: tanh}\n  - head: kind\n"

NUMBERS = """\
inputs:
  plain: {numeric: {columns: [a, b], scale: none}}
  standardized: {numeric: [a, b, same]}
  filled_mean: {numeric: {columns: [c, d], missing: mean, missing_indicator: true}}
  filled_median: {numeric: {columns: [c, a], missing: median, scale: min_max}}
  filled_constant: {numeric: {columns: d, missing: {constant: -1.5}, scale: none}}
  marked: {numeric: {columns: d, missing: {constant: 0}, missing_indicator: true, scale: none}}
  logarithm: {numeric: {columns: b, scale: log1p}}
  robust: {numeric: {columns: [a, d], missing: mean, scale: robust}}
  clipped: {numeric: {columns: [a, b, d], missing: median, scale: winsorize}}
  components: {numeric: {columns: [a, b, c], missing: mean, scale: pca}}
"""
CATEGORIES = """\
inputs:
  colour: category
  both: {category: {columns: [colour, kind2]}}
  own: {category: {columns: size, missing: own}}
  unknown: {category: {columns: size, missing: unknown, encode: embedding}}
  frequent: {category: {columns: [size, colour], missing: most_frequent, encode: {embedding: 3}}}
  code: category
  grades: {category: {columns: [grade, code], encode: embedding}}
  written: {category: {columns: size, missing: own, categories: [S, XL]}}
  hashed: {category: {columns: [grade, code], encode: {hashing: {buckets: 8, size: 2}}}}
"""
ARRAYS = """\
inputs:
  image: {tensor: {scale: standardize}}
  raw: {tensor: {array: image, shape: [2, 3]}}
  a: numeric
model:
  - flatten: {name: flat, from: image}
  - flatten: {name: flat2, from: raw}
  - concat: {from: [flat, flat2, a]}
  - dense: {units: 6, activation: relu, batchnorm: true, dropout: 0.4}
  - head: kind
targets: {kind: category}
"""
TARGETS_OF_ALL_KINDS = """\
inputs: {numbers: {numeric: [a, b]}, colour: category}
targets:
  kind: category
  level: {category: {classes: [30, 10, 20]}}
  yes: {binary: {threshold: 0.3}}
  one: {binary: {positive: 0, threshold: 0.9}}
  price: numeric
  pair: {numeric: {columns: [price, weight]}}
  bare: {numeric: {columns: weight, scale: none}}
  bare_pair: {numeric: {columns: [weight, price], scale: none}}
  ranged: {numeric: {columns: price, scale: min_max}}
  logged: {numeric: {columns: weight, scale: log1p}}
  between: {numeric: {columns: price, loss: {quantile: [0.1, 0.5, 0.9]}}}
  marks: {multilabel: {columns: [one]}}
model:
  - dense: {units: 6, activation: tanh, name: body}
"""
HEADS = "".join(
    f"  - head: {{target: {name}, from: body}}\n"
    for name in ("kind", "level", "yes", "one", "price", "pair", "bare", "bare_pair", "ranged", "logged", "between", "marks")
)

SPECS = {
    "numbers": HEAD + NUMBERS + ONE_TARGET,
    "categories": HEAD + CATEGORIES + ONE_TARGET,
    "arrays": HEAD + ARRAYS,
    "targets": HEAD + TARGETS_OF_ALL_KINDS + HEADS,
}


@pytest.fixture(scope="session")
def exports(export_untrained, frame):
    made = {}

    def get(name):
        if name not in made:
            made[name] = export_untrained(SPECS[name], {**frame, "kind2": frame["kind"]})
        return made[name]

    return get


def test_the_specs_name_all_there_is():
    """What a spec can say about preprocessing stands in at least one of them (dates and tags: tests/cli/test_kinds_of_data.py)."""
    text = "".join(SPECS.values())
    for family in (SCALERS, IMPUTERS, ENCODERS, INPUTS, TARGETS):
        for entry in family:
            named = entry.kind in text or entry.kind in {"standardize", "error", "one_hot", "datetime"}
            assert named, f"{entry.kind} is exported by no test here"


@pytest.mark.parametrize("name", SPECS)
def test_the_proof_passes(exports, name):
    exported = exports(name)
    proof = exported.prove()
    assert proof.rows == 30
    assert proof.edge_rows > 30
    assert set(proof.worst) == {output.name for output in exported.model.graph.output if _is_float(output)}
    assert all(value <= 1 for value in proof.worst.values())
    assert proof.to_json()["batch_sizes"] == [1, 2, 7, 257]


def _is_float(value):
    return value.type.tensor_type.elem_type == onnx.TensorProto.FLOAT


def assert_same(found, expected):
    assert found.keys() <= expected.keys()
    for name, value in found.items():
        assert value.shape == expected[name].shape
        if value.dtype.kind == "f":
            np.testing.assert_allclose(value, expected[name], rtol=RELATIVE, atol=ABSOLUTE, err_msg=name)
        else:
            assert value.tolist() == expected[name].tolist()


@pytest.mark.parametrize("batch", [0, 1, 2, 7, 257])
@pytest.mark.parametrize("name", SPECS)
def test_random_rows_of_all_sizes(exports, name, batch):
    """Independent of the proof: rows drawn anew, a tenth of the cells missing or never seen."""
    exported = exports(name)
    random = np.random.default_rng(batch)
    rows = {key: value[random.integers(0, len(value), batch)] for key, value in exported.rows.items()}
    for key, item in exported.preprocessing.inputs.items():
        mask = random.random(rows[key].shape) < 0.1
        if item.type == "string":
            rows[key] = np.where(mask, random.choice(["", "never", "red", "\u2060"], rows[key].shape).astype(object), rows[key])
        elif item.type == "int64":
            rows[key] = np.where(mask, random.integers(-(2**62), 2**62, rows[key].shape), rows[key])
        elif item.missing != "error":
            rows[key] = np.where(mask, np.float32(np.nan), rows[key])
    assert_same(exported.run(rows), exported.expect(rows))


@pytest.mark.parametrize("batch", [1, 7, 257])
@pytest.mark.parametrize("name", SPECS)
def test_cut_in_two_it_answers_the_same_bits(exports, name, batch):
    """Texts and numbers apart, as a GPU has it, with both on the CPU; and again from memory that stays in its place."""
    exported = exports(name)
    data = exported.model.SerializeToString()
    rows = {key: value[np.arange(batch) % len(value)] for key, value in exported.rows.items()}
    whole = cpu_session(model_from_bytes(data), 1)
    names = [output.name for output in whole.get_outputs()]
    parts = split(data, inspect_model)
    core = create_session(parts.core, session_options(1), [CPU_PROVIDER])
    facts = session_facts(core)
    assert not any("string" in value.type for value in (*facts.inputs, *facts.outputs))
    repeated = GraphRuns(core, ("cpu", 0), facts.inputs, facts.outputs, strict=True)
    expected = whole.run(names, rows)
    for calculate in (core.run, *[repeated.run] * (WARM + 2)):
        for one, other in zip(joined(parts, calculate, facts)(names, rows), expected, strict=True):
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)


def test_inputs_and_outputs_are_named_typed_and_shaped_as_the_design_says(exports):
    """Design, section 5: columns are [batch, columns], tensors keep their shape, labels are [batch]."""
    graph = exports("arrays").model.graph
    assert [shape_of(value) for value in graph.input] == [
        ("image", "FLOAT", ["batch", 2, 3]),
        ("raw", "FLOAT", ["batch", 2, 3]),
        ("a", "FLOAT", ["batch", 1]),
    ]
    assert [shape_of(value) for value in graph.output] == [("kind", "STRING", ["batch"]), ("kind_probability", "FLOAT", ["batch", 3])]
    categories = {name: (type_, shape) for name, type_, shape in map(shape_of, exports("categories").model.graph.input)}
    assert categories["colour"] == ("STRING", ["batch", 1])
    assert categories["both"] == ("STRING", ["batch", 2])
    assert categories["code"] == ("INT64", ["batch", 1])
    assert categories["grades"] == ("INT64", ["batch", 2])
    answers = {name: (type_, shape) for name, type_, shape in map(shape_of, exports("targets").model.graph.output)}
    assert answers["kind"] == answers["yes"] == ("STRING", ["batch"])
    assert answers["level"] == answers["one"] == ("INT64", ["batch"])
    assert answers["price"] == answers["bare"] == ("FLOAT", ["batch"])
    assert answers["pair"] == answers["bare_pair"] == ("FLOAT", ["batch", 2])
    assert answers["yes_probability"] == ("FLOAT", ["batch", 2])
    assert answers["between_interval"] == ("FLOAT", ["batch", 2])


def shape_of(value):
    tensor = value.type.tensor_type
    dims = [dim.dim_param or dim.dim_value for dim in tensor.shape.dim]
    return value.name, onnx.TensorProto.DataType.Name(tensor.elem_type), dims


def test_classes_that_are_written_keep_their_order(exports):
    exported = exports("targets")
    answers = exported.run(exported.rows)
    assert (np.array([30, 10, 20])[answers["level_probability"].argmax(1)] == answers["level"]).all()


def test_the_threshold_decides(exports):
    exported = exports("targets")
    answers = exported.run(exported.rows)
    yes = answers["yes_probability"][:, 1]
    assert (answers["yes"] == np.where(yes >= np.float32(0.3), "yes", "no")).all()
    assert ((yes >= 0.3) & (yes < 0.5)).sum() > 0, "this test needs rows between both thresholds"
    zero = answers["one_probability"][:, 1]
    assert (answers["one"] == np.where(zero >= np.float32(0.9), 0, 1)).all()


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ("[label]", ["kind", "yes", "price"]),
        ("[probability]", ["kind_probability", "yes_probability", "price"]),  # a number has none: its value is the answer
        ("[label, probability]", ["kind", "kind_probability", "yes", "yes_probability", "price"]),
        ("[probability, label]", ["kind_probability", "kind", "yes_probability", "yes", "price"]),
    ],
)
def test_the_answers_that_are_asked_for(export_untrained, frame, outputs, expected):
    text = (
        f"{HEAD}inputs: {{a: numeric, colour: category}}\ntargets: {{kind: category, yes: binary, price: numeric}}\n"
        "model:\n  - dense: {units: 4, name: body}\n  - head: kind\n  - head: {target: yes, from: body}\n"
        f"  - head: {{target: price, from: body}}\nexport: {{outputs: {outputs}}}\n"
    )
    exported = export_untrained(text, frame)
    exported.prove()
    assert [output.name for output in exported.model.graph.output] == expected
    operators = {node.op_type for node in exported.model.graph.node}
    assert ("Gather" in operators) == ("label" in outputs), "labels that nobody asked for are not calculated"


@pytest.mark.parametrize("opset", [17, 18, 21])
def test_other_opsets(export_untrained, frame, opset):
    text = (
        f"{HEAD}inputs: {{numbers: {{numeric: [a, b]}}, colour: category}}\ntargets: {{yes: binary}}\nmodel:\n"
        "  - dense: {units: 4, activation: gelu, batchnorm: true}\n  - layernorm\n  - dense: {units: 4, activation: mish}\n  - head: yes\n"
        f"export: {{opset: {opset}}}\n"
    )
    exported = export_untrained(text, frame)
    exported.prove()
    assert {entry.domain: entry.version for entry in exported.model.opset_import} == {"": opset, "ai.onnx.ml": 4}
    assert exported.model.ir_version == 10


def test_inputs_may_have_the_names_of_anything_inside(export_untrained, frame):
    names = ["concat", "add", "relu", "network", "gemm", "constant", "kind_", "batch", "cat"]
    inputs = ", ".join(f"{name}: {{numeric: a}}" for name in names)
    text = (
        f"{HEAD}inputs: {{{inputs}}}\ntargets: {{kind: category}}\nmodel:\n"
        "  - linear: {units: 4, name: left}\n  - linear: {units: 4, name: right, from: add}\n  - add: {from: [left, right]}\n"
        "  - activation: relu\n  - head: kind\n"
    )
    exported = export_untrained(text, frame)
    exported.prove()
    assert [value.name for value in exported.model.graph.input] == names


def test_layers_may_have_the_names_of_answers(export_untrained, frame):
    text = (
        f"{HEAD}inputs: {{a: numeric}}\ntargets: {{kind: category, price: {{numeric: {{scale: none}}}}}}\nmodel:\n"
        "  - linear: {units: 4, name: kind}\n  - linear: {units: 4, name: kind_probability}\n  - linear: {units: 4, name: price}\n"
        "  - head: kind\n  - head: {target: price, from: kind}\n"
    )
    export_untrained(text, frame).prove()


EXTREMES = f"{HEAD}inputs: {{a: {{numeric: {{scale: none}}}}}}\ntargets: {{kind: category}}\nmodel: [{{dense: 4}}, {{head: kind}}]\n"


def test_extreme_numbers_do_not_stop_the_proof(export_untrained, frame):
    """Where the trained pipeline overflows there is nothing to compare with, and the rest is compared."""
    wide = np.where(np.arange(200) % 3, frame["a"] / 100, 3e38)
    exported = export_untrained(EXTREMES, {**frame, "a": wide})
    proof = exported.prove()
    assert 0 < proof.not_compared < proof.rows + proof.edge_rows
    assert np.isfinite(exported.edges["a"]).all()


def test_a_model_that_always_overflows_cannot_be_proved(export_untrained, frame):
    exported = export_untrained(EXTREMES, {**frame, "a": np.where(np.arange(200) % 2, 3e38, -3e38)})
    with pytest.raises(CheckError, match="beyond float32"):
        exported.prove()
