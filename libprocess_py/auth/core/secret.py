"""Shared secrets, and what is derived from one for a single connection.

A secret never leaves this module in a form that a log, an error or a repr could show. On the wire it is named by an id
that depends on a nonce, so that ids of two connections cannot be compared; whoever sees one can only test guesses,
which is why short secrets are refused. Keys of a connection come from the secret and from everything that was said
before: both nonces, both addresses and the protocol's label, one key per direction, so that nothing sealed for one
connection, peer or direction opens on another.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import Final, NamedTuple

from libprocess_py.pid import Address

LABEL: Final = b"libprocess-hmac/1"
NONCE_SIZE: Final = 32  # Bytes of chance from either side; half of it would do against collisions.
KEY_ID_SIZE: Final = 8  # Enough to tell the few secrets of one node apart.
SECRET_MIN: Final = 16  # Bytes: 128 bits if they are random; less can be guessed from one recorded handshake.
SECRET_MAX: Final = 4_096  # A line of a file; more is surely not a secret but the wrong file.
SECRETS_MAX: Final = 8  # Accepted at a time: a rotation needs two. Each costs a peer's handshake one digest.
DIGEST: Final = "sha256"


class Secret:
    """Bytes that both sides know. Equal by value; shown as nothing."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        if not SECRET_MIN <= len(value) <= SECRET_MAX:
            raise ValueError(f"secret: expected {SECRET_MIN} to {SECRET_MAX} bytes, got {len(value)}")
        self._value = value

    def digest(self, data: bytes) -> bytes:
        return hmac.digest(self._value, data, DIGEST)

    def id_for(self, nonce: bytes) -> bytes:
        """The name of this secret on a connection whose dialer chose `nonce`."""
        return self.digest(LABEL + b" id " + nonce)[:KEY_ID_SIZE]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value, other._value)

    def __hash__(self) -> int:
        return hash(Secret)  # One bucket for all: a hash of the value would be a hint at it.

    def __repr__(self) -> str:
        return "Secret(...)"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a secret is not pickled")


def parse_secrets(text: str) -> tuple[Secret, ...]:
    """One secret per line, the newest first; empty lines and lines that begin with # are comments.

    Raises ValueError naming the line, never what stands in it.
    """
    secrets: list[Secret] = []
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        try:
            secrets.append(Secret(stripped.encode()))
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
    if not 0 < len(secrets) <= SECRETS_MAX:
        raise ValueError(f"expected 1 to {SECRETS_MAX} secrets, one per line, got {len(secrets)}")
    return tuple(secrets)


class ConnectionKeys(NamedTuple):
    """What seals the frames of one connection, by who sends them."""

    dialer: bytes
    listener: bytes

    def __repr__(self) -> str:
        return "ConnectionKeys(...)"


class Transcript(NamedTuple):
    """What both sides have said and must agree on before any key of theirs is the same."""

    dialer: Address
    listener: Address
    dialer_nonce: bytes
    listener_nonce: bytes

    def keys(self, secret: Secret) -> ConnectionKeys:
        parts = (LABEL, str(self.dialer).encode(), str(self.listener).encode(), self.dialer_nonce, self.listener_nonce)
        session = secret.digest(_unambiguous(parts))
        return ConnectionKeys(
            hmac.digest(session, b"from the dialer", DIGEST), hmac.digest(session, b"from the listener", DIGEST)
        )


def _unambiguous(parts: Sequence[bytes]) -> bytes:
    """No two lists of parts give the same bytes."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
