"""Attributes of an agent: text, numbers, ranges."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libprocess_py.message import Record, decode, encode
from mesos_py.protocol.attributes import Attribute, Attributes
from mesos_py.protocol.values import Ranges
from tests.support.resource_strategies import ranges

words = st.text("abc_/.", min_size=1, max_size=6).filter(lambda word: word.strip("."))
attributes = st.builds(
    Attributes,
    st.lists(
        st.builds(
            lambda name, value: Attribute(name=name, value=value),
            st.sampled_from(("rack", "zone", "ports")),
            st.one_of(words, st.integers(-5_000, 5_000), ranges()),
        ),
        max_size=4,
    ),
)


class Carrier(Record):
    attributes: Attributes = Attributes()


@given(attributes)
def test_attributes_survive_text_wire_and_pickling(a: Attributes) -> None:
    assert list(Attributes.parse(str(a))) == list(a)
    assert list(decode(Carrier, encode(Carrier(attributes=a))).attributes) == list(a)
    assert pickle.loads(pickle.dumps(a)) == a  # noqa: S301  # Our own bytes.


@given(attributes)
def test_order_is_no_difference(a: Attributes) -> None:
    reversed_ones = Attributes(reversed(list(a)))

    assert a == reversed_ones
    assert hash(a) == hash(reversed_ones)
    assert a != Attributes([*a, Attribute(name="more", value=1)])
    assert a != list(a)


def test_each_value_type_is_told_apart() -> None:
    a = Attributes.parse("rack:r1; zone:2.0;ports:[1-5];url:http://x:80;")

    assert [each.value for each in a] == ["r1", 2_000, Ranges([(1, 5)]), "http://x:80"]
    assert a.to_endpoint() == {"rack": "r1", "zone": 2.0, "ports": "[1-5]", "url": "http://x:80"}
    assert len(a) == 4
    assert repr(a) == "Attributes.parse('rack:r1;zone:2;ports:[1-5];url:http://x:80')"


def test_of_a_name_that_occurs_again_the_first_counts() -> None:
    a = Attributes.parse("rack:r1;rack:r2;zone:1")

    assert a.get("rack") == Attribute(name="rack", value="r1")
    assert a.to_endpoint() == {"rack": "r1", "zone": 1.0}
    assert a.get("other") is None
    assert [each.text for each in a] == ["r1", "r2", None]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("rack", "attribute 'rack': expected name:value"),
        ("rack:", "expected name:value"),
        (":r1", "expected name:value"),
        ("rack:{a,b}", "attribute rack: expected a number"),
        ("rack:[2-1]", "attribute rack: range 2-1"),
    ],
)
def test_malformed_text_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Attributes.parse(text)


@pytest.mark.parametrize(
    "value",
    [
        {},
        [1],
        [{"type": "TEXT", "text": {"value": "x"}}],
        [{"name": "a", "type": "TEXT"}],
        [{"name": "", "type": "TEXT", "text": {"value": "x"}}],
        [{"name": "a", "type": "SET", "set": {"item": ["x"]}}],
        [{"name": "a", "type": "WORD"}],
    ],
)
def test_malformed_json_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="expected"):
        Attributes.from_wire(value)
