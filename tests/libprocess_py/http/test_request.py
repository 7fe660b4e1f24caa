"""Request targets taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libprocess_py.http.request import QUERY_FIELDS_MAX, Request


def a_request(target: str) -> Request:
    return Request.of("GET", target, headers={}, body=b"", peer="127.0.0.1")


def test_a_target_is_a_path_and_a_query() -> None:
    request = a_request("/files/read?path=%2Ftmp%2Fa+b&offset=&path=/etc")

    assert request.path == "/files/read"
    assert request.query == {"path": "/etc", "offset": ""}
    assert request.target == "/files/read?path=%2Ftmp%2Fa+b&offset=&path=/etc"


def test_the_absolute_form_and_fragments_are_reduced_to_the_path() -> None:
    assert a_request("http://master:5050/state?a=b#top").path == "/state"
    assert a_request("http://master:5050").path == "/"


def test_a_url_in_the_query_is_not_taken_for_the_absolute_form() -> None:
    assert a_request("/redirect?to=http://other/place").path == "/redirect"


@pytest.mark.parametrize("target", ["", "*", "state", "?a=b", "/a?" + "b=c&" * (QUERY_FIELDS_MAX + 1)])
def test_what_is_no_path_or_too_long_is_refused(target: str) -> None:
    with pytest.raises(ValueError, match=r"expected a path|fields"):
        a_request(target)


def test_within_changes_the_path_only() -> None:
    request = Request.of("POST", "/a/b?c=d", headers={"e": "f"}, body=b"g", peer="h")

    inner = request.within("/b")

    assert inner.path == "/b"
    assert inner.within("/a/b") == request


@given(st.text(max_size=60))
def test_any_target_is_a_request_or_a_value_error(text: str) -> None:
    try:
        path = a_request(text).path
    except ValueError:
        path = "/"

    assert path.startswith("/")
