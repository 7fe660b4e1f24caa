"""Bodies read as they come, against bodies that are collected: the same bytes, however a read cut them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from libprocess_py.core.wire import RequestParser
from libprocess_py.core.wire_head import BODY_MAX, Head, HeadCache
from libprocess_py.http.pipe import End, Pipe, PipeReader

BODIES = st.lists(st.tuples(st.booleans(), st.lists(st.binary(min_size=1, max_size=30), max_size=4)), max_size=5)


def encoded(chunked: bool, pieces: list[bytes]) -> bytes:
    if not chunked:
        return b"POST /stream HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(b"".join(pieces)) + b"".join(pieces)
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return b"POST /stream HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"


def a_pipe(_: Head) -> Pipe:
    return Pipe(room=1, bound=1_000_000)


def body_of(body: bytes | PipeReader) -> bytes:
    return body if isinstance(body, bytes) else body.take()


@given(BODIES, st.integers(1, 50))
def test_a_body_is_the_same_whether_it_is_read_as_it_comes_or_collected(
    bodies: list[tuple[bool, list[bytes]]], size: int
) -> None:
    data = b"".join(encoded(*body) for body in bodies)
    parser = RequestParser(HeadCache(), a_pipe)

    items = [item for begin in range(0, len(data), size) for item in parser.feed(data[begin : begin + size])]

    assert parser.error is None
    assert [body_of(body) for _, body in items] == [b"".join(pieces) for _, pieces in bodies]
    assert all(isinstance(body, bytes) or body.is_drained for _, body in items)
    assert parser.is_between
    assert parser.pipe is None


@given(BODIES, st.integers(1, 50), st.integers(0, 200))
def test_whoever_reads_a_body_that_breaks_off_learns_it(
    bodies: list[tuple[bool, list[bytes]]], size: int, cut: int
) -> None:
    data = b"".join(encoded(*body) for body in bodies)[:cut]
    parser = RequestParser(HeadCache(), a_pipe)
    items = [item for begin in range(0, len(data), size) for item in parser.feed(data[begin : begin + size])]

    parser.give_up()

    ends = [body.ended.get() for _, body in items if not isinstance(body, bytes)]
    assert set(ends[:-1]) <= {End.FINISHED}
    assert ends[-1:] in ([], [End.FINISHED], [End.FAILED])


def test_nonsense_in_a_body_is_the_end_of_it() -> None:
    parser = RequestParser(HeadCache(), a_pipe)
    [(_, body)] = parser.feed(b"POST /stream HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
    assert isinstance(body, PipeReader)

    parser.feed(b"nonsense\r\n")

    assert parser.error is not None
    assert body.ended.get() is End.FAILED


def test_a_body_in_chunks_that_is_read_as_it_comes_has_no_bound() -> None:
    parser = RequestParser(HeadCache(), a_pipe)
    head, chunk = b"POST /stream HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", bytes(1 << 20)
    [(_, body)] = parser.feed(head)
    assert isinstance(body, PipeReader)

    for _ in range(BODY_MAX // len(chunk) + 2):
        parser.feed(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        assert body.take() == chunk

    assert parser.error is None
    assert parser.collected == 0
