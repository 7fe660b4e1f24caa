"""What a test has left behind: processes below this one, and files in the temporary folder.

While `gathering_orphans` is entered, this process is the *subreaper* of all that it starts: what loses its parent
comes back to it and is seen, however it was started.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import prctl

from slave.containerizer.process_tree import descendants, processes


@contextlib.contextmanager
def gathering_orphans() -> Iterator[None]:
    prctl.set_child_subreaper(True)
    try:
        yield
    finally:
        prctl.set_child_subreaper(False)


def living(root: int | None = None) -> set[int]:
    """The processes below `root`, by default below this one, without zombies. Orphans that ended are reaped here."""
    me = os.getpid()
    table = processes()
    found = descendants(me if root is None else root, table)
    return {stat.pid for stat in found if not _has_ended(stat.pid, is_child=stat.parent == me)}


def alive(pids: set[int]) -> set[int]:
    """Those of these processes that still run."""
    return {pid for pid in pids if not _has_ended(pid, is_child=False)}


def described(pids: set[int]) -> list[str]:
    """The command lines, for a message."""
    return [f"{pid}: {_read(pid, 'cmdline').replace(chr(0), ' ')}" for pid in sorted(pids)]


def kill(pids: set[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def temporary_folder_of_children(folder: Path) -> Iterator[None]:
    """What children of this process make in the temporary folder is made in `folder` instead, where we look for it."""
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(folder)
    try:
        yield
    finally:
        del os.environ["TMPDIR"]
        if before is not None:
            os.environ["TMPDIR"] = before


def _has_ended(pid: int, *, is_child: bool) -> bool:
    fields = _read(pid, "stat").rpartition(")")[2].split()
    if fields and fields[0] != "Z":
        return False
    if fields and is_child:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    return True


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text(errors="replace")
    except OSError:
        return ""
