"""All that a spec can say about a model, exported: parity, names and operators. The specs are made from the catalog's tables."""

from __future__ import annotations

import itertools
from collections import defaultdict

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from mlpspec.catalog.activations import ACTIVATIONS
from mlpspec.catalog.encoders import ENCODERS
from mlpspec.catalog.entry import Entry, written_form
from mlpspec.catalog.imputers import IMPUTERS
from mlpspec.catalog.inputs import INPUTS
from mlpspec.catalog.kinds import Words, kind_of
from mlpspec.catalog.layers import LAYERS
from mlpspec.catalog.option import Record, options_of
from mlpspec.catalog.scalers import SCALERS
from mlpspec.catalog.targets import TARGETS
from mlpspec.compiler import loads
from mlpspec.exporting.batch_axis import dims
from mlpspec.exporting.tolerance import ABSOLUTE, RELATIVE

HEAD = "mlpspec: 1\nseed: 2\n"
BODY = "targets: {kind: category}\nmodel:\n  - dense: {units: 6, activation: tanh}\n  - head: kind\n"
ROWS = 300


def flow(entry):
    """An entry with its required options, for use inside a mapping."""
    text = written_form(entry)
    return f"{{{text}}}" if ":" in text else text


def numbers():
    """Every scaler with every imputer, marked and not."""
    for scaler, imputer, marked in itertools.product(SCALERS, IMPUTERS, (False, True)):
        if imputer.kind == "error" and marked:
            continue
        columns = "[b, same, money]" if imputer.kind == "error" else "[b, holes, gaps]"
        options = f"columns: {columns}, scale: {flow(scaler)}, missing: {flow(imputer)}, missing_indicator: {str(marked).lower()}"
        if scaler.kind == "pca":
            options = options.replace(flow(scaler), "pca" if marked else "{pca: 2}")
        yield f"{scaler.kind}_{imputer.kind}_{marked}", f"{{numeric: {{{options}}}}}"
    yield "one", "{numeric: a}"
    yield "all_missing", "{numeric: {columns: [nothing, a], missing: mean}}"
    yield "bare", "{numeric: {columns: a, missing: {constant: -1.5}, scale: none}}"
    for name, scaler in {
        "narrow": "{robust: {lower: 0.4, upper: 0.6}}",
        "cut": "{winsorize: {lower: 0.2, upper: 0.8}}",
        "not_white": "{pca: {components: 0.8, whiten: false}}",
    }.items():
        yield name, f"{{numeric: {{columns: [a, b], scale: {scaler}}}}}"


def categories():
    """Every encoder with every treatment of what is missing, of texts and whole numbers, one column and two."""
    for encoder, missing, text, unseen in itertools.product(
        ENCODERS, ("error", "own", "unknown", "most_frequent"), (True, False), ("unknown", "error")
    ):
        hashed = encoder.kind == "hashing"
        if hashed and (text or missing != "error" or unseen == "error"):
            continue
        columns = {(True, True): "[colour, kind]", (True, False): "[size, colour]"}.get((text, missing == "error"), "[grade, code]")
        options = f"columns: {columns}, encode: {flow(encoder)}, missing: {missing}, unseen: {unseen}"
        yield f"{encoder.kind}_{missing}_{'text' if text else 'int'}_{unseen}", f"{{category: {{{options}}}}}"
    yield "single", "{category: colour}"
    yield "single_code", "{category: {columns: code, encode: {embedding: 3}}}"
    yield "written", "{category: {columns: size, missing: own, categories: [S, XL]}}"
    yield "written_codes", "{category: {columns: grade, categories: [3, 9, 1]}}"
    yield "small_hash", "{category: {columns: code, encode: {hashing: {buckets: 2, size: 1}}}}"


def times():
    """Every part in both encodings, with and without missing times."""
    parts = ("year", "month", "day", "weekday", "hour", "minute")
    for encode, marked, missing in itertools.product(("cyclic", "one_hot"), (False, True), ("error", "median")):
        if marked and missing == "error":
            continue
        columns = "[when]" if missing == "error" else "[when, late]"
        options = f"columns: {columns}, parts: [{', '.join(parts)}], encode: {encode}, missing: {missing}"
        yield f"all_{encode}_{missing}_{marked}", f"{{datetime: {{{options}, missing_indicator: {str(marked).lower()}}}}}"
    for part in parts:
        yield f"only_{part}", f"{{datetime: {{columns: when, parts: [{part}]}}}}"
    yield "usual", "{datetime: when}"


