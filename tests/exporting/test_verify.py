"""The proof refuses what differs, however little above the tolerance."""

import re

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from mlpspec.diagnostics import CheckError
from mlpspec.exporting import operators
from mlpspec.exporting.verify import row_numbers

TEXT = """\
mlpspec: 1
seed: 2
inputs: {numbers: {numeric: {columns: [a, c], missing: mean}}, colour: category}
targets: {kind: category, yes: {binary: {threshold: 0.3}}, price: numeric}
model:
  - dense: {units: 6, activation: tanh, name: body}
  - head: kind
  - head: {target: yes, from: body}
  - head: {target: price, from: body}
"""


@pytest.fixture(scope="module")
def exported(export_untrained, frame):
    return export_untrained(TEXT, frame)


def changed(exported, change):
    model = onnx.ModelProto()
    model.CopyFrom(exported.model)
    change(model.graph)
    return model


def add_to_weight(name, amount):
    def change(graph):
        [tensor] = [tensor for tensor in graph.initializer if tensor.name == name]
        values = numpy_helper.to_array(tensor).copy()
        values.reshape(-1)[0] += amount
        tensor.CopyFrom(numpy_helper.from_array(values, name))

    return change


def node_of(graph, op_type, output=""):
    return next(node for node in graph.node if node.op_type == op_type and output in node.output[0])


def replace_text(old, new):
    def change(graph):
        for tensor in graph.initializer:
            for position, text in enumerate(tensor.string_data):
                if text == old:
                    tensor.string_data[position] = new

    return change


def shift_lookup(graph):
    for attribute in node_of(graph, "LabelEncoder").attribute:
        if attribute.name == "values_int64s":
            attribute.ints[:] = [*attribute.ints[1:], attribute.ints[0]]


def forget_unknown(graph):
    for attribute in node_of(graph, "LabelEncoder").attribute:
        if attribute.name == "default_int64":
            attribute.i = 1


def another_operator(op_type, other):
    def change(graph):
        node_of(graph, op_type).op_type = other

    return change


def another_fill(graph):
    [tensor] = [tensor for tensor in graph.initializer if "fill_missing" in tensor.name]
    tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) + np.float32(0.1), tensor.name))


def another_threshold(graph):
    [tensor] = [tensor for tensor in graph.initializer if "at_least" in tensor.name]
    tensor.CopyFrom(numpy_helper.from_array(np.float32(0.5), tensor.name))


def test_the_model_as_it_is_passes(exported):
    proof = exported.prove()
    assert proof.flips == 0
    assert 0 <= max(proof.worst.values()) <= 1
    assert set(proof.max_absolute) == {"kind_probability", "yes_probability", "price"}


