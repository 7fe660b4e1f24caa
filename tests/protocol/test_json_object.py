"""JSON objects that know where they stand."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

import pytest

from mesos_py.protocol.json_object import JsonObject


class Colour(Enum):
    RED = "RED"
    BLUE = "BLUE"


def test_null_reads_as_absent() -> None:
    given = JsonObject({"a": None}, "it")

    assert not given.has("a")
    assert given.optional_text("a") is None
    assert given.items("a") == []
    assert not given.child("a").has("b")
    assert given.maybe("a", lambda child: child.text("b")) is None


def test_what_is_set_is_read() -> None:
    fields = {"text": "t", "texts": ["a", "b"], "amount": "1.5", "whole": "7", "colour": "BLUE", "child": {"text": "u"}}
    given = JsonObject(fields, "it")

    assert given.text("text") == "t"
    assert given.texts("texts") == ["a", "b"]
    assert given.amount("amount") == 1_500
    assert given.whole("whole") == 7
    assert given.member("colour", Colour) is Colour.BLUE
    assert given.maybe("child", lambda child: child.text("text")) == "u"
    assert given.raw("whole") == "7"


@pytest.mark.parametrize(
    ("value", "read", "problem"),
    [
        (None, lambda given: given.text("x"), "it.x: expected text, got None"),
        (1, lambda given: given.optional_text("x"), "it.x: expected text, got 1"),
        ([1], lambda given: given.texts("x"), "it.x[0]: expected text, got 1"),
        ({}, lambda given: given.items("x"), "it.x: expected a list, got {}"),
        ([1], lambda given: given.objects("x"), "it.x[0]: expected an object, got 1"),
        (1, lambda given: given.child("x"), "it.x: expected an object, got 1"),
        (None, lambda given: given.required_child("x"), "it.x: expected an object, got None"),
        ([], lambda given: given.amount("x"), "it.x: expected a number, got []"),
        ("a", lambda given: given.amount("x"), "it.x: expected a number, got 'a'"),
        ("1" * 21, lambda given: given.whole("x"), "it.x: expected a whole number"),
        (1.0, lambda given: given.whole("x"), "it.x: expected a whole number, got 1.0"),
        (True, lambda given: given.whole("x"), "it.x: expected a whole number, got True"),
        ("GREEN", lambda given: given.member("x", Colour), "it.x: expected one of RED, BLUE, got 'GREEN'"),
        ({"y": 1}, lambda given: given.child("x").text("y"), "it.x.y: expected text, got 1"),
    ],
)
def test_a_wrong_field_is_named_with_what_was_expected(
    value: Any, read: Callable[[JsonObject], object], problem: str
) -> None:
    with pytest.raises(ValueError) as caught:
        read(JsonObject({"x": value}, "it"))

    assert str(caught.value).startswith(problem)
