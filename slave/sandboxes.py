"""Sandboxes on disk: made before a container is launched, with the `latest` link that points at the newest run (AG-15).

A sandbox belongs to whoever the container runs as, and nobody else reads it; the directories above it can be passed
through, so that a container of another user reaches its own.
"""

from __future__ import annotations

import contextlib
import os
import pwd
from typing import Final, Protocol

SANDBOX_MODE: Final = 0o700
PASSAGE_MODE: Final = 0o711


class Sandboxes(Protocol):
    """Where sandboxes come from."""

    def prepare(self, sandbox: str, *, latest: str, user: str | None) -> None:
        """Make the directory and point the link at it. Raises OSError with the reason."""


class NoSandboxes:
    """For containers without files."""

    def prepare(self, sandbox: str, *, latest: str, user: str | None) -> None:
        """There is nothing to make."""


class DiskSandboxes:
    """Directories below the work directory. A handful of system calls, so it needs no thread of its own."""

    def prepare(self, sandbox: str, *, latest: str, user: str | None) -> None:
        os.makedirs(os.path.dirname(sandbox), mode=PASSAGE_MODE, exist_ok=True)
        os.mkdir(sandbox, SANDBOX_MODE)
        if user is not None and os.geteuid() == 0:
            _give(sandbox, user)
        _point(latest, os.path.basename(sandbox))


def _give(sandbox: str, user: str) -> None:
    """An unknown user is reported by the launch, which cannot become it either."""
    with contextlib.suppress(KeyError):
        entry = pwd.getpwnam(user)
        os.chown(sandbox, entry.pw_uid, entry.pw_gid)


def _point(link: str, target: str) -> None:
    """Replace a link in one step: readers see the old run or the new one."""
    fresh = f"{link}.{target}"
    os.symlink(target, fresh)
    os.replace(fresh, link)
