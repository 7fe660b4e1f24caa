"""The handshake of two nodes that share a secret: who dials proves it to who listens, and the other way round.

1. The dialer asks for an upgrade of its HTTP connection: a nonce, its own address, the address it means to reach, and
   an id for each secret that it has.
2. The listener answers 101 with a nonce of its own and the id of the first of these secrets that it has, too, and its
   first sealed frame, which is empty.
3. The dialer sends its first frame, empty as well, and whatever it has to say.

Both know the connection's keys after one message of the other. To seal a frame with them is to know the secret and to
have seen the same nonces and addresses, so the first frame of either side is its proof; nothing a peer says before is
acted on. Each direction has a key of its own: what one side has said cannot be said back to it. The address that the
dialer means is part of the keys, so a listener that passes the handshake on to another one gains nothing.

A listener without authentication answers as HTTP servers do to an unknown path: not 101. Pure: chance comes in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from libprocess_py.auth.core.frames import Opener, Sealer
from libprocess_py.auth.core.secret import KEY_ID_SIZE, LABEL, NONCE_SIZE, SECRETS_MAX, Secret, Transcript
from libprocess_py.pid import Address

PATH: Final = "/__authenticate__"
ANSWER_MAX: Final = 4_096  # Bytes of a 101; ours has under 300.
SWITCHING: Final = b"HTTP/1.1 101 "
HEAD_END: Final = b"\r\n\r\n"

# Why a handshake is refused: the last part of its counter's name.
MALFORMED: Final = "malformed"
MISDIRECTED: Final = "misdirected"
NO_SHARED_SECRET: Final = "no_shared_secret"
NOT_OFFERED: Final = "not_offered"  # Said by a dialer: the listener gave an ordinary answer.


class HandshakeError(Exception):
    """The other side cannot be authenticated. `reason` is one of the words above."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text


@dataclass(frozen=True, slots=True)
class Channel:
    """The two directions of an authenticated connection, seen from one side."""

    sealer: Sealer
    opener: Opener


