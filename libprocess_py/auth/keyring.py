"""The secrets of a node: given, or in a file that is read again whenever it changes.

To rotate a secret without a gap: write the new one above the old one in every node's file, and when every node has it,
take the old one out. Nobody has to be told; the next handshake looks. A file that cannot be read any more, or holds
something else by mistake, leaves the secrets as they were, which is logged.
"""

from __future__ import annotations

import os
from pathlib import Path

from libprocess_py.auth.core.secret import Secret, parse_secrets


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
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            if stamp != self._stamp:
                self._stamp, self.problem = stamp, ""
                self._read = parse_secrets(file.read_text())
        except OSError as error:
            self._stamp, self.problem = None, f"secret file {str(file)!r}: {error.strerror}"
        except UnicodeDecodeError:
            self.problem = f"secret file {str(file)!r}: expected text"  # The error itself holds the bytes.
        except ValueError as error:
            self.problem = f"secret file {str(file)!r}: {error}"
