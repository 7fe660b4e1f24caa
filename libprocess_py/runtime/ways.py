"""How a node gets to others: TCP, TLS, or a Unix socket where an address of this host has one."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from libprocess_py.pid import Address
from libprocess_py.runtime.tls import HANDSHAKE_S, TlsSettings

DOWNGRADE_S: Final = 4.0  # Who may go without TLS, and says nothing to ours for so long, is spoken to without.

Factory = Callable[[], asyncio.Protocol]


class Ways:
    """Opens connections to addresses."""

    def __init__(self, tls: TlsSettings | None = None, paths: Mapping[Address, Path] | None = None) -> None:
        """Raises TlsError."""
        self._tls = tls
        self._context = tls.dialing() if tls is not None else None
        self._paths = dict(paths or {})

    async def open(self, factory: Factory, address: Address) -> None:
        """Raises OSError, of which a failed TLS handshake is one."""
        loop = asyncio.get_running_loop()
        path = self._paths.get(address)
        if path is not None:
            await loop.create_unix_connection(factory, str(path))
        elif self._tls is None or not await self._opened_securely(factory, address, tls=self._tls):
            await loop.create_connection(factory, address.ip, address.port)

    async def _opened_securely(self, factory: Factory, address: Address, *, tls: TlsSettings) -> bool:
        """False if the other side speaks no TLS and may go without."""
        try:
            await asyncio.get_running_loop().create_connection(
                factory,
                address.ip,
                address.port,
                ssl=self._context,
                server_hostname=await tls.name_of(address),
                ssl_handshake_timeout=DOWNGRADE_S if tls.support_downgrade else HANDSHAKE_S,
            )
        except ssl.SSLCertVerificationError:
            raise
        except (ssl.SSLError, ConnectionResetError, ConnectionAbortedError):
            if not tls.support_downgrade:
                raise
            return False
        return True