CHANGES = {
    "a weight of the first layer": (add_to_weight("body.linear.weight", 0.01), "probability"),
    "a weight of a head": (add_to_weight("head_price.weight", 0.01), "`price` differs by"),
    "a bias of a head": (add_to_weight("head_kind.bias", 0.01), "`kind_probability` differs by"),
    "another activation": (another_operator("Tanh", "Sigmoid"), "differs by"),
    "the mean": (another_operator("Sub", "Add"), "differs by"),
    "what stands for a missing number": (another_fill, "differs by"),
    "the codes of categories": (shift_lookup, "differs by"),
    "the code of what was never seen": (forget_unknown, "differs by"),
    "a label": (replace_text(b"x", b"X"), "`kind` has"),
    "two labels for each other": (replace_text(b"yes", b"no"), "`yes` has"),
    "the threshold": (another_threshold, "`yes` has"),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_is_found(exported, kind):
    change, words = CHANGES[kind]
    with pytest.raises(CheckError) as error:
        exported.prove(changed(exported, change))
    assert error.value.exit_code == 7
    messages = [finding.message for finding in error.value.diagnostics]
    assert any(words in message for message in messages), messages
    assert all(finding.code == "parity" for finding in error.value.diagnostics)
    assert all(finding.help for finding in error.value.diagnostics)
    assert "at batch size" in messages[0]
    assert "row" in messages[0]


def test_the_tolerance_is_where_it_says(exported):
    """|found - expected| <= 1e-5 + 1e-4 |expected|: a bias of the numeric answer, moved by a share of that."""
    prices = np.concatenate([exported.expect(rows)["price"] for rows in (exported.rows, exported.edges)])
    scale = next(step.constants["values"][0] for step in exported.preprocessing.targets["price"].decode.steps if step.op == "multiply")
    tolerance = 1e-5 + 1e-4 * np.abs(prices).min()
    exported.prove(changed(exported, add_to_weight("head_price.bias", 0.9 * tolerance / scale)))
    with pytest.raises(CheckError, match="`price` differs by"):
        exported.prove(changed(exported, add_to_weight("head_price.bias", 1.2 * tolerance / scale)))


def fixed_batch(graph):
    for value in (*graph.input, *graph.output):
        value.type.tensor_type.shape.dim[0].dim_value = 2


def answer_without_axis(graph):
    node = node_of(graph, "ArgMax")
    for attribute in node.attribute:
        if attribute.name == "keepdims":
            attribute.i = 1


ILLEGAL = {
    "an unknown operator": another_operator("Tanh", "Tangent"),
    "a value from nowhere": lambda graph: node_of(graph, "Tanh").input.__setitem__(0, "nowhere"),
    "a value made twice": lambda graph: graph.node.append(helper.make_node("Neg", ["price"], ["price"])),
    "no answer": lambda graph: graph.node.remove(node_of(graph, "Softmax")),
}


@pytest.mark.parametrize("kind", ILLEGAL)
def test_an_illegal_model_is_refused(exported, kind):
    with pytest.raises(CheckError, match="not legal ONNX"):
        exported.prove(changed(exported, ILLEGAL[kind]))


@pytest.mark.parametrize("change", [fixed_batch, answer_without_axis])
def test_a_model_that_works_for_some_shapes_only_is_refused(exported, change):
    with pytest.raises(CheckError):
        exported.prove(changed(exported, change))


@pytest.mark.parametrize("op", ["subtract", "fill_missing", "lookup", "one_hot", "softmax", "argmax", "at_least", "take"])
def test_an_operator_that_is_written_wrongly_is_found(export_untrained, frame, monkeypatch, op):
    """A fault in one of the two meanings of an operator: its output is negated, shifted or swapped."""
    real = operators.OPERATORS[op]

    def wrong(writer, inputs, output, constants):
        if op == "lookup":
            constants = {**constants, "values": constants["values"][::-1]}
        elif op in ("take", "fill_missing", "subtract"):
            constants = {
                **constants,
                "values": [value + 1 if isinstance(value, float | int) else value + "?" for value in constants["values"]],
            }
        elif op == "at_least":
            constants = {**constants, "value": 0.9}
        elif op == "argmax":
            writer.node("ArgMin", inputs, output, axis=1, keepdims=0)
            return
        else:
            writer.node("Neg", [real(writer, inputs, f"{output}.right", constants) or f"{output}.right"], output)
            return
        real(writer, inputs, output, constants)

    monkeypatch.setitem(operators.OPERATORS, op, wrong)
    with pytest.raises(CheckError):
        export_untrained(TEXT, frame).prove()


def test_a_flip_at_a_tie_is_counted_and_allowed(export_untrained, frame):
    """All probabilities are exactly at the threshold; the file says the other label."""
    text = TEXT.replace("yes: {binary: {threshold: 0.3}}", "yes: binary")
    exported = export_untrained(text, frame)
    import torch

    with torch.no_grad():
        exported.module.head_yes.weight.zero_()
        exported.module.head_yes.bias.zero_()

    def level(graph):
        for tensor in graph.initializer:
            if tensor.name == "head_yes.weight":
                tensor.CopyFrom(numpy_helper.from_array(np.zeros((1, 6), np.float32), tensor.name))
            if tensor.name == "head_yes.bias":
                tensor.CopyFrom(numpy_helper.from_array(np.array([-1e-6], np.float32), tensor.name))

    assert (exported.expect(exported.rows)["yes"] == "yes").all()
    proof = exported.prove(changed(exported, level))
    assert proof.flips > 0


def test_the_modules_mode_is_kept(exported):
    for mode in (True, False):
        exported.module.train(mode)
        exported.prove()
        assert exported.module.training is mode
    exported.module.eval()


def test_every_batch_size_is_really_run_however_few_rows_there_are(exported, monkeypatch):
    from mlpspec.exporting import verify

    ran = set()
    real = verify.in_batches

    def spy(session, names, rows, size):
        class Spy:
            def run(self, names, batch):
                ran.add((size, len(next(iter(batch.values())))))
                return session.run(names, batch)

        return real(Spy(), names, rows, size)

    monkeypatch.setattr(verify, "in_batches", spy)
    few = {name: array[:3] for name, array in exported.rows.items()}
    verify.prove(exported.model, exported.module, exported.graph, exported.preprocessing, few, few)
    assert {(1, 1), (2, 2), (7, 7), (257, 257)} <= ran


@pytest.mark.parametrize(("count", "size", "rows"), [(3, 1, 3), (3, 257, 257), (1000, 257, 1000), (1000, 1, 257), (10**6, 7, 7 * 257)])
def test_rows_are_repeated_or_spread(count, size, rows):
    numbers = row_numbers(count, size)
    assert len(numbers) == rows
    assert numbers.min() == 0
    assert numbers.max() == count - 1
    assert (np.bincount(numbers, minlength=count).max() - np.bincount(numbers, minlength=count).min()) <= 1


def test_the_message_shows_the_row(exported):
    change, _ = CHANGES["a bias of a head"]
    with pytest.raises(CheckError) as error:
        exported.prove(changed(exported, change))
    message = error.value.diagnostics[0].message
    assert re.search(r"at batch size 1 \(row \d+: a = [\d.]+, c = [-\w.]+, colour = '", message), message
    assert "`head_kind`" in error.value.diagnostics[0].help


def test_an_output_that_is_not_as_declared_is_refused(exported):
    def declare(graph):
        graph.output[0].type.tensor_type.shape.dim[0].dim_param = "rows"

    with pytest.raises(CheckError, match="declares"):
        exported.prove(changed(exported, declare))
