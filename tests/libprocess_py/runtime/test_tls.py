"""TLS over real sockets: who is let in, whom a certificate speaks for, and plain connections beside."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from libprocess_py.auth.core.secret import Secret
from libprocess_py.core.wire import TLS_FIRST
from libprocess_py.flags import FlagError
from libprocess_py.pid import Address
from libprocess_py.runtime.loop_node import start_node
from libprocess_py.runtime.settings import NodeSettings
from libprocess_py.runtime.tls import TlsError, TlsSettings
from libprocess_py.runtime.tls_server import SHAKING_MAX, Bounds, TlsServer
from tests.libprocess_py.runtime.test_security import Shy
from tests.support.event_loop import on_loop
from tests.support.wire_actors import Echo, Listener, RawClient, a_message, tell


@dataclass
class Authority:
    """Makes certificates, and files of them."""

    ca: trustme.CA
    folder: Path

    @property
    def file(self) -> Path:
        self.ca.cert_pem.write_to_path(self.folder / "ca.pem")
        return self.folder / "ca.pem"

    def settings(self, *names: str, **others: object) -> TlsSettings:
        """With a certificate for those names, mutual unless said otherwise."""
        pair = self.ca.issue_cert(*names)
        cert, key = self.folder / f"{names[0]}.pem", self.folder / f"{names[0]}.key"
        pair.private_key_and_cert_chain_pem.write_to_path(cert)
        pair.private_key_pem.write_to_path(key)
        mutual: dict[str, object] = {"verify_server_cert": True, "require_client_cert": True, "verify_ipadd": True}
        return TlsSettings(cert_file=cert, key_file=key, ca_file=self.file, **{**mutual, **others})  # type: ignore[arg-type]  # By name.


@asynccontextmanager
async def a_tls_server(authority: Authority, bounds: Bounds, *, plain: bool) -> AsyncIterator[Address]:
    """What a node has at its port, alone, with nobody behind it: where it listens."""
    sock = socket.create_server(("127.0.0.1", 0))
    context = authority.settings("127.0.0.1").listening()
    server = TlsServer(sock, asyncio.Protocol, context=context, plain=plain, bounds=bounds)
    await server.start_serving()
    try:
        yield Address(*sock.getsockname())
    finally:
        server.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(trustme.CA(), tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Nobody trusts it."""
    return Authority(trustme.CA(), tmp_path_factory.mktemp("stranger"))


@on_loop
async def test_nodes_with_certificates_of_one_authority_talk_and_are_authenticated(authority: Authority) -> None:
    settings = NodeSettings(tls=authority.settings("127.0.0.1"))
    async with await start_node(settings) as here, await start_node(settings) as there:
        there.spawn(shy := Shy("shy"))
        there.spawn(echo := Echo())

        tell(here, shy.pid, 1)
        source = tell(here, echo.pid, *range(1_000))

        assert await shy.heard(1) == [1]
        assert await source.heard(1_000) == list(range(1_000))


@on_loop
async def test_who_has_no_certificate_or_one_of_a_stranger_is_not_let_in(
    authority: Authority, stranger: Authority
) -> None:
    async with await start_node(NodeSettings(tls=authority.settings("127.0.0.1"))) as node:
        node.spawn(listener := Listener())
        lax = {"verify_server_cert": False, "require_client_cert": False}
        for tls in (None, stranger.settings("127.0.0.1", **lax)):
            async with await start_node(NodeSettings(tls=tls)) as other:
                assert await tell(other, listener.pid, 1).lost() == [listener.pid]

        assert listener.numbers == []


@pytest.mark.parametrize("scheme", ["openssl", "legacy"])
@on_loop
async def test_a_dialer_refuses_a_certificate_for_another_address(authority: Authority, scheme: str) -> None:
    wrong = authority.settings("10.9.8.7")
    right = authority.settings("127.0.0.1", hostname_validation_scheme=scheme)
    async with await start_node(NodeSettings(tls=right)) as here, await start_node(NodeSettings(tls=wrong)) as there:
        there.spawn(listener := Listener())

        assert await tell(here, listener.pid, 1).lost() == [listener.pid]
        assert listener.numbers == []


