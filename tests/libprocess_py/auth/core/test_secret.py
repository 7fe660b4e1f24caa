"""Secrets do not show, short ones are refused, and keys depend on everything that was said."""

from __future__ import annotations

import pickle

import pytest

from libprocess_py.auth.core.secret import (
    KEY_ID_SIZE,
    NONCE_SIZE,
    SECRET_MIN,
    SECRETS_MAX,
    Secret,
    Transcript,
    parse_secrets,
)
from libprocess_py.pid import Address

TEXT = "correct horse battery staple"
HERE, THERE, ELSEWHERE = Address("10.0.0.1", 5050), Address("10.0.0.2", 5050), Address("10.0.0.3", 5050)
SAID = Transcript(HERE, THERE, dialer_nonce=b"d" * NONCE_SIZE, listener_nonce=b"l" * NONCE_SIZE)


def test_a_secret_is_in_no_repr_and_is_not_pickled() -> None:
    secret = Secret(TEXT.encode())

    assert TEXT not in repr(secret) + str(secret) + repr((secret,))
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_secrets_are_equal_by_value() -> None:
    assert Secret(b"a" * SECRET_MIN) == Secret(b"a" * SECRET_MIN)
    assert hash(Secret(b"a" * SECRET_MIN)) == hash(Secret(b"a" * SECRET_MIN))
    assert Secret(b"a" * SECRET_MIN) != Secret(b"b" * SECRET_MIN)


def test_a_file_has_the_newest_first_and_may_have_comments() -> None:
    assert parse_secrets(f"# of May\n{TEXT}\n\n  {TEXT} of April \n") == (
        Secret(TEXT.encode()),
        Secret(f"{TEXT} of April".encode()),
    )


def test_a_secret_of_the_least_length_is_taken() -> None:
    least = "x" * SECRET_MIN

    assert parse_secrets(f"{TEXT}\n{least}") == (Secret(TEXT.encode()), Secret(least.encode()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "expected 1 to 8 secrets, one per line, got 0"),
        (f"{TEXT}\nhunter2", "line 2: secret: expected 16 to 4096 bytes, got 7"),
        (f"{TEXT}\n" * (SECRETS_MAX + 1), "expected 1 to 8 secrets, one per line, got 9"),
        ("x" * 5_000, "line 1: secret: expected 16 to 4096 bytes, got 5000"),
    ],
)
def test_an_error_names_the_line_and_never_what_stands_in_it(text: str, expected: str) -> None:
    with pytest.raises(ValueError) as raised:
        parse_secrets(text)

    assert str(raised.value) == expected
    assert raised.value.__cause__ is None


def test_the_id_of_a_secret_differs_from_connection_to_connection() -> None:
    secret = Secret(TEXT.encode())

    assert len(secret.id_for(b"1" * NONCE_SIZE)) == KEY_ID_SIZE
    assert secret.id_for(b"1" * NONCE_SIZE) != secret.id_for(b"2" * NONCE_SIZE)


@pytest.mark.parametrize(
    "other",
    [
        SAID._replace(dialer=ELSEWHERE),
        SAID._replace(listener=ELSEWHERE),
        SAID._replace(dialer=THERE, listener=HERE),
        SAID._replace(dialer_nonce=b"x" * NONCE_SIZE),
        SAID._replace(listener_nonce=b"x" * NONCE_SIZE),
        SAID._replace(dialer_nonce=SAID.listener_nonce, listener_nonce=SAID.dialer_nonce),
    ],
)
def test_keys_are_others_as_soon_as_one_word_was_another(other: Transcript) -> None:
    secret = Secret(TEXT.encode())

    assert not set(SAID.keys(secret)) & set(other.keys(secret))


def test_keys_differ_by_direction_and_by_secret_and_do_not_show() -> None:
    keys = SAID.keys(Secret(TEXT.encode()))

    assert keys.dialer != keys.listener
    assert not set(keys) & set(SAID.keys(Secret(b"x" * SECRET_MIN)))
    assert keys.dialer.hex() not in repr(keys)
    assert repr(keys.dialer) not in repr(keys)
