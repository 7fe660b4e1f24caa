"""Addresses of this host and of others: which of ours a peer reaches, and what a host name stands for."""

from __future__ import annotations

import ipaddress
import socket

from libprocess_py.pid import Address


def local_ip_towards(peer: Address) -> str:
    """The address that packets to `peer` leave from: what a node should listen on to be answered.

    Nothing is sent: connecting a datagram socket asks the routing table. Raises OSError where no route leads there.
    """
    family = socket.AF_INET6 if ":" in peer.ip else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((peer.ip, peer.port))
        return str(probe.getsockname()[0])


def resolved(text: str) -> str:
    """`host:port` or `id@host:port` with the host's first address in the place of its name; anything else as it is.

    Asks the system's resolver, which may take seconds. Raises ValueError for a name that stands for no address.
    """
    id, at, address = text.rpartition("@")
    host, colon, port = address.rpartition(":")
    if not colon or not host or _is_address(host.strip("[]")):
        return text
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ValueError(f"{text!r}: no address is known for the host {host!r}") from None
    ip = str(found[0][4][0])
    return f"{id}{at}[{ip}]:{port}" if ":" in ip else f"{id}{at}{ip}:{port}"


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
