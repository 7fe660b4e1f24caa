"""Pipes: order, both bounds, and how each end learns of the other's end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libprocess_py.http.pipe import SMALL, End, Meter, Pipe, PipeBroken, filled


def test_what_was_written_is_read_in_order_then_the_end() -> None:
    pipe = Pipe()
    pipe.writer.write(b"one ")
    pipe.writer.write(b"two")
    pipe.writer.close()

    assert pipe.reader.read().get() == b"one two"
    assert pipe.reader.read().get() == b""
    assert pipe.reader.is_drained


def test_a_read_waits_for_the_next_piece() -> None:
    pipe = Pipe()
    piece = pipe.reader.read()
    assert piece.is_pending

    pipe.writer.write(b"one")

    assert piece.get() == b"one"


def test_a_read_that_waits_sees_the_end() -> None:
    pipe = Pipe()
    piece = pipe.reader.read()

    pipe.writer.close()

    assert piece.get() == b""


def test_a_writer_that_fills_the_pipe_has_room_again_when_it_was_read() -> None:
    pipe = Pipe(room=4, bound=8)
    assert pipe.writer.write(b"abc").get() is True

    room = pipe.writer.write(b"de")
    assert room.is_pending
    assert pipe.reader.read().get() == b"abcde"

    assert room.get() is True


def test_a_reader_that_leaves_more_than_the_bound_unread_is_cut_off() -> None:
    pipe = Pipe(room=4, bound=8)
    pipe.writer.write(b"a" * 9)
    assert pipe.ended.is_pending

    assert pipe.writer.write(b"b").get() is False

    assert pipe.writer.ended.get() is End.CUT_OFF
    with pytest.raises(PipeBroken, match="too slow"):
        pipe.reader.read().get()


def test_a_writer_is_told_that_nobody_reads_any_more() -> None:
    pipe = Pipe(room=1)
    room = pipe.writer.write(b"unread")

    pipe.reader.close()

    assert room.get() is False
    assert pipe.writer.ended.get() is End.UNREAD
    assert pipe.writer.write(b"more").get() is False


def test_a_writer_that_fails_leaves_what_it_wrote_and_no_end() -> None:
    pipe = Pipe()
    pipe.writer.write(b"half")
    pipe.writer.fail()

    assert pipe.reader.read().get() == b"half"
    with pytest.raises(PipeBroken, match="missing"):
        pipe.reader.read().get()
    assert pipe.reader.is_broken
    assert not pipe.reader.is_drained


def test_the_first_end_is_the_one_that_counts() -> None:
    pipe = Pipe()
    pipe.writer.close()
    pipe.writer.fail()
    pipe.reader.close()

    assert pipe.ended.get() is End.FINISHED


def test_a_driver_is_told_of_every_change_and_takes_what_there_is() -> None:
    pipe = Pipe()
    changes: list[bytes] = []
    pipe.reader.on_change(lambda: changes.append(pipe.reader.take()))

    pipe.writer.write(b"one")
    pipe.writer.write(b"two")
    pipe.writer.close()

    assert changes == [b"one", b"two", b""]


def test_reading_all_stops_at_the_limit() -> None:
    assert filled(b"abc").read_all(3).get() == b"abc"
    pipe = Pipe()
    whole = pipe.reader.read_all(3)

    pipe.writer.write(b"abcd")

    with pytest.raises(PipeBroken, match="more than 3 bytes"):
        whole.get()
    assert pipe.ended.get() is End.UNREAD


def test_no_more_is_taken_than_enough_but_a_piece_stays_whole() -> None:
    pipe = Pipe()
    for piece in (b"abc", b"def", b"gh", b"ijklmnop", b"q"):
        pipe.writer.write(piece)

    assert [pipe.reader.take(5) for _ in range(5)] == [b"abcdef", b"ghijklmnop", b"q", b"", b""]


def test_what_a_reader_leaves_of_a_complete_body_is_let_go() -> None:
    meter, pipe = Meter(), Pipe()
    pipe.reader.measured(meter)
    pipe.writer.write(b"unread")
    pipe.writer.close()

    pipe.reader.close()

    assert meter.size == 0
    assert pipe.ended.get() is End.FINISHED


def test_a_crowd_of_slow_readers_has_a_bound_in_common() -> None:
    meter, pipes = Meter(bound=3 * SMALL), [Pipe() for _ in range(4)]
    for pipe in pipes:
        pipe.reader.measured(meter)
        pipe.writer.write(bytes(SMALL + 1))
    assert meter.size == 4 * (SMALL + 1)

    small = Pipe()
    small.reader.measured(meter)
    assert small.writer.write(b"small").get()
    assert small.writer.write(b"small").get()
    assert pipes[0].writer.write(b"more").get() is False
    pipes[1].reader.take()
    assert pipes[2].writer.write(b"more").is_pending

    assert [pipe.ended.is_ready for pipe in pipes] == [True, False, False, False]
    assert meter.size == 2 * (SMALL + 1) + len(b"smallsmallmore")


@given(st.lists(st.one_of(st.binary(max_size=9), st.none()), max_size=40))
def test_nothing_is_lost_or_reordered_and_no_more_is_kept_than_the_bound_and_one_piece(
    turns: list[bytes | None],
) -> None:
    pipe = Pipe(room=5, bound=20)
    written, taken = b"", b""
    for piece in turns:
        if piece is None:
            taken += pipe.reader.take()
        else:
            took = pipe.takes_more()
            pipe.writer.write(piece)
            written += piece if took and pipe.takes_more() else b""
            assert len(written) - len(taken) <= 20 + 9

    if pipe.takes_more():
        assert taken + pipe.reader.take() == written
    else:
        assert pipe.ended.get() is End.CUT_OFF
        assert written.startswith(taken)


@given(st.binary(max_size=100))
def test_a_filled_pipe_gives_back_what_it_was_filled_with(body: bytes) -> None:
    assert filled(body).read_all(100).get() == body
