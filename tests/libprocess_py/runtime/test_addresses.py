"""Host names become addresses, once, where a program is told them."""

from __future__ import annotations

import pytest

from libprocess_py.pid import Address
from libprocess_py.runtime.addresses import local_ip_towards, resolved


@pytest.mark.parametrize(
    "text", ["10.0.0.1:5050", "master@10.0.0.1:5050", "[::1]:5050", "master@[::1]:5050", "no port", ":5050", ""]
)
def test_what_has_no_name_in_it_stays_as_it_is(text: str) -> None:
    assert resolved(text) == text


@pytest.mark.parametrize(("text", "start"), [("localhost:5050", ""), ("master@localhost:5050", "master@")])
def test_a_name_is_replaced_by_its_address(text: str, start: str) -> None:
    assert resolved(text) in {f"{start}127.0.0.1:5050", f"{start}[::1]:5050"}


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 300, "ex..ample"])
def test_a_name_without_an_address_is_named_in_the_error(host: str) -> None:
    with pytest.raises(ValueError, match="no address is known for the host"):
        resolved(f"{host}:5050")


def test_a_peer_on_this_host_is_reached_from_the_loopback_address() -> None:
    assert local_ip_towards(Address("127.0.0.1", 5050)) == "127.0.0.1"
