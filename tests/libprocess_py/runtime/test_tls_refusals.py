"""TLS over real sockets: whom a node neither lets in nor speaks to, and what nobody can talk it into."""

from __future__ import annotations

import asyncio
import datetime
import ssl
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from libprocess_py.runtime.loop_node import start_node
from libprocess_py.runtime.settings import NodeSettings
from libprocess_py.runtime.tls import TlsSettings
from libprocess_py.runtime.tls_server import Bounds
from tests.libprocess_py.runtime.test_tls import Authority, a_tls_server
from tests.support.event_loop import on_loop
from tests.support.wire_actors import Listener, RawClient, a_message, tell

PAST = datetime.datetime(2001, 1, 1, tzinfo=datetime.UTC)


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(trustme.CA(), tmp_path_factory.mktemp("tls"))


def expired(issuer: Authority, folder: Path) -> TlsSettings:
    pair = issuer.ca.issue_cert("127.0.0.1", not_before=PAST, not_after=PAST + datetime.timedelta(days=1))
    pair.private_key_and_cert_chain_pem.write_to_path(folder / "expired.pem")
    return replace(issuer.settings("127.0.0.1"), cert_file=folder / "expired.pem", key_file=folder / "expired.pem")


@on_loop
async def test_who_shows_no_certificate_is_not_let_in_where_one_is_required(issuer: Authority) -> None:
    trusting = ssl.create_default_context()
    issuer.ca.configure_trust(trusting)
    async with await start_node(NodeSettings(tls=issuer.settings("127.0.0.1"))) as node:
        node.spawn(listener := Listener())

        with suppress(ssl.SSLError, ConnectionError):  # With TLS 1.3 that is told after the client's own handshake.
            async with RawClient(*await asyncio.open_connection(*node.address, ssl=trusting)) as client:
                client.say(a_message("listener", "Ping"))
                assert await client.rest() == b""

        assert listener.numbers == []
        assert not node.driver.connections


@on_loop
async def test_a_certificate_that_has_expired_is_worth_nothing_on_either_side(
    issuer: Authority, tmp_path: Path
) -> None:
    valid, old = issuer.settings("127.0.0.1"), expired(issuer, tmp_path)
    for dialer, listens in ((valid, old), (replace(old, verify_server_cert=False), valid)):
        async with (
            await start_node(NodeSettings(tls=dialer)) as here,
            await start_node(NodeSettings(tls=listens)) as there,
        ):
            there.spawn(listener := Listener())

            assert await tell(here, listener.pid, 1).lost() == [listener.pid]
            assert listener.numbers == []


@on_loop
async def test_a_node_with_tls_says_nothing_in_the_open_unless_it_may(issuer: Authority) -> None:
    tls = issuer.settings("127.0.0.1", verify_server_cert=False, require_client_cert=False)
    async with await start_node(NodeSettings(tls=tls)) as here, await start_node() as plain:
        plain.spawn(sink := Listener())

        assert await tell(here, sink.pid, 1).lost() == [sink.pid]
        assert sink.numbers == []


@on_loop
async def test_a_certificate_that_does_not_verify_is_no_reason_to_speak_in_the_open(issuer: Authority) -> None:
    wrong = issuer.settings("10.9.8.7", support_downgrade=True, require_client_cert=False)
    right = issuer.settings("127.0.0.1", support_downgrade=True)
    async with await start_node(NodeSettings(tls=right)) as here, await start_node(NodeSettings(tls=wrong)) as there:
        there.spawn(sink := Listener())

        assert await tell(here, sink.pid, 1).lost() == [sink.pid]
        assert sink.numbers == []


@on_loop
async def test_who_says_nothing_where_only_tls_is_spoken_is_hung_up_on_in_time(issuer: Authority) -> None:
    async with (
        a_tls_server(issuer, Bounds(timeout_s=0.02), plain=False) as address,
        await RawClient.connect(address) as client,
    ):
        assert await client.rest() == b""
