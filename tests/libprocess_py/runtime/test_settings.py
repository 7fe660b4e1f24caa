"""A node's settings and the environment they come from."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

from libprocess_py import Rate
from libprocess_py.duration import MINUTE
from libprocess_py.flags import FlagError
from libprocess_py.pid import Address
from libprocess_py.runtime.settings import NodeSettings, trust_of


def test_the_environment_names_the_address_as_in_libprocess() -> None:
    environ = {
        "LIBPROCESS_IP": "10.0.0.1",
        "LIBPROCESS_PORT": "5050",
        "LIBPROCESS_ADVERTISE_IP": "192.168.0.1",
        "LIBPROCESS_ADVERTISE_PORT": "80",
        "LIBPROCESS_REQUIRE_PEER_ADDRESS_IP_MATCH": "true",
        "LIBPROCESS_METRICS_SNAPSHOT_ENDPOINT_RATE_LIMIT": "10/1mins",
    }

    settings = NodeSettings.from_environ(environ)

    assert (settings.ip, settings.port) == ("10.0.0.1", 5050)
    assert settings.advertised(Address("10.0.0.1", 5050), "10.0.0.1") == Address("192.168.0.1", 80)
    assert settings.require_peer_address_ip_match
    assert settings.options.metrics_rate == Rate(10, MINUTE)


def test_an_empty_environment_gives_the_defaults() -> None:
    assert NodeSettings.from_environ({}) == NodeSettings()


def test_arguments_win_over_the_environment() -> None:
    settings = NodeSettings.from_environ({"LIBPROCESS_PORT": "5050"}, port=6060, delegate="master")

    assert (settings.port, settings.delegate) == (6060, "master")


@pytest.mark.parametrize(
    ("variable", "text", "expected"),
    [
        ("LIBPROCESS_IP", "localhost", "expected an IP address"),
        ("LIBPROCESS_ADVERTISE_IP", "1.2.3", "expected an IP address"),
        ("LIBPROCESS_PORT", "http", "expected a port from 0 to 65535"),
        ("LIBPROCESS_PORT", "65536", "expected a port from 0 to 65535"),
        ("LIBPROCESS_ADVERTISE_PORT", "-1", "expected a port from 0 to 65535"),
        ("LIBPROCESS_REQUIRE_PEER_ADDRESS_IP_MATCH", "perhaps", "expected true or false"),
        ("LIBPROCESS_CONNECTIONS_MAX", "0", "expected a number from 1"),
        ("LIBPROCESS_SECRET_FILE", "/nowhere", "secret file '/nowhere': No such file"),
        ("LIBPROCESS_PLAIN_PEERS", "10.0.0.1/8", "10.0.0.1/8 has host bits set"),
        ("LIBPROCESS_PLAIN_PEERS", "10.0.0.0/8", "plain_peers: expected only where there are secrets"),
        ("LIBPROCESS_METRICS_SNAPSHOT_ENDPOINT_RATE_LIMIT", "2", "rate '2': expected a number and a duration"),
        ("LIBPROCESS_METRICS_SNAPSHOT_ENDPOINT_RATE_LIMIT", "0/1secs", "rate 0/1secs: expected at least one permit"),
    ],
)
def test_a_bad_value_is_named_by_its_variable(variable: str, text: str, expected: str) -> None:
    with pytest.raises(FlagError, match=f"^{variable}: {expected}"):
        NodeSettings.from_environ({variable: text})


def test_peers_are_told_the_reachable_address_instead_of_any_interface() -> None:
    settings = NodeSettings(ip="0.0.0.0")

    assert settings.advertised(Address("0.0.0.0", 5050), "10.0.0.1") == Address("10.0.0.1", 5050)
    assert settings.advertised(Address("127.0.0.1", 5050), "10.0.0.1") == Address("127.0.0.1", 5050)


def test_the_environment_names_the_file_of_secrets_and_who_may_go_without(tmp_path: Path) -> None:
    file = tmp_path / "secrets"
    file.write_text("a secret of this test\n")
    settings = NodeSettings.from_environ(
        {
            "LIBPROCESS_SECRET_FILE": str(file),
            "LIBPROCESS_PLAIN_PEERS": "10.0.0.7, 192.168.0.0/16,fd00::/8",
            "LIBPROCESS_UNIX_PATH": "/run/node.sock",
            "LIBPROCESS_CONNECTIONS_MAX": "7",
        }
    )

    assert settings.secret_file == file
    assert [str(network) for network in settings.plain_peers] == ["10.0.0.7/32", "192.168.0.0/16", "fd00::/8"]
    assert settings.unix_path == Path("/run/node.sock")
    assert settings.connections_max == 7


@pytest.mark.parametrize("text", ["hunter2-hunter2-hunter2", "file:///dev/null", "/secrets\nhunter2"])
def test_a_secret_in_the_place_of_its_file_is_not_repeated(text: str) -> None:
    with pytest.raises(FlagError) as raised:
        NodeSettings.from_environ({"LIBPROCESS_SECRET_FILE": text})

    assert str(raised.value) == "LIBPROCESS_SECRET_FILE: expected an absolute path"


def test_exceptions_without_a_rule_are_refused() -> None:
    with pytest.raises(ValueError, match="plain_peers: expected only where there are secrets"):
        NodeSettings(plain_peers=(ipaddress.ip_network("10.0.0.0/8"),)).keyring()


def test_who_is_started_by_a_node_is_told_whom_to_trust_and_nothing_else() -> None:
    environ = {
        "LIBPROCESS_SECRET_FILE": "/etc/secrets",
        "LIBPROCESS_PLAIN_PEERS": "10.0.0.0/8",
        "LIBPROCESS_SSL_ENABLED": "1",
        "LIBPROCESS_SSL_CERT_FILE": "cert.pem",
        "LIBPROCESS_IP": "10.0.0.1",
        "PATH": "/bin",
    }

    assert trust_of(environ) == {
        "LIBPROCESS_SECRET_FILE": "/etc/secrets",
        "LIBPROCESS_PLAIN_PEERS": "10.0.0.0/8",
        "LIBPROCESS_SSL_ENABLED": "1",
        "LIBPROCESS_SSL_CERT_FILE": str(Path.cwd() / "cert.pem"),
    }
