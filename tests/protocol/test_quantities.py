"""Quantities and limits against plain dictionaries."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given

from libprocess_py.message import Record, decode, encode
from mesos_py.protocol.quantities import NO_LIMITS, NO_QUANTITIES, Limits, Quantities
from tests.support.resource_strategies import limits, quantities

NAMES = ("cpus", "mem", "disk", "ports", "zones", "absent")


class Carrier(Record):
    guarantees: Quantities
    limits: Limits


@given(quantities(), quantities())
def test_an_absent_quantity_is_zero(a: Quantities, b: Quantities) -> None:
    for name in NAMES:
        assert (a + b)[name] == a[name] + b[name]
        assert (a - b)[name] == max(a[name] - b[name], 0)
    assert a.contains(b) == all(a[name] >= b[name] for name in NAMES)
    assert (a == b) == all(a[name] == b[name] for name in NAMES)
    assert (b <= a) == (a >= b) == a.contains(b)


@given(quantities(), quantities())
def test_no_result_keeps_a_zero(a: Quantities, b: Quantities) -> None:
    for result in (a, a + b, a - b):
        assert all(milli > 0 for _, milli in result.items())
        assert result == Quantities(dict(result.items()))
        assert hash(result) == hash(Quantities(dict(result.items())))


@given(limits(), limits(), quantities())
def test_an_absent_limit_is_infinite(a: Limits, b: Limits, q: Quantities) -> None:
    infinite = float("inf")

    def of(limit: Limits, name: str) -> float:
        milli = limit.get(name)
        return infinite if milli is None else milli

    assert a.contains(b) == all(of(a, name) >= of(b, name) for name in NAMES)
    assert a.contains_quantities(q) == all(of(a, name) >= q[name] for name in NAMES)
    assert all(of(a - q, name) == max(of(a, name) - q[name], 0) for name in NAMES)


def test_a_limit_of_zero_is_kept_and_forbids() -> None:
    none_left = Limits.of(cpus=1) - Quantities.of(cpus=2)

    assert none_left == Limits.of(cpus=0)
    assert none_left != NO_LIMITS
    assert not none_left.contains_quantities(Quantities.of(cpus=0.001))


def test_quantities_are_no_limits() -> None:
    assert Quantities.of(cpus=1) != Limits.of(cpus=1)
    assert NO_QUANTITIES != NO_LIMITS


@given(quantities(), limits())
def test_both_survive_wire_text_and_pickling(q: Quantities, limit: Limits) -> None:
    carrier = Carrier(guarantees=q, limits=limit)

    assert decode(Carrier, encode(carrier)) == carrier
    assert Quantities.parse(str(q)) == q
    assert Limits.parse(str(limit)) == limit
    assert pickle.loads(pickle.dumps((q, limit))) == (q, limit)  # noqa: S301  # Our own bytes.


def test_names_come_in_order() -> None:
    q = Quantities.parse("mem:32;cpus:0.01")

    assert q.names() == tuple(q) == ("cpus", "mem")
    assert q.as_floats() == {"cpus": 0.01, "mem": 32.0}
    assert (len(q), "mem" in q, "disk" in q, bool(q), bool(NO_QUANTITIES)) == (2, True, False, True, False)
    assert repr(q) == "Quantities.parse('cpus:0.01;mem:32')"


def test_plain_numbers_are_read_from_the_wire_too() -> None:
    assert Quantities.from_wire({"cpus": 1, "mem": {"value": "32"}, "disk": None}) == Quantities.of(cpus=1, mem=32)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("cpus", "expected name:number"),
        (":1", "expected name:number"),
        ("cpus:x", "quantity cpus: expected a number, got 'x'"),
        ("cpus:-1", "quantity cpus: expected no negative number"),
        ("cpus:1;cpus:2", "quantity cpus: given twice"),
    ],
)
def test_malformed_text_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Quantities.parse(text)


@pytest.mark.parametrize("value", [[], "cpus", {"cpus": []}, {"cpus": {}}, {"": 1}, {"cpus": True}, {1: 1}])
def test_malformed_json_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        Limits.from_wire(value)
