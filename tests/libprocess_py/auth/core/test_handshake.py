"""Both sides prove the secret, to the node they mean and to no other."""

from __future__ import annotations

import pytest

from libprocess_py.auth.core.frames import FORGED, FrameError
from libprocess_py.auth.core.handshake import (
    ANSWER_MAX,
    MALFORMED,
    MISDIRECTED,
    NO_SHARED_SECRET,
    PATH,
    Agreement,
    Channel,
    Dialer,
    HandshakeError,
    agree,
)
from libprocess_py.auth.core.secret import NONCE_SIZE, Secret
from libprocess_py.core.wire_head import parse_head
from libprocess_py.pid import Address

HERE, THERE = Address("10.0.0.1", 5050), Address("fe80::2", 5051)
OLD, NEW, OTHER = Secret(b"old" * 8), Secret(b"new" * 8), Secret(b"other" * 8)
NONCE_HERE, NONCE_THERE = b"h" * NONCE_SIZE, b"t" * NONCE_SIZE


def a_dialer(*secrets: Secret, theirs: Address = THERE) -> Dialer:
    return Dialer(secrets or (NEW,), NONCE_HERE, ours=HERE, theirs=theirs)


def listened(dialer: Dialer, *secrets: Secret, ours: Address = THERE) -> Agreement:
    head = parse_head(dialer.hello)
    assert head.target == PATH
    return agree(head.headers, secrets or (NEW,), nonce=NONCE_THERE, ours=ours)


def reason_of(headers: dict[str, str]) -> str:
    with pytest.raises(HandshakeError) as raised:
        agree(headers, (NEW,), nonce=NONCE_THERE, ours=THERE)
    return raised.value.reason


def channel_of(dialer: Dialer) -> Channel:
    assert dialer.channel is not None
    return dialer.channel


def test_both_sides_can_read_each_other_afterwards() -> None:
    dialer = a_dialer()
    agreement = listened(dialer)

    assert dialer.feed(agreement.answer) == b""
    here, there = channel_of(dialer), agreement.channel
    sent = here.sealer.seal(b"") + here.sealer.seal(b"there")

    assert there.opener.feed(b"".join(sent)) == b"there"
    assert here.opener.feed(b"".join(there.sealer.seal(b"here"))) == b"here"
    assert agreement.dialer == HERE


def test_the_answer_may_come_byte_by_byte_and_with_more_behind_it() -> None:
    dialer = a_dialer()
    agreement = listened(dialer)
    stream = agreement.answer + b"".join(agreement.channel.sealer.seal(b"more"))

    opened = [dialer.feed(stream[i : i + 1]) for i in range(len(stream))]

    assert b"".join(part for part in opened if part) == b"more"
    assert opened[: len(agreement.answer) - 1] == [None] * (len(agreement.answer) - 1)


@pytest.mark.parametrize(
    ("ours", "theirs", "chosen"),
    [((NEW, OLD), (OLD,), OLD), ((OLD,), (NEW, OLD), OLD), ((NEW, OLD), (OLD, NEW), NEW)],
)
def test_while_secrets_rotate_the_dialer_s_newest_common_one_is_used(
    ours: tuple[Secret, ...], theirs: tuple[Secret, ...], chosen: Secret
) -> None:
    dialer = a_dialer(*ours)

    agreement = listened(dialer, *theirs)

    assert dialer.feed(agreement.answer) == b""
    assert f"Libprocess-Key: {chosen.id_for(NONCE_HERE).hex()}\r\n".encode() in agreement.answer


def test_without_a_common_secret_there_is_no_agreement() -> None:
    with pytest.raises(HandshakeError) as raised:
        listened(a_dialer(OLD, OTHER))

    assert raised.value.reason == NO_SHARED_SECRET


def test_a_listener_that_only_names_the_secret_is_found_out() -> None:
    dialer = a_dialer()
    honest = listened(dialer).answer
    head, _, proof = honest.partition(b"\r\n\r\n")

    with pytest.raises(FrameError) as raised:
        dialer.feed(head + b"\r\n\r\n" + proof[:-1] + bytes((proof[-1] ^ 1,)))

    assert raised.value.reason == FORGED


def test_a_dialer_that_only_names_the_secret_is_found_out() -> None:
    agreement = listened(a_dialer())
    impostor = a_dialer(OTHER)
    other = listened(impostor, OTHER)
    impostor.feed(other.answer)

    agreement.channel.opener.feed(b"".join(channel_of(impostor).sealer.seal(b"")))

    assert agreement.channel.opener.error is not None
    assert not agreement.channel.opener.has_proof


def test_what_a_side_says_cannot_be_said_back_to_it() -> None:
    dialer = a_dialer()
    agreement = listened(dialer)
    dialer.feed(agreement.answer)
    proof = b"".join(channel_of(dialer).sealer.seal(b""))

    channel_of(dialer).opener.feed(proof)
    agreement.channel.opener.feed(agreement.answer.partition(b"\r\n\r\n")[2])

    assert channel_of(dialer).opener.error is not None
    assert agreement.channel.opener.error is not None


def test_a_recorded_dialer_proves_nothing_to_a_listener_with_another_nonce() -> None:
    dialer = a_dialer()
    dialer.feed(listened(dialer).answer)
    recorded = b"".join(channel_of(dialer).sealer.seal(b""))
    again = agree(parse_head(dialer.hello).headers, (NEW,), nonce=b"u" * NONCE_SIZE, ours=THERE)

    again.channel.opener.feed(recorded)

    assert again.channel.opener.error is not None


def test_a_handshake_meant_for_another_node_is_refused() -> None:
    with pytest.raises(HandshakeError) as raised:
        listened(a_dialer(theirs=Address("10.0.0.9", 1)))

    assert raised.value.reason == MISDIRECTED


def test_a_dialer_s_own_hello_sent_back_to_it_is_refused() -> None:
    with pytest.raises(HandshakeError) as raised:
        listened(a_dialer(theirs=HERE), ours=HERE)

    assert raised.value.reason == MISDIRECTED


@pytest.mark.parametrize(
    "change",
    [
        {"upgrade": "websocket"},
        {"libprocess-nonce": "00"},
        {"libprocess-nonce": "zz" * NONCE_SIZE},
        {"libprocess-dialer": "nowhere"},
        {"libprocess-listener": ""},
        {"libprocess-keys": ""},
        {"libprocess-keys": ",".join(["00" * 8] * 9)},
    ],
)
def test_a_malformed_hello_is_refused(change: dict[str, str]) -> None:
    headers = dict(parse_head(a_dialer().hello).headers)

    assert reason_of(headers | change) == MALFORMED


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", MALFORMED),
        (b"HTTP/1.1 101 Switching Protocols\r\nLibprocess-Key: 0000000000000000\r\n\r\n", NO_SHARED_SECRET),
        (b"HTTP/1.1 101 " + b"x" * ANSWER_MAX, MALFORMED),
        (b"HTTP/1.1 404 " + b"x" * ANSWER_MAX, MALFORMED),
    ],
)
def test_a_dialer_refuses_an_answer_that_is_none(head: bytes, reason: str) -> None:
    with pytest.raises(HandshakeError) as raised:
        a_dialer().feed(head)

    assert raised.value.reason == reason


def test_a_dialer_sees_a_listener_that_does_not_authenticate() -> None:
    dialer = a_dialer()

    assert dialer.feed(b"HTTP/1.1 4") is None
    assert dialer.is_refused
    assert dialer.feed(b"04 Not Found\r\n\r\n") is None
    assert dialer.answer == b"HTTP/1.1 404 Not Found\r\n\r\n"
