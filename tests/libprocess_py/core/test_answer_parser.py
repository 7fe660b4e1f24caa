"""Answers out of bytes: whole or in pieces, and what lies behind them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libprocess_py.core.answer_parser import CHUNK_LINE_MAX, AnswerParser
from libprocess_py.core.wire_head import HEAD_MAX, HEADERS_MAX, WireError

COUNTED = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nA: b\r\n\r\nabc"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\nT: u\r\n\r\n"
UNFRAMED = b"HTTP/1.0 200 OK\r\n\r\nabc"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\n"


def parsed(*pieces: bytes, without_body: bool = False) -> tuple[AnswerParser, bytes, bytes]:
    """The parser, the body, and what lies behind."""
    parser, behind = AnswerParser(), b""
    for piece in pieces:
        behind += piece if parser.is_whole else parser.feed(piece, without_body=without_body)
    return parser, parser.take(), behind


@pytest.mark.parametrize("answer", [COUNTED, CHUNKED, INTERIM + COUNTED, INTERIM * 2 + CHUNKED])
def test_an_answer_is_found_however_it_is_cut_and_what_follows_is_given_back(answer: bytes) -> None:
    for cut in range(len(answer) + 1):
        parser, body, behind = parsed(answer[:cut], answer[cut:] + b"HTTP")

        assert (parser.status, body, behind) == (200, b"abc", b"HTTP")
        assert parser.is_whole
        assert parser.keeps_alive


def test_headers_keep_their_order_and_case() -> None:
    parser, _, _ = parsed(INTERIM + COUNTED)

    assert parser.headers == [("Content-Length", "3"), ("A", "b")]


def test_a_body_without_a_length_ends_with_the_connection() -> None:
    parser, body, behind = parsed(UNFRAMED, b"def")

    assert (body, behind) == (b"abcdef", b"")
    assert parser.ends_with_connection
    assert not parser.is_whole
    assert not parser.keeps_alive


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_the_answer_to_head_has_no_body_whatever_it_says(head: bytes) -> None:
    parser, body, behind = parsed(head + COUNTED, without_body=True)

    assert parser.is_whole
    assert (body, behind) == (b"", COUNTED)


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_some_statuses_have_no_body(status: bytes) -> None:
    parser, _, behind = parsed(b"HTTP/1.1 " + status + b"\r\nContent-Length: 9\r\n\r\n" + COUNTED)

    assert parser.is_whole
    assert behind == COUNTED


def test_an_answer_says_whether_more_can_follow() -> None:
    assert not parsed(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")[0].keeps_alive
    assert not parsed(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")[0].keeps_alive


@pytest.mark.parametrize(
    "data",
    [
        b"NONSENSE\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1234567890123456\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * (CHUNK_LINE_MAX + 1),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"A: b\r\n" * HEAD_MAX,
        b"HTTP/1.1 200 OK\r\nA: " + b"b" * HEAD_MAX,
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * (HEADERS_MAX + 1) + b"\r\n",
    ],
)
def test_what_is_no_answer_is_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        parsed(data)


@given(st.lists(st.binary(max_size=30), max_size=8), st.integers(1, 9))
def test_any_bytes_are_an_answer_a_part_of_one_or_an_error(pieces: list[bytes], size: int) -> None:
    data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"\r\n".join(pieces)
    with suppress(WireError):
        parsed(*(data[begin : begin + size] for begin in range(0, len(data), size)))


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=8), st.integers(1, 20))
def test_a_chunked_body_is_what_was_sent_however_it_is_cut(pieces: list[bytes], size: int) -> None:
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"

    parser, body, behind = parsed(*(data[begin : begin + size] for begin in range(0, len(data), size)))

    assert (parser.is_whole, body, behind) == (True, b"".join(pieces), b"")
