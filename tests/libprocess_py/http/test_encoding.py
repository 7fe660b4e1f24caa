"""Responses as bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libprocess_py.core.wire_answers import ACCEPTED
from libprocess_py.http.encoding import encode_response
from libprocess_py.http.response import Response


def test_headers_come_in_the_order_that_clients_depend_on() -> None:
    response = Response(200, b"{}", "application/json", (("Mesos-Stream-Id", "1"),))

    assert encode_response(response) == (
        b"HTTP/1.1 200 OK\r\nMesos-Stream-Id: 1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    )


def test_the_answer_to_a_message_is_the_one_that_senders_know() -> None:
    assert encode_response(Response(202)) == ACCEPTED


def test_json_and_errors_name_their_type() -> None:
    assert Response.json({"a": [1, None]}) == Response(200, b'{"a":[1,null]}', "application/json")
    assert Response.error(404) == Response(404, b"404 Not Found.", "text/plain; charset=utf-8")


def test_some_statuses_have_neither_body_nor_length() -> None:
    assert encode_response(Response(204, b"ignored")) == b"HTTP/1.1 204 No Content\r\n\r\n"


def test_head_keeps_the_length_and_drops_the_body() -> None:
    assert encode_response(Response(200, b"abc"), with_body=False) == b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"


def test_the_last_answer_says_so_and_unregistered_statuses_have_no_phrase() -> None:
    data = encode_response(Response(299), keep_alive=False)

    assert data == b"HTTP/1.1 299 \r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@given(st.sampled_from("\r\n\0"), st.text(max_size=5), st.text(max_size=5))
def test_no_header_can_smuggle_another_one_in(bad: str, before: str, after: str) -> None:
    with pytest.raises(ValueError, match="expected one line"):
        encode_response(Response(200, headers=(("A", before + bad + after),)))
    with pytest.raises(ValueError, match="expected one line"):
        encode_response(Response(200, headers=((before + bad + after, "b"),)))


def test_headers_that_are_no_pairs_are_refused_though_they_could_pass_for_some() -> None:
    with pytest.raises(TypeError, match="headers: expected a tuple of pairs, not dict"):
        encode_response(Response(200, headers={"TE": "x"}))  # type: ignore[arg-type]  # As without types.
