"""A mutational fuzzer for everything that reads strangers' bytes, repeatable by its seed.

`python -m tests.support.wire_fuzz SEED INPUTS` runs it and prints how many inputs it tried. Each input is a valid
stream to which one to four things were done. A claim about it that fails raises `Found`, which shows the input.

The claims: no exception but the parser's own error; the same meaning however the bytes are split; the same whether a
head is known already or not; no more kept than the bounds say.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from typing import Final

from libprocess_py.auth.core.frames import FRAME_MAX, OVERHEAD, FrameError, Opener, Sealer
from libprocess_py.auth.core.handshake import ANSWER_MAX, Agreement, Dialer, HandshakeError, agree
from libprocess_py.auth.core.secret import NONCE_SIZE, Secret
from libprocess_py.core.wire import CHUNK_LINE_MAX, Item, RequestParser
from libprocess_py.core.wire_answers import ACCEPTED, AnswerReader
from libprocess_py.core.wire_head import BODY_MAX, HEAD_MAX, HeadCache, WireError, message_head, parse_head
from libprocess_py.pid import PID, Address

Claim = Callable[[bytes, random.Random], None]

MASTER: Final = PID("master", Address("10.0.0.1", 5050))
AGENT: Final = PID("slave(1)", Address("10.0.0.2", 5051))
HEAD: Final = message_head(MASTER, AGENT, name="mesos.internal.PingSlaveMessage")
SECRET: Final = Secret(b"fuzz" * 8)
NONCE: Final = b"n" * NONCE_SIZE
KEY: Final = bytes(32)
KEPT_MAX: Final = HEAD_MAX + CHUNK_LINE_MAX + 4  # Of an unfinished line, and the end of a head.

# What parsers stumble over.
TOKENS: Final = (
    *(b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\r\n0\r\n\r\n", b"0\r\n", b"\x00", b" ", b"\t", b":", b";", b",", b"\xff"),
    *(b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Content-Length: 99999999999\r\n", b"content-length:0\r\n"),
    *(b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip, chunked\r\n", b"Transfer-Encoding: \r\n"),
    *(b"Connection: close\r\n", b"Expect: 100-continue\r\n", b"Upgrade: h2c\r\n", b"Libprocess-From: x@[::1]:1\r\n"),
    *(b"HTTP/1.0", b"HTTP/2.0", b"GET", b"POST ", b"CONNECT ", b"/../", b"%2f", b"%", b"ffffffff", b"7fffffff\r\n"),
)


class Found(AssertionError):
    """An input of which a claim does not hold."""


def requests() -> list[bytes]:
    message = HEAD + b"5\r\nhello\r\n0\r\n\r\n"
    chunked = b"POST /a/b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    return [
        message,
        message + message_head(MASTER, None, name="Empty", empty=True) + message,
        b"POST /a/M HTTP/1.1\r\nUser-Agent: libprocess/s@1.2.3.4:5\r\nContent-Length: 3\r\n\r\nabc" + message,
        b"GET /metrics/snapshot?x=1 HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n" + message,
        chunked + b"3;a=b\r\nabc\r\n1\r\nd\r\n0\r\nA: b\r\n\r\n" + message,
        b"\r\nPUT /x HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nab",
        _dialer().hello,
    ]


def answers() -> list[bytes]:
    return [
        ACCEPTED * 5,
        ACCEPTED + b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc" + ACCEPTED,
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"
        + ACCEPTED,
    ]


def sealed() -> list[bytes]:
    sealer = Sealer(KEY)
    frames = [b"".join(sealer.seal(payload)) for payload in (b"", b"abc", b"x" * 100, b"")]
    return [b"".join(frames), b"".join(frames[:2])]


def handshakes() -> list[bytes]:
    agreement = _agreement(_dialer().hello)
    return [agreement.answer, agreement.answer + b"".join(agreement.channel.sealer.seal(b"abc"))]


def _dialer() -> Dialer:
    return Dialer((SECRET,), NONCE, ours=AGENT.address, theirs=MASTER.address)


def _agreement(hello: bytes) -> Agreement:
    return agree(parse_head(hello).headers, (SECRET,), nonce=NONCE, ours=MASTER.address)


# Claims


_WARM: Final = HeadCache()


def reads_requests(data: bytes, rng: random.Random) -> None:
    """A cache that knows all heads, one that knows none, and any split: one meaning."""
    whole = _requests_in((data,), _WARM)
    if _requests_in(split(data, rng), _WARM) != whole:
        raise Found(f"a split changes the meaning of {data!r}")
    if _requests_in((data,), HeadCache()) != whole:
        raise Found(f"a head that is known means something else in {data!r}")


def _requests_in(pieces: tuple[bytes, ...], cache: HeadCache) -> tuple[list[Item], int | None]:
    parser, items = RequestParser(cache), []
    for piece in pieces:
        items += parser.feed(piece)
        if len(parser._rest) > KEPT_MAX + len(piece) or parser.collected > BODY_MAX:
            raise Found(f"keeps {len(parser._rest)} and {parser.collected} bytes of {pieces!r}")
    return items, parser.error.status if parser.error else None


def reads_answers(data: bytes, rng: random.Random) -> None:
    if _answers_in((data,)) != _answers_in(split(data, rng)):
        raise Found(f"a split changes the meaning of {data!r}")


def _answers_in(pieces: tuple[bytes, ...]) -> tuple[int, dict[int, int], bool]:
    reader = AnswerReader()
    try:
        for piece in pieces:
            reader.feed(piece)
    except WireError:
        return reader.accepted, reader.refused, False
    return reader.accepted, reader.refused, True


def reads_frames(data: bytes, rng: random.Random) -> None:
    """Also: nothing opens but what was sealed, in its order."""
    whole = _frames_in((data,))
    if whole != _frames_in(split(data, rng)):
        raise Found(f"a split changes the meaning of {data!r}")
    if not (b"abc" + b"x" * 100).startswith(whole[0]):
        raise Found(f"opens what was never sealed: {data!r}")


def _frames_in(pieces: tuple[bytes, ...]) -> tuple[bytes, str]:
    opener, opened = Opener(KEY), b""
    for piece in pieces:
        opened += opener.feed(piece)
        if len(opener._rest) > FRAME_MAX + OVERHEAD:
            raise Found(f"keeps {len(opener._rest)} bytes of {pieces!r}")
    return opened, opener.error.reason if opener.error else ""


def shakes_hands(data: bytes, rng: random.Random) -> None:
    """What is no answer of the listener leads to no channel that opens anything."""
    whole = _handshake_in((data,))
    if whole != _handshake_in(split(data, rng)):
        raise Found(f"a split changes the meaning of {data!r}")
    if whole and not b"abc".startswith(whole):
        raise Found(f"opens what was never sealed: {data!r}")


def _handshake_in(pieces: tuple[bytes, ...]) -> bytes | None:
    dialer, opened = _dialer(), None
    for piece in pieces:
        try:
            more = dialer.feed(piece)
        except (HandshakeError, FrameError):
            return None  # The connection ends, and with it all that came.
        if len(dialer.answer) > ANSWER_MAX + len(piece):
            raise Found(f"keeps {len(dialer.answer)} bytes of {pieces!r}")
        opened = more if opened is None else opened + (more or b"")
    return opened


def says_hello(data: bytes, rng: random.Random) -> None:
    """A hello that was changed is refused, or leads to keys that the dialer does not have."""
    del rng
    try:
        agreement = _agreement(data)
    except (WireError, HandshakeError):
        return
    if agreement.dialer != AGENT.address and agreement.answer == _agreement(_dialer().hello).answer:
        raise Found(f"speaks for {agreement.dialer} with the keys of another: {data!r}")


# Each with its seeds; the first is what most strangers' bytes go through, so it has most of the inputs.
TARGETS: Final[tuple[tuple[Claim, list[bytes]], ...]] = (
    *((reads_requests, requests()) for _ in range(5)),
    (reads_answers, answers()),
    *((reads_frames, sealed()) for _ in range(2)),
    (shakes_hands, handshakes()),
    (says_hello, [_dialer().hello]),
)


def split(data: bytes, rng: random.Random) -> tuple[bytes, ...]:
    first = int(rng.random() * (len(data) + 1))
    second = first + int(rng.random() * (len(data) - first + 1))
    return data[:first], data[first:second], data[second:]


def mutated(data: bytes, rng: random.Random) -> bytes:
    """One to four changes: a byte, a piece left out or said twice, a word that parsers stumble over, the end cut."""
    chance = rng.random
    for _ in range(1 + int(chance() ** 2 * 4)):
        at, kind = int(chance() * len(data)), int(chance() * 6)
        if kind == 0:
            data = data[:at] + bytes((int(chance() * 256),)) + data[at + 1 :]
        elif kind == 1:
            data = data[:at] + data[at + 1 + int(chance() * 8) :]
        elif kind == 2:
            end = at + int(chance() * 40)
            data = data[:end] + data[at:]
        elif kind == 3:
            data = data[:at]
        else:
            data = data[:at] + TOKENS[int(chance() * len(TOKENS))] + data[at:]
    return data


def inputs(seed: int, count: int) -> Iterator[tuple[Claim, bytes]]:
    rng = random.Random(seed)
    for number in range(count):
        claim, seeds = TARGETS[number % len(TARGETS)]
        yield claim, mutated(seeds[int(rng.random() * len(seeds))], rng)


def fuzz(seed: int, count: int) -> int:
    """Try that many inputs. How many there were; raises Found, or whatever a parser should never raise."""
    rng = random.Random(seed + 1)
    tried = 0
    for claim, data in inputs(seed, count):
        try:
            claim(data, rng)
        except Found:
            raise
        except Exception as error:
            raise Found(f"{claim.__name__}: {type(error).__name__} from {data!r}") from error
        tried += 1
    return tried


if __name__ == "__main__":
    sys.stdout.write(f"{fuzz(int(sys.argv[1]), int(sys.argv[2]))}\n")