def spec(inputs):
    return HEAD + "inputs:\n" + "".join(f"  {name}: {text}\n" for name, text in inputs) + BODY


def arrays():
    """An array with every scaler that takes one, and every layer that takes more than one axis."""
    scalers = [scaler for scaler in SCALERS if not scaler.mixes_columns]
    names = [scaler.kind for scaler in scalers]
    inputs = "".join(f"  {scaler.kind}: {{tensor: {{array: image, scale: {flow(scaler)}}}}}\n" for scaler in scalers)
    flattened = "".join(f"  - flatten: {{name: flat_{name}, from: {name}}}\n" for name in [*names, "raw"])
    layers = f"""\
  - dense: {{units: 6, activation: {{maxout: 3}}, from: standardize}}
  - layernorm: {{name: normed}}
  - linear: {{units: 6}}
  - reshape: {{shape: [3, -1]}}
  - dense: {{units: 2, activation: softmax}}
  - flatten: {{name: flat}}
  - concat: {{from: [flat, {", ".join(f"flat_{name}" for name in [*names, "raw"])}]}}
  - head: kind
"""
    inputs += "  raw: {tensor: {array: image, shape: [2, 3]}}\n"
    return f"{HEAD}inputs:\n{inputs}targets: {{kind: category}}\nmodel:\n{flattened}{layers}"


def activations():
    """Each alone behind the inputs, where its numbers are those of no other."""
    inputs = "inputs: {n: {numeric: [a, b]}, c: {category: colour}}\ntargets: {kind: category}\nmodel:\n"
    variants = {
        "celu": ["{celu: 0.5}"],
        "elu": ["{elu: 2}"],
        "gelu": ["{gelu: tanh}"],
        "leaky_relu": ["{leaky_relu: 0.3}"],
        "maxout": ["{maxout: 3}"],
        "prelu": ["{prelu: {per_unit: true, initial: -0.5}}"],
    }
    written = [text for entry in ACTIVATIONS for text in (entry.kind, *variants.get(entry.kind, []))]
    layers = [f"  - dense: {{units: 6, activation: {text}, name: act_{number}, from: start}}\n" for number, text in enumerate(written)]
    joined = ", ".join(f"act_{number}" for number in range(len(written)))
    alone = "".join(f"  - activation: {{function: {text}, name: alone_{n}, from: start}}\n" for n, text in enumerate(written))
    joined += "".join(f", alone_{number}" for number in range(len(written)))
    return (
        f"{HEAD}{inputs}  - linear: {{units: 6, name: start}}\n{''.join(layers)}{alone}  - concat: {{from: [{joined}]}}\n  - head: kind\n"
    )


LAYER_FORMS = {
    "linear": "linear: {units: 4, bias: false}",
    "dense": "dense: {units: 4, activation: relu, batchnorm: true, bias: true, dropout: 0.2, repeat: 2}",
    "activation": "activation: tanh",
    "batchnorm": "batchnorm: {epsilon: 0.01}",
    "layernorm": "layernorm",
    "dropout": "dropout: 0.4",
    "flatten": "flatten",
    "reshape": "reshape: {shape: [2, 2], name: folded}",
    "concat": "concat: {from: [left, right, left]}",
    "add": "add: {from: [left, right, left]}",
    "multiply": "multiply: {from: [left, right, left]}",
    "average": "average: {from: [left, right, left]}",
    "maximum": "maximum: {from: [left, right, left]}",
    "minimum": "minimum: {from: [left, right, left]}",
    "subtract": "subtract: {from: [left, right]}",
    "dot": "dot: {from: [left, right]}",
    "share": "share: {of: right, from: left}",
    "block": "block: {use: residual, with: {units: 4}, from: left}",
    "head": "head: {target: yes, from: left}",
}
"""How each layer stands in the spec of all layers, behind `left` and `right` of four numbers."""


