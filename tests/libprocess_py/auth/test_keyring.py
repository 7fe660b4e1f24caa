"""Secrets from a file follow the file, and survive its accidents."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from libprocess_py.auth.core.secret import Secret
from libprocess_py.auth.keyring import FILE_MAX, Keyring, SecretFileError

OLD, NEW = "the secret of April", "the secret of May 2"


def written(path: Path, *secrets: str) -> Path:
    """A new file in the place of the old one, as tools that rotate secrets do it."""
    fresh = path.with_suffix(".new")
    fresh.write_text("\n".join(secrets))
    os.replace(fresh, path)
    return path


def secrets_of(*texts: str) -> tuple[Secret, ...]:
    return tuple(Secret(text.encode()) for text in texts)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    file = written(tmp_path / "secrets", OLD)
    keyring = Keyring(file=file)
    before = keyring.current()

    written(file, NEW, OLD)

    assert before == secrets_of(OLD)
    assert keyring.current() == secrets_of(NEW, OLD)


@pytest.mark.parametrize("accident", ["", "short", "\x00" * 10])
def test_a_file_that_became_useless_leaves_the_secrets_as_they_were(tmp_path: Path, accident: str) -> None:
    file = written(tmp_path / "secrets", OLD)
    keyring = Keyring(file=file)

    written(file, accident)

    assert keyring.current() == secrets_of(OLD)
    assert str(file) in keyring.problem


def test_a_file_that_vanished_leaves_the_secrets_as_they_were_until_it_is_back(tmp_path: Path) -> None:
    file = written(tmp_path / "secrets", OLD)
    keyring = Keyring(file=file)

    file.unlink()
    during = keyring.current()
    problem = keyring.problem
    written(file, NEW)

    assert during == secrets_of(OLD)
    assert problem == f"secret file {str(file)!r}: No such file or directory"
    assert keyring.current() == secrets_of(NEW)
    assert not keyring.problem


def test_what_is_given_stays_behind_what_is_read(tmp_path: Path) -> None:
    assert Keyring(secrets_of(OLD), file=written(tmp_path / "secrets", NEW)).current() == secrets_of(NEW, OLD)


@pytest.mark.parametrize("content", [b"", b"hunter2-hunter2\xff\xfe", b"hunter2"])
def test_a_useless_file_at_the_start_is_named_and_what_it_holds_is_not(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "secrets"
    file.write_bytes(content)

    with pytest.raises(SecretFileError) as raised:
        Keyring(file=file)

    assert str(file) in str(raised.value)
    assert "hunter" not in str(raised.value)


@pytest.mark.parametrize("thing", ["device", "pipe", "huge"])
def test_what_would_hold_up_the_node_is_not_read(tmp_path: Path, thing: str) -> None:
    file = tmp_path / "secrets"
    if thing == "device":
        file.symlink_to("/dev/zero")
    elif thing == "pipe":
        os.mkfifo(file)
    else:
        file.write_text(f"{OLD}\n" * 4 + "#" * FILE_MAX)

    with pytest.raises(SecretFileError, match="expected a file of its own" if thing != "huge" else "expected at most"):
        Keyring(file=file)


def test_the_mark_at_the_start_of_a_file_is_no_part_of_the_secret(tmp_path: Path) -> None:
    file = tmp_path / "secrets"
    file.write_bytes(b"\xef\xbb\xbf" + OLD.encode() + b"\r\n")

    assert Keyring(file=file).current() == secrets_of(OLD)