class Dialer:
    """The side that opens the connection. `hello` goes out first; `feed` takes what comes back."""

    def __init__(self, secrets: Sequence[Secret], nonce: bytes, *, ours: Address, theirs: Address) -> None:
        assert len(nonce) == NONCE_SIZE
        self._by_id = {secret.id_for(nonce): secret for secret in secrets}
        self._nonce = nonce
        self._ours = ours
        self._theirs = theirs
        self.answer = b""  # What has come before the first frame.
        self.channel: Channel | None = None
        self.secret: Secret | None = None  # The one in common, with the channel.

    @property
    def hello(self) -> bytes:
        ids = ",".join(id.hex() for id in self._by_id)
        return (
            f"GET {PATH} HTTP/1.1\r\nHost: {self._theirs}\r\nConnection: Upgrade\r\nUpgrade: {LABEL.decode()}\r\n"
            f"Libprocess-Dialer: {self._ours}\r\nLibprocess-Listener: {self._theirs}\r\n"
            f"Libprocess-Nonce: {self._nonce.hex()}\r\nLibprocess-Keys: {ids}\r\n\r\n"
        ).encode()

    @property
    def is_refused(self) -> bool:
        """Whether the listener gives an ordinary answer: it does not authenticate, or not with us."""
        return self.channel is None and not SWITCHING.startswith(self.answer[: len(SWITCHING)])

    def feed(self, data: bytes) -> bytes | None:
        """Go on with the listener's bytes: what follows its proof, or None if there is none yet. Then see `is_refused`.

        Raises HandshakeError, or FrameError for a listener that does not know the secret it names.
        """
        if self.channel is None:
            self.answer += data
            end = self.answer.find(HEAD_END) + len(HEAD_END)
            if (self.is_refused or end < len(HEAD_END)) and len(self.answer) > ANSWER_MAX:
                raise HandshakeError(MALFORMED, f"answer of more than {ANSWER_MAX} bytes")
            if self.is_refused or end < len(HEAD_END):
                return None
            self.channel = self._understand(self.answer[:end])
            data = self.answer[end:]
        opener = self.channel.opener
        opened = opener.feed(data)
        if opener.error is not None:
            raise opener.error
        return opened if opener.has_proof else None

    def _understand(self, head: bytes) -> Channel:
        headers = _headers(head)
        secret = self._by_id.get(_hex(headers, "libprocess-key", size=KEY_ID_SIZE))
        if secret is None:
            raise HandshakeError(NO_SHARED_SECRET, "the peer names a secret that it was not asked for")
        nonce = _hex(headers, "libprocess-nonce", size=NONCE_SIZE)
        keys = Transcript(self._ours, self._theirs, dialer_nonce=self._nonce, listener_nonce=nonce).keys(secret)
        self.secret = secret
        return Channel(Sealer(keys.dialer), Opener(keys.listener))


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a listener answers to a hello, and the connection from there on."""

    dialer: Address  # Whom the other side speaks for, once its first frame has come.
    answer: bytes
    channel: Channel
    secret: Secret  # The one in common.


def agree(headers: Mapping[str, str], secrets: Sequence[Secret], *, nonce: bytes, ours: Address) -> Agreement:
    """The listener's part. `headers` are those of the hello, in lower case. Raises HandshakeError."""
    assert len(nonce) == NONCE_SIZE
    if headers.get("upgrade") != LABEL.decode():
        raise HandshakeError(MALFORMED, f"Upgrade: expected {LABEL.decode()}")
    dialer, listener = _address(headers, "libprocess-dialer"), _address(headers, "libprocess-listener")
    dialer_nonce = _hex(headers, "libprocess-nonce", size=NONCE_SIZE)
    if listener != ours:
        raise HandshakeError(MISDIRECTED, f"the handshake is meant for {listener}, this is {ours}")
    if dialer == ours:
        raise HandshakeError(MISDIRECTED, f"the dialer calls itself {dialer}, which is this node")
    by_id = {secret.id_for(dialer_nonce): secret for secret in secrets}
    for id in _ids(headers):
        secret = by_id.get(id)
        if secret is not None:
            break
    else:
        raise HandshakeError(NO_SHARED_SECRET, "no secret in common")
    keys = Transcript(dialer, listener, dialer_nonce=dialer_nonce, listener_nonce=nonce).keys(secret)
    sealer = Sealer(keys.listener)
    head = (
        f"{SWITCHING.decode()}Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: {LABEL.decode()}\r\n"
        f"Libprocess-Nonce: {nonce.hex()}\r\nLibprocess-Key: {id.hex()}\r\n\r\n"
    )
    answer = b"".join((head.encode(), *sealer.seal(b"")))
    return Agreement(dialer, answer, Channel(sealer, Opener(keys.dialer)), secret)


def _headers(head: bytes) -> dict[str, str]:
    """The fields of an answer of our own making: one line each, none repeated."""
    lines = [line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:] if line]
    return {name.lower(): value.strip() for name, _, value in lines}


def _ids(headers: Mapping[str, str]) -> list[bytes]:
    texts = headers.get("libprocess-keys", "").split(",")
    if len(texts) > SECRETS_MAX:
        raise HandshakeError(MALFORMED, f"libprocess-keys: expected at most {SECRETS_MAX}, got {len(texts)}")
    return [_from_hex("libprocess-keys", text.strip(), size=KEY_ID_SIZE) for text in texts]


def _hex(headers: Mapping[str, str], name: str, *, size: int) -> bytes:
    return _from_hex(name, headers.get(name, ""), size=size)


def _from_hex(name: str, text: str, *, size: int) -> bytes:
    try:
        value = bytes.fromhex(text) if len(text) == 2 * size else b""
    except ValueError:
        value = b""
    if len(value) != size:
        raise HandshakeError(MALFORMED, f"{name}: expected {2 * size} hexadecimal digits")
    return value


def _address(headers: Mapping[str, str], name: str) -> Address:
    try:
        return Address.parse(headers.get(name, ""))
    except ValueError as error:
        raise HandshakeError(MALFORMED, f"{name}: {error}") from None