def layers():
    lines = []
    for kind, form in LAYER_FORMS.items():
        if kind in ("head",):
            continue
        reads = form if "from:" in form else form.replace("}", ", from: left}", 1) if "{" in form else f"{kind}: {{from: left}}"
        if kind in ("activation", "dropout") and "{" not in form:
            key, value = form.split(": ")
            reads = f"{key}: {{{ {'activation': 'function', 'dropout': 'rate'}[key] }: {value}, from: left}}"
        lines += [f"  - {reads}\n", f"  - flatten: {{name: out_{kind}}}\n"]
    names = ", ".join(f"out_{kind}" for kind in LAYER_FORMS if kind != "head")
    return (
        f"{HEAD}inputs: {{a: numeric, b: numeric}}\ntargets: {{kind: category, yes: binary}}\n"
        "blocks:\n  residual:\n    parameters: {units: null}\n    layers:\n"
        "      - dense: {units: $units, activation: relu, name: inner}\n      - add: {from: [inner, input]}\n"
        "model:\n  - linear: {units: 4, name: left}\n  - linear: {units: 4, name: right}\n"
        f"{''.join(lines)}  - concat: {{from: [{names}]}}\n  - dense: 4\n  - head: kind\n  - {LAYER_FORMS['head']}\n"
    )


TARGET_FORMS = {
    "kind": "category",
    "level": "{category: {classes: [30, 10, 20]}}",
    "yes": "{binary: {threshold: 0.3}}",
    "one": "{binary: {positive: 0, threshold: 0.9}}",
    "marks": "{multilabel: {columns: [one, two]}}",
    "tags": "{multilabel: {separator: '|', threshold: 0.4}}",
    "listed": "{multilabel: {columns: tags, separator: '|', labels: [big, round, red]}}",
    **{f"price_{scaler.kind}": f"{{numeric: {{columns: money, scale: {flow(scaler)}}}}}" for scaler in SCALERS if scaler.invertible},
    **{
        f"pair_{scaler.kind}": f"{{numeric: {{columns: [money, weight], scale: {flow(scaler)}, loss: {{quantile: [0.1, 0.5, 0.9]}}}}}}"
        for scaler in SCALERS
        if scaler.invertible
    },
    "median": "{numeric: {columns: a, loss: {quantile: [0.5]}}}",
    "five": "{numeric: {columns: a, loss: {quantile: [0.1, 0.4, 0.5, 0.6, 0.9]}}}",
    "same": "numeric",
}


def targets():
    lines = "".join(f"  {name}: {form}\n" for name, form in TARGET_FORMS.items())
    heads = "".join(f"  - head: {{target: {name}, from: body}}\n" for name in TARGET_FORMS)
    inputs = "inputs: {n: {numeric: [b, c]}, colour: category}\n"
    return f"{HEAD}{inputs}targets:\n{lines}model:\n  - dense: {{units: 6, activation: tanh, name: body}}\n{heads}"


SPECS = {
    "numbers": spec(numbers()),
    "categories": spec(categories()),
    "times": spec(times()),
    "arrays": arrays(),
    "activations": activations(),
    "layers": layers(),
    "targets": targets(),
}


@pytest.fixture(scope="module")
def rows():
    random = np.random.default_rng(8)

    def holes(values, none):
        return np.where(random.random(ROWS) < 0.15, none, values)

    seconds = random.integers(-(10**9), 2 * 10**9, ROWS)
    colour = random.choice(["red", "green", "blue", "é\u2060 b", "NaN"], ROWS).astype(object)
    return {
        "a": random.normal(100, 20, ROWS),
        "b": random.lognormal(0, 2, ROWS),
        "c": random.normal(-5, 0.01, ROWS),
        "holes": holes(random.lognormal(2, 1, ROWS), np.nan),
        "gaps": holes(random.exponential(1e-3, ROWS), np.nan),
        "nothing": np.full(ROWS, np.nan),
        "same": np.full(ROWS, 3.0),
        "money": random.lognormal(8, 2, ROWS),
        "weight": random.normal(80, 5, ROWS),
        "colour": colour,
        "size": random.choice(["S", "M", ""], ROWS, p=[0.5, 0.4, 0.1]).astype(object),
        "kind": np.where(colour == "red", "x", np.where(random.random(ROWS) < 0.5, "y", "z")).astype(object),
        "grade": random.integers(0, 5, ROWS),
        "code": random.choice([3, -7, 10**12], ROWS),
        "when": seconds.astype("M8[s]"),
        "late": holes(seconds[::-1].astype("M8[s]"), np.datetime64("NaT")),
        "image": random.normal(50, 5, (ROWS, 2, 3)),
        "level": random.integers(1, 4, ROWS) * 10,
        "yes": random.choice(["no", "yes"], ROWS).astype(object),
        "one": random.integers(0, 2, ROWS),
        "two": random.integers(0, 2, ROWS),
        "tags": random.choice(["red", "red|round", "", "big|red"], ROWS).astype(object),
    }


