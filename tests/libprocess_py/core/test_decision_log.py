"""The decision log: equal runs have equal hashes, different ones do not, and values are told by what they say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from libprocess_py import PID, Address, Message
from libprocess_py.core.decision_log import DecisionLog, digest_of


class Fact(Message):
    who: PID
    tags: frozenset[str] = frozenset()


class Opaque:
    """Has no wire form."""


A_PID = PID("a", Address("10.0.0.1", 1))


def _logged(records: list[tuple[int, str]]) -> DecisionLog:
    log = DecisionLog()
    for now, text in records:
        log.record("fact", text, now=now, who=A_PID)
    return log


@given(st.lists(st.tuples(st.integers(), st.text())), st.lists(st.tuples(st.integers(), st.text())))
def test_two_logs_have_the_same_hash_if_and_only_if_they_say_the_same(
    left: list[tuple[int, str]], right: list[tuple[int, str]]
) -> None:
    assert (_logged(left).digest() == _logged(right).digest()) == (left == right)


def test_records_are_numbered_and_go_to_the_sink() -> None:
    lines: list[str] = []
    log = DecisionLog(lines.append)

    log.record("fact", "one", now=5, who=A_PID)
    log.record("fact", "two", now=6, who=A_PID)

    assert lines == ["1 5 a@10.0.0.1:1 fact one", "2 6 a@10.0.0.1:1 fact two"]
    assert log.length == 2


def test_equal_messages_have_equal_digests_and_different_ones_do_not() -> None:
    tags = frozenset({"x", "y", "z"})

    assert digest_of(Fact(who=A_PID, tags=tags)) == digest_of(
        Fact(who=A_PID, tags=frozenset(sorted(tags, reverse=True)))
    )
    assert digest_of(Fact(who=A_PID)) != digest_of(Fact(who=A_PID, tags=tags))


def test_a_value_without_a_wire_form_is_told_by_its_type() -> None:
    assert digest_of(Opaque()) == digest_of(Opaque())
    assert digest_of((1, Opaque())) != digest_of((2, Opaque()))
    assert digest_of(len) != digest_of(sorted)
    assert digest_of(1 << 100) == digest_of(1 << 100)
