"""Frames open in their order, whole and unchanged, however they were split; anything else is refused by its reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libprocess_py.auth.core.frames import (
    FORGED,
    FRAME_MAX,
    HEADER,
    OVERHEAD,
    OVERSIZED,
    REORDERED,
    REPLAYED,
    TRUNCATED,
    Opener,
    Sealer,
)

KEY = bytes(range(32))


def frames_of(*payloads: bytes) -> list[bytes]:
    """One frame each, behind the empty first one."""
    sealer = Sealer(KEY)
    return [b"".join(sealer.seal(payload)) for payload in (b"", *payloads)]


def reason_of(data: bytes) -> str:
    opener = Opener(KEY)
    opener.feed(data)
    opener.end()
    return opener.error.reason if opener.error is not None else "none: it was taken"


@given(st.lists(st.binary(max_size=100), max_size=5), st.lists(st.integers(1, 200), min_size=1, max_size=20))
def test_how_bytes_are_split_means_nothing(payloads: list[bytes], sizes: list[int]) -> None:
    stream = b"".join(frames_of(*payloads))
    opener, opened, position = Opener(KEY), b"", 0

    while position < len(stream):
        for size in sizes:
            opened += opener.feed(stream[position : position + size])
            position += size
    opener.end()

    assert opened == b"".join(payloads)
    assert opener.error is None
    assert opener.is_between
    assert opener.has_proof


def test_what_is_larger_than_a_frame_goes_in_several() -> None:
    data = bytes(range(256)) * (FRAME_MAX // 100)
    sealer, opener = Sealer(KEY), Opener(KEY)

    opened = opener.feed(b"".join(sealer.seal(b""))) + opener.feed(b"".join(sealer.seal(data)))

    assert opened == data


def test_no_bit_can_be_changed() -> None:
    first, frame, following = frames_of(b"abc", b"d" * 1_000)
    for bit in range(8 * (OVERHEAD + 3)):
        changed = bytearray(frame)
        changed[bit // 8] ^= 1 << bit % 8

        assert reason_of(first + bytes(changed) + following) in {FORGED, OVERSIZED, TRUNCATED}


def test_a_frame_that_came_before_is_refused() -> None:
    first, second = frames_of(b"pay a hundred")

    assert reason_of(first + second + second) == REPLAYED
    assert reason_of(first + first) == REPLAYED


def test_frames_keep_their_order_and_none_is_left_out() -> None:
    first, second, third = frames_of(b"second", b"third")

    assert reason_of(first + third + second) == REORDERED
    assert reason_of(second) in {REORDERED, OVERSIZED}


def test_a_frame_of_another_key_is_refused() -> None:
    first = b"".join(Sealer(bytes(32)).seal(b""))

    assert reason_of(first) == FORGED


def test_a_length_beyond_the_bound_is_refused_before_its_bytes_come() -> None:
    first, *_ = frames_of()

    assert reason_of(first + HEADER.pack(FRAME_MAX + 1, 1)) == OVERSIZED
    assert reason_of(HEADER.pack(1, 0)) == OVERSIZED  # The first shows nothing but the key.


@pytest.mark.parametrize("missing", [1, 31, 32, 35, 46])
def test_a_connection_that_ends_within_a_frame_was_cut(missing: int) -> None:
    first, second = frames_of(b"abc")

    assert reason_of(first + second[:-missing]) == TRUNCATED


def test_frames_before_the_first_error_are_given_and_nothing_after_it() -> None:
    first, second, third = frames_of(b"second", b"third")
    opener = Opener(KEY)

    assert opener.feed(first + second + second + third) == b"second"
    assert opener.feed(third) == b""
    assert opener.error is not None


def test_nothing_of_a_frame_is_used_before_it_is_whole() -> None:
    first, second = frames_of(b"abc")
    opener = Opener(KEY)
    opener.feed(first)

    assert [opener.feed(second[i : i + 1]) for i in range(len(second) - 1)] == [b""] * (len(second) - 1)
    assert opener.feed(second[-1:]) == b"abc"