@pytest.fixture(scope="module", params=SPECS)
def exported(request, export_untrained, rows):
    return export_untrained(SPECS[request.param], rows)


def entries_of(value):
    """All entries that a typed spec holds, each with its options."""
    if isinstance(value, Record):
        if isinstance(value, Entry):
            yield value
        for option in options_of(type(value)):
            yield from entries_of(getattr(value, option.attribute))
    elif isinstance(value, dict):
        for item in value.values():
            yield from entries_of(item)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from entries_of(item)


def test_the_specs_say_all_there_is_to_say():
    """Every entry of the families that a model file is made of, and every word and truth value that one of their options may have."""
    said = defaultdict(set)
    for text in SPECS.values():
        for entry in entries_of(loads(text).spec):
            said[type(entry)].update((option.key, repr(getattr(entry, option.attribute))) for option in options_of(type(entry)))
    assert set(LAYER_FORMS) == {entry.kind for entry in LAYERS}, "write the new layer into LAYER_FORMS"
    for entry in itertools.chain(INPUTS, SCALERS, IMPUTERS, ENCODERS, TARGETS, ACTIVATIONS, LAYERS):
        assert entry in said, f"{entry.kind} is exported by no spec here"
        for option in options_of(entry):
            kind = kind_of(option.type)
            words = kind.values if isinstance(kind, Words) else (False, True) if getattr(kind, "type", None) is bool else ()
            for word in words:
                assert (option.key, repr(word)) in said[entry], f"`{entry.kind}: {{{option.key}: {word}}}` is exported by no spec here"


def test_the_proof_passes(exported):
    proof = exported.prove()
    assert proof.edge_rows > proof.rows > 30
    assert all(value <= 1 for value in proof.worst.values())
    assert proof.not_compared < proof.edge_rows / 2


@pytest.mark.parametrize("batch", [1, 2, 7, 257])
def test_random_rows_of_all_sizes(exported, batch):
    """Independent of the proof's rows and comparison: rows drawn anew, a tenth of the cells missing or never seen."""
    random = np.random.default_rng(batch)
    rows = {name: array[random.integers(0, len(array), batch)] for name, array in exported.rows.items()}
    for name, item in exported.preprocessing.inputs.items():
        mask = random.random(rows[name].shape) < 0.1
        if item.type == "string":
            rows[name] = np.where(mask, random.choice(["", "never", "red", "\u2060"], rows[name].shape).astype(object), rows[name])
        elif item.type in ("int64", "seconds"):
            rows[name] = np.where(mask, random.integers(-(2**62), 2**62, rows[name].shape), rows[name])
        elif item.missing != "error":
            rows[name] = np.where(mask, np.float32(np.nan), rows[name])
    expected = exported.expect(rows)
    for name, found in exported.run(rows).items():
        assert found.shape == expected[name].shape
        if found.dtype.kind == "f":
            scale = np.abs(expected[name]).max(initial=1.0) if not name.endswith("_probability") else 1.0
            np.testing.assert_allclose(found, expected[name], rtol=RELATIVE, atol=ABSOLUTE * scale, err_msg=name)
        else:
            assert (found == expected[name]).mean() > 0.99