@on_loop
async def test_the_legacy_scheme_asks_for_the_name_that_the_resolver_has(authority: Authority) -> None:
    tls = authority.settings("localhost", verify_ipadd=False, require_client_cert=False)
    async with await start_node(NodeSettings(tls=tls)) as here, await start_node(NodeSettings(tls=tls)) as there:
        there.spawn(listener := Listener())

        tell(here, listener.pid, 1)

        assert await listener.heard(1) == [1]


@on_loop
async def test_a_certificate_speaks_for_its_addresses_only(authority: Authority) -> None:
    tls = authority.settings("127.0.0.1")
    async with await start_node(NodeSettings(tls=tls)) as node:
        node.spawn(Listener())
        reader, writer = await asyncio.open_connection(*node.address, ssl=tls.dialing(), server_hostname="127.0.0.1")
        client = RawClient(reader, writer)

        lie = await client.ask(a_message("listener", "Ping", sender="master@10.0.0.1:5050"))
        truth = await client.ask(a_message("listener", "Ping", sender="master@127.0.0.1:5050"))

        assert (lie.status, truth.status) == (400, 202)
        assert b"certificate is made out to 127.0.0.1" in lie.body
        writer.close()


@on_loop
async def test_a_certificate_without_an_address_encrypts_and_proves_nothing(authority: Authority) -> None:
    tls = authority.settings("node.example", verify_server_cert=False)
    async with await start_node(NodeSettings(tls=tls)) as here, await start_node(NodeSettings(tls=tls)) as there:
        there.spawn(shy := Shy("shy"))
        there.spawn(listener := Listener())

        tell(here, shy.pid, 1)
        tell(here, listener.pid, 2)

        assert await listener.heard(1) == [2]
        assert shy.numbers == []


@on_loop
async def test_with_secrets_a_certificate_is_proof_enough_and_so_is_a_secret_inside_tls(authority: Authority) -> None:
    secrets = (Secret(b"ours" * 8),)
    mutual = authority.settings("127.0.0.1")
    one_sided = TlsSettings(**{**vars(mutual), "require_client_cert": False, "verify_server_cert": False})
    for there_tls, here_settings in (
        (mutual, NodeSettings(tls=mutual)),
        (one_sided, NodeSettings(tls=one_sided, secrets=secrets)),
    ):
        async with (
            await start_node(here_settings) as here,
            await start_node(NodeSettings(tls=there_tls, secrets=secrets)) as there,
        ):
            there.spawn(shy := Shy("shy"))
            tell(here, shy.pid, 1)
            assert await shy.heard(1) == [1]


@on_loop
async def test_one_port_takes_both_where_the_operator_allows_it(authority: Authority) -> None:
    tls = authority.settings("127.0.0.1", support_downgrade=True, require_client_cert=False)
    async with await start_node(NodeSettings(tls=tls)) as node, await start_node() as plain:
        node.spawn(listener := Listener())
        plain.spawn(sink := Listener("sink"))
        async with await start_node(NodeSettings(tls=tls)) as secure:
            tell(secure, listener.pid, 1)
            await listener.heard(1)
            source = tell(plain, listener.pid, 2)
            await listener.heard(2)
            back = tell(node, sink.pid, 3)

            assert await sink.heard(1) == [3]
            assert listener.numbers == [1, 2]
            assert source.gone == back.gone == []


@on_loop
async def test_on_a_mixed_port_who_hangs_up_or_lies_about_tls_harms_nobody(authority: Authority) -> None:
    tls = authority.settings("127.0.0.1", support_downgrade=True, require_client_cert=False)
    async with await start_node(NodeSettings(tls=tls)) as node:
        node.spawn(Echo())
        async with await RawClient.connect(node.address):
            pass
        async with await RawClient.connect(node.address) as liar:
            liar.say(TLS_FIRST + b"\x00" * 20)
            await liar.rest()
        async with await RawClient.connect(node.address) as client:
            assert (await client.ask(b"GET /echo/path HTTP/1.1\r\n\r\n")).status == 200


@on_loop
async def test_of_those_who_say_nothing_on_a_mixed_port_the_oldest_is_hung_up_on(authority: Authority) -> None:
    async with a_tls_server(authority, Bounds(greeted_max=2), plain=True) as address:
        clients = [await RawClient.connect(address) for _ in range(3)]

        assert await clients[0].rest() == b""
        assert not any(client.reader.at_eof() for client in clients[1:])
    for client in clients:
        client.writer.close()


