"""An agent's work directory: made at its start, its own while it runs, and removed at its end if asked."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
from types import TracebackType
from typing import Final, Self

PROBE: Final = ".agent"  # Made and removed again: it takes a write to know that writing works.


class WorkDirectory:
    """As a context: claimed from start to end. Two agents in one would remove each other's sandboxes."""

    def __init__(self, path: str, *, remove: bool = False) -> None:
        self._path = os.path.abspath(path)
        self._remove = remove
        self._lock = -1

    def __enter__(self) -> Self:
        """Raises OSError: it cannot be made or written, or another agent runs in it."""
        try:
            os.makedirs(self._path, exist_ok=True)
        except FileExistsError:
            raise NotADirectoryError(errno.ENOTDIR, "it is a file", self._path) from None
        self._lock = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)  # Free as soon as we are gone.
        try:
            self._claim()
        except OSError:
            os.close(self._lock)
            raise
        return self

    def _claim(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OSError(errno.EBUSY, "another agent runs in this directory", self._path) from None
        except OSError:
            pass  # Some network file systems have no locks: then it is on whoever starts the agents.
        probe = f"{self._path}/{PROBE}"
        with contextlib.suppress(FileExistsError):  # An agent was killed in this very moment.
            os.mkdir(probe)
        os.rmdir(probe)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._remove:
            shutil.rmtree(self._path, ignore_errors=True)
        os.close(self._lock)