def test_everything_is_named_after_the_spec(exported):
    """Nodes, values and constants: the name of an input, a layer or a target, then what it is there."""
    graph = exported.model.graph
    owners = {*exported.preprocessing.inputs, *exported.preprocessing.targets, *(node.name for node in exported.graph.nodes)}
    owners |= {output.name for output in graph.output}
    names = [node.name for node in graph.node]
    assert len(set(names)) == len(names)
    for name in (*names, *(name for node in graph.node for name in node.output), *(tensor.name for tensor in graph.initializer)):
        assert name.split("/")[0].split(".")[0] in owners, name


def test_nothing_is_left_over(exported):
    """No trace of training, no node that gives what it reads, nothing that nobody reads; a Cast stands only where types must meet."""
    graph = exported.model.graph
    assert not {"Identity", "Dropout", "Constant"} & {node.op_type for node in graph.node}
    read = {name for node in graph.node for name in node.input}
    assert {tensor.name for tensor in graph.initializer} <= read
    wanted = read | {output.name for output in graph.output}
    assert [node.name for node in graph.node if not wanted & set(node.output)] == []
    inferred = onnx.shape_inference.infer_shapes(exported.model, strict_mode=True, data_prop=True).graph
    types = {value.name: value.type.tensor_type.elem_type for value in (*inferred.input, *inferred.value_info, *inferred.output)}
    layers = {node.name for node in exported.graph.nodes}
    for node in graph.node:
        if node.op_type == "Cast":
            assert types[node.input[0]] != types[node.output[0]], node.name
            assert node.name.split("/")[0] not in layers, f"{node.name} is in the network, where all is float32"


def test_the_file_says_which_onnx_it_is(exported):
    assert exported.model.ir_version == 10
    assert [(entry.domain, entry.version) for entry in exported.model.opset_import] == [("", 20), ("ai.onnx.ml", 4)]


@pytest.mark.parametrize("name", ["times", "arrays", "activations", "layers"])
def test_the_oldest_operator_set(export_untrained, rows, name):
    exported = export_untrained(f"{SPECS[name]}export: {{opset: 17}}\n", rows)
    assert {entry.domain: entry.version for entry in exported.model.opset_import}[""] == 17
    assert all(value <= 1 for value in exported.prove().worst.values())


def test_the_first_axis_of_everything_is_the_batch(exported):
    inferred = onnx.shape_inference.infer_shapes(exported.model, check_type=True, strict_mode=True, data_prop=True).graph
    made = {name for node in inferred.node for name in node.output if name}
    shapes = {value.name: dims(value) for value in (*inferred.value_info, *inferred.output)}
    for name in made:
        assert shapes[name][0] == "batch", name
        assert all(isinstance(size, int) for size in shapes[name][1:]), f"{name} {shapes[name]}"


ON_CUDA = frozenset(
    """Abs Add ArgMax BatchNormalization Cast Clip Concat Div Elu Equal Erf Exp Flatten Gather Gelu Gemm Greater GreaterOrEqual HardSigmoid
    HardSwish IsNaN LabelEncoder LayerNormalization LeakyRelu Less Log MatMul Max Min Mish Mod Mul Neg PRelu ReduceMax ReduceSum Relu
    Reshape Selu Sigmoid Sign Softmax Softplus Softsign Squeeze Sub Tanh TopK Where""".split()  # noqa: SIM905  # a wrapped list reads better
)
"""Operators that ONNX Runtime's CUDA provider has at opset 20, for the number types used here. Not Celu, Mean, Hardmax, any of ai.onnx.ml
but LabelEncoder, nor anything of texts."""


def test_cuda_runs_everything_but_look_ups_of_texts(exported):
    graph = exported.model.graph
    assert {node.op_type for node in graph.node} <= ON_CUDA
    inferred = onnx.shape_inference.infer_shapes(exported.model, strict_mode=True, data_prop=True).graph
    types = {value.name: value.type.tensor_type.elem_type for value in (*inferred.input, *inferred.value_info, *inferred.output)}
    types |= {tensor.name: tensor.data_type for tensor in graph.initializer}
    texts = {node.op_type for node in graph.node if TensorProto.STRING in {types[name] for name in (*node.input, *node.output) if name}}
    assert texts <= {"LabelEncoder", "Gather"}
