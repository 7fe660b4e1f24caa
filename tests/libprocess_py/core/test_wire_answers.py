"""Answers to messages, however they are split."""

from __future__ import annotations

import itertools
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libprocess_py.core.wire_answers import ACCEPTED, AnswerReader
from libprocess_py.core.wire_head import WireError
from libprocess_py.http.encoding import CONTINUE, encode_response
from libprocess_py.http.response import Response

answers = st.sampled_from(
    [ACCEPTED, encode_response(Response.error(404)), b"HTTP/1.1 202 Accepted\r\nDate: x\r\nContent-Length: 0\r\n\r\n"]
)


@given(st.lists(answers, max_size=8), st.lists(st.integers(0, 2_000), max_size=8))
def test_answers_are_counted_the_same_however_they_are_split(parts: list[bytes], cuts: list[int]) -> None:
    data, reader = b"".join(parts), AnswerReader()
    edges = [0, *sorted(at % (len(data) + 1) for at in cuts), len(data)]

    count = sum(reader.feed(data[start:end]) for start, end in itertools.pairwise(edges))

    assert count == len(parts)
    assert reader.accepted == sum(b"202" in part for part in parts)
    assert sum(reader.refused.values()) == sum(b"404" in part for part in parts)


def test_an_interim_answer_is_not_counted() -> None:
    reader = AnswerReader()

    assert reader.feed(CONTINUE) == 0
    assert reader.feed(ACCEPTED) == 1


@given(st.binary(max_size=200))
def test_bytes_that_are_no_answer_raise_only_our_own_error(data: bytes) -> None:
    with suppress(WireError):
        assert AnswerReader().feed(data) <= len(data)


def test_an_answer_that_is_no_http_is_an_error() -> None:
    with pytest.raises(WireError):
        AnswerReader().feed(b"220 mail.example.com ESMTP\r\n")
