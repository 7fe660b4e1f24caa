"""Which of this host's addresses others reach it by."""

from __future__ import annotations

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
