from __future__ import annotations

import numpy as np
from sklearn.preprocessing import OneHotEncoder

from mlpspec.catalog.encoders import ENCODERS, OneHot
from mlpspec.catalog.inputs import Category
from mlpspec.data.encode import encode
from mlpspec.data.fit import fit
from mlpspec.data.sources.frame import open_frame
from mlpspec.ir.facts import InputFacts
from mlpspec.ir.shape import Shape


def test_like_scikit_learn():
    train = {"a": ["y", "x", "y", "z"], "b": [30, 4, 4, 30]}
    later = {"a": ["x", "new", "z"], "b": [30, 4, 5]}
    preprocessing = fit({"ab": Category(columns=("a", "b"))}, {}, open_frame(train), np.arange(4))
    got = encode(preprocessing, open_frame(later)).inputs["ab"]
    expected = []
    for name in ("a", "b"):
        reference = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(np.array(train[name])[:, None])
        expected.append(reference.transform(np.array(later[name])[:, None]))
    np.testing.assert_array_equal(got, np.hstack(expected))
    assert got.dtype == np.float32
    assert preprocessing.facts.inputs["ab"] == InputFacts(2, 5, 5)


def test_shapes():
    assert OneHot().network_input("c", None, 2) == (Shape(("c.categories",)), "float32")
    assert OneHot().network_input("c", InputFacts(2, 5, 5), 2) == (Shape((5,)), "float32")
    assert OneHot().operation("c", None) is None


def test_the_table():
    assert ENCODERS.names() == ["one_hot", "embedding", "hashing"]
