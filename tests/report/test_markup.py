from __future__ import annotations

import doctest
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpspec.report import markup
from mlpspec.report.markup import short, tag, text


def test_examples():
    assert doctest.testmod(markup).failed == 0


@given(st.text(max_size=50))
def test_any_text_becomes_well_formed_and_comes_back_unless_xml_cannot_say_it(value):
    element = ET.fromstring(tag("p", text(value), title=value))
    assert len(element) == 0
    if value.isprintable() and value:
        assert element.text == value
        assert element.get("title") == value


@pytest.mark.parametrize("bad", ["\x00", "\x1b", "\ud800", "\ufffe"])
def test_characters_that_xml_does_not_know_are_replaced(bad):
    assert text(f"a{bad}b") == "a\ufffdb"
    text(f"a{bad}b").encode()


def test_attributes_are_escaped_and_none_is_left_out():
    element = ET.fromstring(tag("a", href='"><script>', class_=None, aria_label="x"))
    assert element.attrib == {"href": '"><script>', "aria-label": "x"}


@pytest.mark.parametrize(("value", "words"), [(1234.56, "1234.6"), (-0.04, "0"), (1e6 + 0.5, "1000000.5"), (7, "7")])
def test_coordinates_are_short(value, words):
    assert short(value) == words
