"""Requests with a value put in at random never meet a fault of ours: they are answered, or refused as the client's mistake."""

import copy
import os
import random

import pytest

from mlpspec.diagnostics import DataError
from mlpspec.serving.json_text import parse_object, to_json
from mlpspec.serving.protocol import inference_answer, read_inference
from mlpspec.serving.refusal import Refusal
from mlpspec.serving.row_answers import read_row_objects, row_answers

STRANGE = [None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63), 10**400, 1.5, 1e39, 1e308, -0.0, "", "NA", "inf", "nan", "1e999", "\ud800"]
STRANGE += ["\x00", "é" * 1000, "2026-05-17", [], {}, [[]], [None], [1, [2]], [[1, 2], [3]], {"a": []}, ["a"], [[[[[1]]]]], "size", "FP32"]
ROUNDS = int(os.environ.get("MLPSPEC_FUZZ_ROUNDS", "1500"))


def places(value, path=()):
    """The paths of all values inside a value."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*path, key))


def mutated(data, chance):
    """The data with a value replaced, taken out or given twice."""
    data = copy.deepcopy(data)
    inside = [path for path in places(data) if path]
    if not inside:
        return data
    path = chance.choice(inside)
    holder = data
    for key in path[:-1]:
        holder = holder[key]
    kind = chance.random()
    if kind < 0.7:
        holder[path[-1]] = copy.deepcopy(chance.choice(STRANGE))
    elif kind < 0.85:
        del holder[path[-1]]
    elif isinstance(holder, list):
        holder.insert(path[-1], copy.deepcopy(chance.choice([holder[path[-1]], *STRANGE])))
    else:
        holder[chance.choice(["name", "shape", "data", "x", "rows"])] = copy.deepcopy(chance.choice(STRANGE))
    return data


def outcome(ask, data):
    try:
        ask(parse_object(to_json(data)))
    except Refusal as refusal:
        found = refusal
    except DataError as error:
        found = Refusal.of(error)
    else:
        return "answered"
    to_json(found.document())
    return f"refused with {found.status}"


@pytest.mark.parametrize("kind", ["rows", "tensors"])
def test_strange_values_are_answered_or_refused(kind, predictor, exact):
    outputs = tuple(predictor.no_answers())

    def ask(data):
        if kind == "rows":
            arrays, rows = read_row_objects(data, predictor.card)
            to_json({"answers": row_answers(predictor.card, predictor.run(arrays) if rows else predictor.no_answers())})
        else:
            request = read_inference(data, predictor.card, outputs)
            to_json(inference_answer("x", request, predictor.run(request.arrays) if request.rows else predictor.no_answers()))

    rows = exact.rows(range(3))
    whole = {"rows": rows} if kind == "rows" else {"id": "1", "inputs": exact.tensors(rows), "outputs": [{"name": "total"}]}
    chance = random.Random(0)
    found = []
    for _ in range(ROUNDS):
        data = whole
        for _ in range(chance.choice([1, 1, 1, 2, 3])):
            data = mutated(data, chance)
        found.append(outcome(ask, data))
    assert set(found) == {"answered", "refused with 400"}
    assert 0.02 < found.count("answered") / ROUNDS < 0.7
