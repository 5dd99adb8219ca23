from __future__ import annotations

import numpy as np
import pytest

from mlpspec.catalog.encoders import Hashing
from mlpspec.catalog.encoders.hashing import FACTOR, PRIME, SUMMAND, bucket
from mlpspec.catalog.inputs import Category
from mlpspec.data.encode import encode
from mlpspec.data.fit import fit
from mlpspec.data.sources.frame import open_frame
from mlpspec.diagnostics import DataError
from mlpspec.ir.facts import InputFacts
from mlpspec.ir.shape import Shape

HASHED = Category(columns=("a", "b"), encode=Hashing(buckets=10, size=3))


def test_follows_the_formula():
    numbers = [0, 1, -1, 7, PRIME, 2**63 - 1, -(2**63)]
    expected = [(number % PRIME * FACTOR + SUMMAND) % PRIME % 1000 for number in numbers]  # Python's integers have no end
    assert bucket(np.array(numbers), 1000).tolist() == expected


@pytest.mark.parametrize("step", [1, 10, 1024, 86400])
def test_buckets_fill_evenly(step):
    counts = np.bincount(bucket(np.arange(0, 50_000 * step, step), 64), minlength=64)
    assert counts.std() < 1.5 * np.sqrt(counts.mean())  # that of a Poisson distribution, as chance would fill them


def test_each_column_has_its_own_vectors_and_nothing_is_unknown():
    preprocessing = fit({"ab": HASHED}, {}, open_frame({"a": [1, 2, 3], "b": [1, 2, 3]}), np.arange(3))
    item = preprocessing.inputs["ab"]
    assert (item.type, item.facts) == ("int64", InputFacts(2, 6, 20))
    encoded = encode(preprocessing, open_frame({"a": [1, 99], "b": ["1", "-5"]}))
    expected = [[1 + bucket(np.array(a), 10), 11 + bucket(np.array(b), 10)] for a, b in ((1, 1), (99, -5))]
    assert encoded.inputs["ab"].tolist() == expected
    assert encoded.warnings == ()


def test_texts_are_refused_with_the_reason():
    with pytest.raises(DataError, match="`Rome` is not a whole number") as error:
        fit({"a": Category(encode=Hashing())}, {}, open_frame({"a": ["1", "Rome"]}), np.arange(2))
    assert "ONNX has no operator" in error.value.diagnostics[0].help
    with pytest.raises(DataError, match="numbers with fractions"):
        fit({"a": Category(encode=Hashing())}, {}, open_frame({"a": [1.5]}), np.arange(1))
    with pytest.raises(DataError, match="1 missing value"):
        fit({"a": Category(encode=Hashing())}, {}, open_frame({"a": ["1", ""]}), np.arange(2))


@pytest.mark.parametrize("option", [{"categories": (1,)}, {"unseen": "error"}, {"missing": "own"}])
def test_what_makes_no_sense_beside_it(option):
    [name] = option
    assert name in (Category(encode=Hashing(), **option).problem() or "")
    assert Category(encode=Hashing()).problem() is None


def test_sizes_are_known_before_the_data():
    assert HASHED.network_input("ab", None) == (Shape((2,)), "int64")
    embed = HASHED.operation("ab", None)
    assert embed is not None
    assert embed.output_shape(Shape((2,))) == Shape((6,))
    assert Category(columns=("a*",), encode=Hashing(size=3)).network_input("a", None) == (Shape(("a.columns",)), "int64")
