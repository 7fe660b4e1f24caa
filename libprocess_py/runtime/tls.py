"""TLS on the node's port, under the names that libprocess gives its settings.

Who listens shows its certificate, and so does who dials. A chain that verifies proves who the other side is, for the IP
addresses that its certificate names (subjectAltName): a peer's messages may come from actors at these, at any port, and
it counts as authenticated. A certificate without addresses encrypts, and proves nothing about actors.

Names are checked when we dial. Scheme `openssl`: the certificate has to name the address that was dialled. Scheme
`legacy`: that, if `verify_ipadd`; otherwise the name that the resolver has for the address, as libprocess did it.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from libprocess_py.flags import FlagError, flag, load, one_of, parse_bool
from libprocess_py.pid import Address

PREFIX: Final = "LIBPROCESS_SSL_"
HANDSHAKE_S: Final = 10.0  # Two round trips and a signature; the system would wait for a minute.


class TlsError(ValueError):
    """Certificate, key and authorities make no TLS. The text names the file."""


@dataclass(frozen=True)
class _Variables:
    """The settings as the environment has them; names that libprocess used before are known, too."""

    enabled: bool = flag("Speak TLS.", default=False, parse=parse_bool)
    support_downgrade: bool = flag(
        "Take connections without TLS on the same port, too.", default=False, parse=parse_bool
    )
    cert_file: Path | None = flag("Certificate chain, PEM.", default=None, parse=Path)  # noqa: RUF009  # Frozen.
    key_file: Path | None = flag("Its private key, PEM.", default=None, parse=Path)  # noqa: RUF009  # Frozen.
    ca_file: Path | None = flag("Authorities to trust, PEM.", default=None, parse=Path)  # noqa: RUF009  # Frozen.
    ca_dir: Path | None = flag("Folder of authorities, by hash.", default=None, parse=Path)  # noqa: RUF009  # Frozen.
    verify_server_cert: bool = flag(
        "Connect only to who has a certificate that verifies.",
        default=False,
        parse=parse_bool,
        aliases=("verify_cert",),
    )
    require_client_cert: bool = flag(
        "Take connections only of who has one.", default=False, parse=parse_bool, aliases=("require_cert",)
    )
    verify_ipadd: bool = flag("Names of a certificate may be addresses.", default=False, parse=parse_bool)
    hostname_validation_scheme: str = flag(
        "How names are checked: legacy or openssl.", default="legacy", parse=one_of("legacy", "openssl")
    )


@dataclass(frozen=True, kw_only=True)
class TlsSettings:
    """How a node speaks TLS. Verification is off unless asked for, as in libprocess: then it only encrypts."""

    cert_file: Path
    key_file: Path
    ca_file: Path | None = None  # Neither this nor `ca_dir`: the system's authorities.
    ca_dir: Path | None = None
    support_downgrade: bool = False  # Plain connections on the same port, told apart by their first byte.
    verify_server_cert: bool = False
    require_client_cert: bool = False
    verify_ipadd: bool = False
    hostname_validation_scheme: str = "legacy"

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self | None:
        """Settings from LIBPROCESS_SSL_ENABLED, _CERT_FILE, ...; None unless enabled. Raises FlagError."""
        found = vars(load(_Variables, {}, environ=environ, prefix=PREFIX))
        if not found.pop("enabled"):
            return None
        for name in ("cert_file", "key_file"):
            if found[name] is None:
                raise FlagError(f"{PREFIX}{name.upper()}: required with {PREFIX}ENABLED")
        return cls(**found)

    def listening(self) -> ssl.SSLContext:
        """For connections that others open. Raises TlsError."""
        context = self._context(ssl.PROTOCOL_TLS_SERVER)
        if self.require_client_cert:
            context.verify_mode = ssl.CERT_REQUIRED
        elif self.verify_server_cert:
            context.verify_mode = ssl.CERT_OPTIONAL  # Who shows one is known by it.
        return context

    def dialing(self) -> ssl.SSLContext:
        """For connections that we open. Raises TlsError."""
        context = self._context(ssl.PROTOCOL_TLS_CLIENT)
        if not self.verify_server_cert:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    async def name_of(self, address: Address) -> str:
        """What the certificate of a node at that address has to be made out to."""
        if not self.verify_server_cert or self.verify_ipadd or self.hostname_validation_scheme == "openssl":
            return address.ip
        try:
            host, _ = await asyncio.get_running_loop().getnameinfo(address, socket.NI_NAMEREQD)
        except OSError:  # The address has no name: then it has to be the address.
            return address.ip
        return host

    def _context(self, protocol: int) -> ssl.SSLContext:
        context = ssl.SSLContext(protocol)
        context.minimum_version = ssl.TLSVersion.TLSv1_2  # Older ones are broken.
        try:
            context.load_cert_chain(self.cert_file, self.key_file)
        except (OSError, ssl.SSLError) as error:
            raise TlsError(f"certificate {str(self.cert_file)!r} with key {str(self.key_file)!r}: {error}") from error
        try:
            if self.ca_file is None and self.ca_dir is None:
                context.load_default_certs()
            else:
                context.load_verify_locations(self.ca_file, self.ca_dir)
        except (OSError, ssl.SSLError) as error:
            raise TlsError(f"authorities {str(self.ca_file or self.ca_dir)!r}: {error}") from error
        return context


def certified_ips(transport: asyncio.BaseTransport) -> frozenset[str]:
    """The addresses that the other side's verified certificate names; none if there is no such certificate."""
    certificate: dict[str, Any] | None = transport.get_extra_info("peercert")
    if not certificate:  # Also that of a certificate which was not verified.
        return frozenset()
    names = certificate.get("subjectAltName", ())
    return frozenset(str(ipaddress.ip_address(value.strip())) for kind, value in names if kind == "IP Address")
