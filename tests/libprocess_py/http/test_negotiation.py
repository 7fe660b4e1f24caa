"""What a client would rather have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libprocess_py.http.negotiation import preferred

OFFERED = ("text/markdown", "text/html", "application/json")


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "text/markdown"),
        ("*/*", "text/markdown"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("text/*", "text/markdown"),
        ("application/json", "application/json"),
        ("application/json;q=0.5, text/html;q=0.4", "application/json"),
        ("text/markdown;q=0, */*", "text/html"),
        ("text/*;q=0.1, text/html;q=0, application/json;q=0.05", "text/markdown"),
        ("image/png", None),
        ("*/*;q=0", None),
        ("text/html;q=abc", None),
        ("TEXT/HTML ; Q=0.3", "text/html"),
        (",,;;=", None),
    ],
)
def test_the_type_that_the_client_likes_best_is_chosen(accept: str, kind: str | None) -> None:
    assert preferred(accept, OFFERED) == kind


@given(st.text(max_size=200))
def test_any_header_has_an_answer_that_is_offered_or_none(accept: str) -> None:
    assert preferred(accept, OFFERED) in (*OFFERED, None)
