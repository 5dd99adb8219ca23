from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpspec.language.flow import flow
from mlpspec.language.reader import read

TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufeff\ufffe\uffff\u2028\u2029\x85"), max_size=12
)
NUMBERS = st.integers(-(10**15), 10**15) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_what_is_written_is_read_again(value):
    assert read(f"x: {flow(value)}\n", "t").data == {"x": value}


@pytest.mark.parametrize(
    "text", ["1e3", "08", "null", "true", "- a", "a #b", "$x", "~", "", " ", "a:", "{", "*a", "&a", "!t", "%", "@", "`"]
)
def test_texts_stay_texts(text):
    assert read(f"x: {{y: {flow(text)}, z: [{flow(text)}]}}\n", "t").data == {"x": {"y": text, "z": [text]}}
