"""Resources as text: what is read, what is refused, what survives."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesos_py.protocol.reservations import static
from mesos_py.protocol.resources import InvalidResource, Resource, Resources
from mesos_py.protocol.values import Ranges, Set
from tests.support.resource_notation import resources_of
from tests.support.resource_strategies import plain_resources, resources


@given(plain_resources())
def test_plain_resources_survive_their_text(a: Resources) -> None:
    assert Resources.parse(str(a)) == a


@given(resources())
def test_resources_survive_their_json_text(a: Resources) -> None:
    assert Resources.parse(json.dumps(a.to_wire())) == a


def test_every_value_type_and_role_is_read() -> None:
    parsed = Resources.parse(" cpus(web) : 1.5; mem:2048;\n ports:[31000-32000, 5]; zones(a/b):{b, a};;")

    assert parsed == Resources(
        [
            Resource(name="cpus", value=1_500, reservations=(static("web"),)),
            Resource(name="mem", value=2_048_000),
            Resource(name="ports", value=Ranges([(5, 5), (31_000, 32_000)])),
            Resource(name="zones", value=Set(["a", "b"]), reservations=(static("a/b"),)),
        ]
    )


def test_an_omitted_role_is_the_default_role() -> None:
    assert str(Resources.parse("cpus:1;mem(*):2;disk(b):3", default_role="a")) == "cpus(a):1;mem:2;disk(b):3"


def test_the_default_role_fills_json_that_names_none() -> None:
    scalar = {"type": "SCALAR", "scalar": {"value": 1}}
    text = json.dumps([{"name": "cpus", **scalar}, {"name": "mem", "role": "*", **scalar}])

    assert Resources.parse(text, default_role="a") == resources_of([{"cpus": 1, "@role": "a"}, {"mem": 1}])


def test_the_same_resource_twice_adds_up() -> None:
    assert Resources.parse("cpus:1;cpus:0.5") == Resources.of(cpus=1.5)


@pytest.mark.parametrize("text", ["", "  ", ";", "cpus:0", "ports:[]", "zones:{}", "[]"])
def test_nothing_is_read_as_nothing(text: str) -> None:
    assert not Resources.parse(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("cpus", "expected name:value"),
        (":1", "expected name:value"),
        ("cpus(a:1", "expected name:value"),
        ("cpus(a)(b):1", "expected name:value"),
        ("cpus:", "expected a number"),
        ("cpus:-1", "expected no negative number, got -1"),
        ("cpus:0.0001", "rounds to nothing"),
        ("cpus:one", "got 'one'"),
        ("cpus:nan", "got 'nan'"),
        ("cpus:1e13", "expected a number"),
        ("gpus:0.5", "expected a whole number"),
        ("cpus(a//b):1", "expected no '/'"),
        ("cpus():1", "expected a name"),
        ("ports:[2-1]", "expected 0 <= begin <= end"),
        ("ports:[a-b]", "expected begin-end"),
        ("zones:{a,a}", "given twice"),
        ("[{]", "not JSON"),
        ("[1]", "resources\\[0\\]: expected an object"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_malformed_text_is_refused_with_its_part(text: str, problem: str) -> None:
    with pytest.raises(InvalidResource, match=problem):
        Resources.parse(text)


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parsed = Resources.parse(text)
    except InvalidResource:
        return
    assert Resources.parse(str(parsed)) == parsed


def test_what_the_grammar_cannot_say_is_printed_for_people() -> None:
    volume = {"disk": 3, "@disk": {"persistence": "v", "source": {"type": "PATH", "root": "/d"}}, "@shared": True}
    owner = {"role": "a", "principal": "p", "labels": {"k": "v"}}
    groups = [
        {"cpus": 1, "@revocable": True, "@allocated": "a", "@provider": "rp"},
        {**volume, "@reservations": [owner]},
    ]

    assert str(resources_of(groups)) == (
        "cpus(allocated: a)(provider: rp){REV}:1;disk(reservations: [(DYNAMIC,a,p,{k: v})])[PATH(/d),v]<SHARED>:3"
    )


def test_the_representation_says_how_to_make_it_again() -> None:
    assert repr(Resources.of(cpus=0.5)) == "Resources.parse('cpus:0.5')"