@on_loop
async def test_of_those_who_begin_a_handshake_of_tls_and_never_end_it_the_oldest_is_hung_up_on(
    authority: Authority,
) -> None:
    tls = authority.settings("127.0.0.1", require_client_cert=False)
    async with await start_node(NodeSettings(tls=tls)) as node, await start_node(NodeSettings(tls=tls)) as friend:
        node.spawn(listener := Listener())
        clients = [await RawClient.connect(node.address) for _ in range(SHAKING_MAX + 1)]
        for client in clients:
            client.say(TLS_FIRST)

        with suppress(ConnectionResetError):
            await clients[0].rest()
        tell(friend, listener.pid, 1)

        assert await listener.heard(1) == [1]
        assert not any(client.reader.at_eof() for client in clients[2:])
        for client in clients:
            client.writer.close()


@on_loop
async def test_who_speaks_no_tls_where_only_that_is_spoken_is_hung_up_on(authority: Authority) -> None:
    tls = authority.settings("127.0.0.1", require_client_cert=False)
    async with await start_node(NodeSettings(tls=tls)) as node, await RawClient.connect(node.address) as client:
        client.say(b"GET /echo/path HTTP/1.1\r\n\r\n")

        with suppress(ConnectionResetError):
            assert await client.rest() == b""
        assert not node.driver.connections


def test_the_environment_names_the_settings_as_in_libprocess(authority: Authority) -> None:
    made = authority.settings("127.0.0.1")
    environ = {
        "LIBPROCESS_SSL_ENABLED": "1",
        "LIBPROCESS_SSL_CERT_FILE": str(made.cert_file),
        "LIBPROCESS_SSL_KEY_FILE": str(made.key_file),
        "LIBPROCESS_SSL_CA_FILE": str(made.ca_file),
        "LIBPROCESS_SSL_VERIFY_CERT": "true",
        "LIBPROCESS_SSL_REQUIRE_CLIENT_CERT": "true",
        "LIBPROCESS_SSL_VERIFY_IPADD": "true",
    }

    assert NodeSettings.from_environ(environ).tls == made
    assert NodeSettings.from_environ({**environ, "LIBPROCESS_SSL_ENABLED": "0"}).tls is None


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"CERT_FILE": "/c"}, "LIBPROCESS_SSL_KEY_FILE: required with LIBPROCESS_SSL_ENABLED"),
        ({"HOSTNAME_VALIDATION_SCHEME": "lax"}, "expected legacy or openssl, got 'lax'"),
    ],
)
def test_a_bad_environment_is_named(variables: dict[str, str], expected: str) -> None:
    environ = {"LIBPROCESS_SSL_ENABLED": "1"} | {f"LIBPROCESS_SSL_{name}": text for name, text in variables.items()}

    with pytest.raises(FlagError, match=expected):
        NodeSettings.from_environ(environ)


@on_loop
async def test_files_of_no_use_are_named_at_the_start(authority: Authority, tmp_path: Path) -> None:
    made = authority.settings("127.0.0.1")
    for change in ({"cert_file": tmp_path / "none"}, {"ca_file": tmp_path / "none"}):
        with pytest.raises(TlsError, match="none"):
            await start_node(NodeSettings(tls=TlsSettings(**{**vars(made), **change})))


@on_loop
async def test_old_versions_of_tls_are_refused(authority: Authority) -> None:
    tls = authority.settings("127.0.0.1", require_client_cert=False)
    assert tls.listening().minimum_version is ssl.TLSVersion.TLSv1_2
    assert tls.dialing().minimum_version is ssl.TLSVersion.TLSv1_2


@on_loop
async def test_an_answer_that_ends_its_connection_does_so_over_tls_too(authority: Authority) -> None:
    tls = authority.settings("127.0.0.1", require_client_cert=False)
    trusting = ssl.create_default_context()
    authority.ca.configure_trust(trusting)
    async with await start_node(NodeSettings(tls=tls)) as node:
        node.spawn(Echo())
        reader, writer = await asyncio.open_connection(*node.address, ssl=trusting)
        complaints: list[str] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context["message"]))

        writer.write(b"GET /echo/path HTTP/1.0\r\n\r\n")
        answer = await reader.read()
        writer.close()

    assert answer.endswith(b"Connection: close\r\n\r\n/path")
    assert complaints == []
