"""The secrets of a node: given, or in a file that is read again whenever it changes.

To rotate a secret without a gap: write the new one above the old one in every node's file, and when every node has it,
take the old one out. Nobody has to be told; the next handshake looks. A file that cannot be read any more, or holds
something else by mistake, leaves the secrets as they were, which is logged.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from libprocess_py.auth.core.secret import Secret, parse_secrets

FILE_MAX: Final = 65_536  # Bytes: as many secrets as there may be, and comments. More is surely the wrong file.


class SecretFileError(ValueError):
    """A file of secrets is of no use. The text names the file, never what it holds."""


class Keyring:
    """Secrets, the newest first."""

    def __init__(self, secrets: tuple[Secret, ...] = (), *, file: Path | None = None) -> None:
        """Raises SecretFileError if the file cannot be used at the start."""
        self._given = secrets
        self._file = file
        self._stamp: tuple[int, ...] | None = None
        self._read: tuple[Secret, ...] = ()
        self.problem = ""  # Why the file was of no use when it was looked at last; empty if it was.
        self.current()
        if self.problem:
            raise SecretFileError(self.problem)

    def current(self) -> tuple[Secret, ...]:
        """The secrets of now: a look at the file's time and size, and a read if they changed."""
        if self._file is not None:
            self._look(self._file)
        return self._read + self._given

    def _look(self, file: Path) -> None:
        try:
            status = os.stat(file)
            stamp = (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)
            if stamp != self._stamp:
                self._stamp, self.problem = stamp, ""
                self._read = parse_secrets(_text_of(file))
        except OSError as error:
            self._stamp, self.problem = None, f"secret file {str(file)!r}: {error.strerror}"
        except UnicodeDecodeError:
            self.problem = f"secret file {str(file)!r}: expected text"  # The error itself holds the bytes.
        except ValueError as error:
            self.problem = f"secret file {str(file)!r}: {error}"


def _text_of(file: Path) -> str:
    """A device or a pipe would hold up the node for ever, and so would a huge file. Raises OSError, ValueError."""
    with open(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise ValueError("expected a file of its own, not a device or a pipe")
        data = opened.read(FILE_MAX + 1)
    if len(data) > FILE_MAX:
        raise ValueError(f"expected at most {FILE_MAX} bytes")
    return data.decode("utf-8-sig")  # Editors of Windows begin with a mark that is no part of a secret.
