"""A body is what came, in whatever pieces."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from libprocess_py.core.wire_body import LARGE, Body

pieces = st.one_of(st.binary(max_size=50), st.integers(LARGE - 1, LARGE + 1).map(lambda size: b"x" * size))


@given(st.lists(pieces, max_size=8))
def test_a_body_is_its_pieces_in_their_order(parts: list[bytes]) -> None:
    body = Body()
    for part in parts:
        body.add(part)

    assert body.size == sum(map(len, parts))
    assert body.whole() == b"".join(parts)
