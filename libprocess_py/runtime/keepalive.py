"""Connections to a host that vanished: it says nothing, and neither does TCP unless it is asked to look.

A host that loses power or its network closes nothing. With these options the system probes a connection on which
nothing moves, and gives one up on which nothing is acknowledged: a link is lost within half a minute either way.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Final

IDLE_S: Final = 15  # Silence after which the system begins to probe.
INTERVAL_S: Final = 5  # Between probes.
PROBES: Final = 3  # Unanswered ones: two may be lost by a busy network.
UNACKNOWLEDGED_MS: Final = 30_000  # For data that nobody acknowledges; the system would go on for 15 minutes.

# By name, because not every system has all of them; there its own times hold.
_OPTIONS: Final = (
    ("TCP_KEEPIDLE", IDLE_S),
    ("TCP_KEEPINTVL", INTERVAL_S),
    ("TCP_KEEPCNT", PROBES),
    ("TCP_USER_TIMEOUT", UNACKNOWLEDGED_MS),
)


def notice_silence(transport: asyncio.BaseTransport) -> None:
    """Have the system end this connection when the other host is gone without a word."""
    connection = transport.get_extra_info("socket")
    if connection is None or connection.family not in (socket.AF_INET, socket.AF_INET6):
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _OPTIONS:
        if hasattr(socket, name):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
