"""Heads of messages and requests: what is understood, what is refused, what is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libprocess_py.core.wire_head import (
    CACHED_HEAD_MAX,
    CACHED_HEADS_MAX,
    HeadCache,
    Route,
    WireError,
    body_length,
    message_head,
    parse_head,
)
from libprocess_py.pid import PID, Address

MASTER = PID("master", Address("10.0.0.1", 5050))
AGENT = PID("slave(1)", Address("10.0.0.2", 5051))

printable = st.characters(codec="ascii", min_codepoint=33, max_codepoint=126)
ids = st.text(min_size=1, max_size=20).filter(lambda id: id.isprintable() and id == id.strip(" "))


def a_head(*lines: str, line: str = "POST /master/Ping HTTP/1.1") -> bytes:
    return "\r\n".join((line, *lines, "", "")).encode("latin-1")


@given(ids, ids, st.text(printable, min_size=1, max_size=30))
def test_a_message_head_is_read_as_it_was_meant(id: str, sender_id: str, name: str) -> None:
    sender = PID(sender_id, AGENT.address)

    head = parse_head(message_head(PID(id, MASTER.address), sender, name=name))

    assert head.route == Route(id, sender, name)
    assert head.length is None
    assert head.keep_alive


def test_either_header_names_the_sender() -> None:
    assert parse_head(a_head("User-Agent: libprocess/slave(1)@10.0.0.2:5051")).route == Route("master", AGENT, "Ping")
    assert parse_head(a_head("libprocess-from: slave(1)@10.0.0.2:5051")).route == Route("master", AGENT, "Ping")


def test_a_message_without_sender_is_a_message_from_nobody() -> None:
    head = parse_head(message_head(MASTER, None, name="Ping"))

    assert head.route == Route("master", None, "Ping")


def test_ordinary_requests_are_not_messages() -> None:
    assert parse_head(a_head("User-Agent: curl/8")).route is None
    assert parse_head(a_head("User-Agent: libprocess/a@1.2.3.4:5", line="GET /master/state HTTP/1.1")).route is None


@pytest.mark.parametrize("claim", ["nobody", "a@b:5", "a@1.2.3.4:99999", "@1.2.3.4:5"])
def test_a_claimed_sender_that_is_no_pid_is_a_problem(claim: str) -> None:
    head = parse_head(a_head(f"Libprocess-From: {claim}"))

    assert head.route is None
    assert "expected" in head.problem or "is not a" in head.problem


@pytest.mark.parametrize("target", ["/", "/master", "/master/", "//Ping", "*"])
def test_a_message_to_no_name_or_no_process_is_a_problem(target: str) -> None:
    head = parse_head(a_head("Libprocess-From: a@1.2.3.4:5", line=f"POST {target} HTTP/1.1"))

    assert head.route is None
    assert "expected /<process id>/<message name>" in head.problem


def test_header_names_are_lowered_and_repeated_values_joined() -> None:
    assert parse_head(a_head("Accept: a", "ACCEPT: b")).headers == {"accept": "a, b"}


def test_connections_end_when_asked_and_always_with_http_1_0() -> None:
    assert parse_head(a_head("Host: a")).keep_alive
    assert not parse_head(a_head("Connection: foo, Close")).keep_alive
    assert not parse_head(a_head("Connection: keep-alive", line="GET / HTTP/1.0")).keep_alive


def test_messages_in_http_1_0_may_share_a_connection() -> None:
    kept = a_head("Connection: Keep-Alive", "Libprocess-From: a@127.0.0.1:1", line="POST /a/B HTTP/1.0")
    ended = a_head("Libprocess-From: a@127.0.0.1:1", line="POST /a/B HTTP/1.0")

    assert parse_head(kept).keep_alive
    assert not parse_head(ended).keep_alive


def test_asking_for_another_protocol_is_no_error() -> None:
    assert parse_head(a_head("Connection: Upgrade", "Upgrade: h2c", line="GET / HTTP/1.1")).method == "GET"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (a_head(line="GET / HTTP/2.0"), 505),
        (a_head(line="CONNECT a:1 HTTP/1.1"), 405),
        (a_head(line="BREW / HTTP/1.1"), 400),
        (a_head("A : b"), 400),
        (a_head("A: b", " folded"), 400),
        (a_head("A: b\0c"), 400),
        (a_head("Transfer-Encoding: chunked", line="POST / HTTP/1.0"), 400),
    ],
)
def test_heads_that_break_the_rules_are_refused(head: bytes, status: int) -> None:
    with pytest.raises(WireError) as raised:
        parse_head(head)

    assert raised.value.status == status


@pytest.mark.parametrize(
    "headers",
    [
        {"content-length": "3", "transfer-encoding": "chunked"},
        {"content-length": "3, 3"},
        {"content-length": "-3"},
        {"content-length": "\u0663"},
        {"transfer-encoding": "gzip"},
    ],
)
def test_lengths_are_checked_even_behind_a_laxer_parser(headers: dict[str, str]) -> None:
    with pytest.raises(WireError) as raised:
        body_length("1.1", headers)

    assert raised.value.status == 400


def test_the_cache_keeps_small_heads_and_never_more_than_its_limit() -> None:
    cache = HeadCache()

    for index in range(CACHED_HEADS_MAX + 1):
        cache.learn(a_head(f"A: {index}"))
    cache.learn(a_head("A: " + "x" * CACHED_HEAD_MAX))

    assert len(cache.known) == 1
