"""Who asks? Realms name the routes that want to know, authenticators find out.

A route names a realm; whoever runs the node gives the realm an authenticator, or replaces it, at any time. A realm that
has none leaves its routes open: whether a cluster has passwords is its operator's choice, not that of its endpoints.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final, Protocol

from libprocess_py.future import Future, ready
from libprocess_py.http.request import Request
from libprocess_py.message import Record

READ_REALM: Final = "libprocess-readonly"  # Of the runtime's own routes that only show something.
WRITE_REALM: Final = "libprocess-readwrite"  # Of those that change something, such as the level of the log.


class Authenticated(Record):
    """It is known who asks."""

    principal: str


class Unauthorized(Record):
    """Nothing, or nothing true, was shown: 401, with what could be shown."""

    challenges: tuple[str, ...]  # Each a value of WWW-Authenticate.
    message: str = ""


class Forbidden(Record):
    """Whoever asks is not to come in, whatever else they show: 403."""

    message: str = ""


Verdict = Authenticated | Unauthorized | Forbidden


class Authenticator(Protocol):
    """Finds out who sent a request: at once, or later if somebody else must be asked."""

    def authenticate(self, request: Request) -> Verdict | Future[Verdict]: ...


class Authenticators:
    """Of one node, by realm."""

    def __init__(self) -> None:
        self._by_realm: dict[str, Authenticator] = {}

    def set(self, realm: str, authenticator: Authenticator | None) -> None:
        """From now on; None opens the realm's routes to everybody."""
        if authenticator is None:
            self._by_realm.pop(realm, None)
        else:
            self._by_realm[realm] = authenticator

    def get(self, realm: str | None) -> Authenticator | None:
        return None if realm is None else self._by_realm.get(realm)


class BasicAuthenticator:
    """Names and passwords, as every browser can ask for them. Without TLS everybody on the way reads them."""

    def __init__(self, realm: str, credentials: Mapping[str, str]) -> None:
        assert realm.isprintable(), f"realm {realm!r}: expected printable text"
        assert '"' not in realm, f"realm {realm!r}: expected no quotes, which end it"
        self._challenge = f'Basic realm="{realm}"'
        self._digests = {name: _digest(password.encode()) for name, password in credentials.items()}
        self._nobody = _digest(b"")

    def authenticate(self, request: Request) -> Verdict:
        name, password = _credentials(request.headers.get("authorization", ""))
        # Digests have one length, and an unknown name costs a comparison too: time tells nothing about either.
        matches = hmac.compare_digest(self._digests.get(name, self._nobody), _digest(password))
        if matches and name in self._digests:
            return Authenticated(principal=name)
        return Unauthorized(challenges=(self._challenge,))


class CombinedAuthenticator:
    """Several: the first that knows who asks decides. If none does, all challenges are shown, else all refusals."""

    def __init__(self, *authenticators: Authenticator) -> None:
        assert authenticators, "expected at least one authenticator"
        self._authenticators = authenticators

    def authenticate(self, request: Request) -> Verdict | Future[Verdict]:
        return self._ask(request, ())

    def _ask(self, request: Request, refusals: tuple[Unauthorized | Forbidden, ...]) -> Verdict | Future[Verdict]:
        if len(refusals) == len(self._authenticators):
            return _together(refusals)
        verdict = self._authenticators[len(refusals)].authenticate(request)
        if isinstance(verdict, Future):
            return verdict.then(lambda told: _as_future(self._next(request, refusals, verdict=told)))
        return self._next(request, refusals, verdict=verdict)

    def _next(
        self, request: Request, refusals: tuple[Unauthorized | Forbidden, ...], *, verdict: Verdict
    ) -> Verdict | Future[Verdict]:
        return verdict if isinstance(verdict, Authenticated) else self._ask(request, (*refusals, verdict))


def _together(refusals: tuple[Unauthorized | Forbidden, ...]) -> Verdict:
    message = " ".join(refusal.message for refusal in refusals if refusal.message)
    unauthorized = [refusal for refusal in refusals if isinstance(refusal, Unauthorized)]
    if unauthorized:
        challenges = tuple(challenge for refusal in unauthorized for challenge in refusal.challenges)
        return Unauthorized(challenges=challenges, message=message)
    return Forbidden(message=message)


def _as_future(verdict: Verdict | Future[Verdict]) -> Future[Verdict]:
    return verdict if isinstance(verdict, Future) else ready(verdict)


def _digest(password: bytes) -> bytes:
    return hashlib.sha256(password).digest()


def _credentials(header: str) -> tuple[str, bytes]:
    """The name and password of a Basic header; empty ones, which are nobody's, for anything else."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", b""
    try:
        name, _, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        return name.decode(), password
    except (binascii.Error, ValueError):
        return "", b""
