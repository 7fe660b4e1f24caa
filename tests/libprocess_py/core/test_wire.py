"""Requests out of bytes: golden bytes, every split, hostile input, limits."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from libprocess_py.core.wire import CHUNK_LINE_MAX, SMALL_CHUNKS, RequestParser
from libprocess_py.core.wire_head import BODY_MAX, HEAD_MAX, HeadCache, message_head
from libprocess_py.http.pipe import PipeReader
from libprocess_py.pid import PID, Address

MASTER = PID("master", Address("10.0.0.1", 5050))
AGENT = PID("slave(1)", Address("10.0.0.2", 5051))
HEAD = message_head(MASTER, AGENT, name="Ping")

Seen = list[tuple[str, str, bytes | PipeReader]]


def a_message(body: bytes) -> bytes:
    if not body:
        return message_head(MASTER, AGENT, name="Ping", empty=True)
    return HEAD + b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"


def read(pieces: list[bytes]) -> tuple[Seen, int | None]:
    parser, seen = RequestParser(HeadCache()), []
    for piece in pieces:
        seen += [(head.method, head.target, body) for head, body in parser.feed(piece)]
    return seen, parser.error.status if parser.error else None


def read_whole(data: bytes) -> tuple[Seen, int | None]:
    return read([data])


def cut(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(at % (len(data) + 1) for at in cuts), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


def a_chunked_post(chunks: list[bytes], extension: bytes, *, trailer: bytes) -> bytes:
    body = b"".join(b"%X%b\r\n%b\r\n" % (len(chunk), extension, chunk) for chunk in chunks)
    return b"POST /a/b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n" + trailer + b"\r\n"


bodies = st.binary(max_size=300)
requests = st.one_of(
    bodies.map(a_message),
    bodies.map(lambda body: b"\r\nPUT /x?y=1 HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)),
    st.just(b"GET /metrics/snapshot HTTP/1.1\r\nHost: a\r\n\r\n"),
    st.builds(
        a_chunked_post,
        st.lists(st.binary(min_size=1, max_size=40), max_size=4),
        st.sampled_from([b"", b";a=b", b" ;a"]),
        trailer=st.sampled_from([b"", b"A: b\r\n", b"A: b\r\nC: d\r\n"]),
    ),
)
BREAKS = [b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\r\n0\r\n\r\n", b"0", b"5", b"64\r\n", b":", b" ", b"\x00"]
LINES = [
    b"GET / HTTP/1.1",
    b"POST /a/b HTTP/1.1\r\n",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    HEAD,
]
fragments = st.sampled_from([*BREAKS, *LINES, a_message(b"x")])
hostile = st.lists(st.one_of(fragments, st.binary(max_size=8)), max_size=30).map(b"".join)


def test_a_message_is_the_bytes_that_libprocess_sends() -> None:
    expected = (
        b"POST /master/Ping HTTP/1.1\r\nUser-Agent: libprocess/slave(1)@10.0.0.2:5051\r\n"
        b"Libprocess-From: slave(1)@10.0.0.2:5051\r\nConnection: Keep-Alive\r\nHost: \r\n"
        b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    )

    assert a_message(b"{}") == expected


@given(st.lists(requests, max_size=6), st.lists(st.integers(0, 5_000), max_size=12))
def test_valid_traffic_reads_the_same_however_it_is_split(parts: list[bytes], cuts: list[int]) -> None:
    data = b"".join(parts)

    seen, error = read(cut(data, cuts))

    assert (seen, error) == read_whole(data)
    assert len(seen) == len(parts)
    assert error is None


@given(st.lists(requests, min_size=1, max_size=2))
def test_valid_traffic_reads_the_same_byte_by_byte(parts: list[bytes]) -> None:
    data = b"".join(parts)

    assert read([bytes([byte]) for byte in data]) == read_whole(data)


@given(hostile, st.lists(st.integers(0, 5_000), max_size=12))
def test_any_bytes_are_requests_or_an_error_however_they_are_split(data: bytes, cuts: list[int]) -> None:
    whole, whole_error = read_whole(data)

    seen, error = read(cut(data, cuts))

    assert seen == whole
    assert (error is None) == (whole_error is None)


@given(st.binary(max_size=400))
def test_random_bytes_never_raise(data: bytes) -> None:
    parser = RequestParser(HeadCache())

    items = parser.feed(data)

    assert len(items) <= len(data)


@given(st.integers(1, 2 * SMALL_CHUNKS))
def test_a_body_of_any_length_arrives_as_it_was_sent(length: int) -> None:
    body = bytes(index % 251 for index in range(length))

    assert read_whole(a_message(body) * 2) == ([("POST", "/master/Ping", body)] * 2, None)


def test_a_chunk_length_cut_off_after_its_carriage_return_is_not_read_from_other_bytes() -> None:
    first = b"x" + b"y" * (0x64 - 7) + b"\r\n0\r\n\r\n"
    data = a_message(first) + HEAD + b"64\r"

    seen, error = read_whole(data)

    assert seen == [("POST", "/master/Ping", first)]
    assert error is None


def test_requests_before_a_malformed_one_are_still_given_and_none_after_it() -> None:
    seen, error = read([a_message(b"a") + b"NONSENSE\r\n\r\n" + a_message(b"b"), a_message(b"c")])

    assert seen == [("POST", "/master/Ping", b"a")]
    assert error == 400


def test_both_lengths_are_refused() -> None:
    head = b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
    reverse = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"

    assert read_whole(head + b"0\r\n\r\n") == ([], 400)
    assert read_whole(reverse + b"0\r\n\r\n") == ([], 400)


def test_lengths_that_are_not_plain_numbers_are_refused() -> None:
    for length in (b"-1", b"+3", b"3x", b"0x3", b"1_0", b"3, 3", b"", b"\xb2"):
        assert read_whole(b"POST / HTTP/1.1\r\nContent-Length: %b\r\n\r\nabc" % length) == ([], 400), length
    for length in (b"-1", b"+3", b"0x3", b"1_0", b"", b"g", b" 3", b"123456789"):
        data = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%b\r\nabc\r\n0\r\n\r\n" % length
        assert read_whole(data) == ([], 400), length


def test_transfer_codings_other_than_chunked_are_refused() -> None:
    for coding in (b"gzip", b"gzip, chunked", b"chunked, chunked", b"identity"):
        assert read_whole(b"POST / HTTP/1.1\r\nTransfer-Encoding: %b\r\n\r\n0\r\n\r\n" % coding) == ([], 400), coding


def test_a_chunk_longer_than_its_length_is_refused() -> None:
    assert read_whole(HEAD + b"2\r\nabc\r\n0\r\n\r\n") == ([], 400)


def test_heads_over_the_limit_are_refused_before_they_end() -> None:
    head = b"GET / HTTP/1.1\r\nA: " + b"x" * HEAD_MAX

    assert read_whole(head) == ([], 431)
    assert read_whole(head + b"\r\n\r\n") == ([], 431)


def test_too_many_headers_are_refused() -> None:
    assert read_whole(b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n") == ([], 431)


def test_bodies_over_the_limit_are_refused_before_they_are_sent() -> None:
    announced = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (BODY_MAX + 1)
    chunked = HEAD + b"%x\r\n" % (BODY_MAX + 1)
    in_parts = HEAD + b"1\r\na\r\n" + b"%x\r\n" % BODY_MAX

    assert read_whole(announced) == ([], 413)
    assert read_whole(chunked) == ([], 413)
    assert read_whole(in_parts) == ([], 413)


def test_chunk_lines_and_trailers_have_limits() -> None:
    assert read_whole(HEAD + b"3;" + b"a" * CHUNK_LINE_MAX) == ([], 400)
    assert read_whole(HEAD + b"0\r\nA: " + b"a" * HEAD_MAX) == ([], 431)
    assert read_whole(HEAD + b"0\r\n" + b"A: b\r\n" * HEAD_MAX) == ([], 431)
    assert read_whole(HEAD + b"0\r\nno colon\r\n\r\n") == ([], 400)


def test_lines_without_carriage_return_are_refused_at_once() -> None:
    assert read_whole(b"GET / HTTP/1.1\nHost: a\n\n") == ([], 400)
    assert read_whole(b"GET / HTTP/1.1\nHost: a\r\n\r\n") == ([], 400)


def test_a_client_that_waits_to_continue_is_known_until_its_body_comes() -> None:
    parser = RequestParser(HeadCache())
    head = b"POST / HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-Continue\r\n\r\n"

    def state() -> tuple[bool, bool]:
        return parser.is_between, parser.waits_to_continue

    before, _, begun = state(), parser.feed(head), state()
    bodies_seen = [body for _, body in parser.feed(b"abc")]

    assert (before, begun, state()) == ((True, False), (False, True), (True, False))
    assert bodies_seen == [b"abc"]
