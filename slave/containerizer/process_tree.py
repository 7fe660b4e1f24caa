"""Process trees, as /proc shows them. Where there is no /proc, no process is seen. Imports little: launchers use it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final, NamedTuple

PROC: Final = "/proc"
ENVIRONMENT_MAX: Final = 262_144  # Bytes read of an environment: the agent's variables come first, and these are few.


class ProcessStat(NamedTuple):
    """The fields of /proc/PID/stat that matter here; times in clock ticks, memory in pages."""

    pid: int
    parent: int
    user_ticks: int
    system_ticks: int
    reaped_user_ticks: int  # Of its ended children that it waited for, and of theirs.
    reaped_system_ticks: int
    threads: int
    rss_pages: int


def parse_stat(text: str) -> ProcessStat:
    """Read one /proc/PID/stat. The command's name may hold spaces and parentheses: fields start after the last one."""
    head, _, tail = text.rpartition(")")
    fields = tail.split()
    return ProcessStat(
        pid=int(head.partition(" ")[0]),
        parent=int(fields[1]),
        user_ticks=int(fields[11]),
        system_ticks=int(fields[12]),
        reaped_user_ticks=int(fields[13]),
        reaped_system_ticks=int(fields[14]),
        threads=int(fields[17]),
        rss_pages=int(fields[21]),
    )


def processes() -> dict[int, ProcessStat]:
    """All processes of this machine by pid, zombies included. Those that end while we look may be missing."""
    found: dict[int, ProcessStat] = {}
    for pid in _pids():
        text = _read(pid, "stat")
        if text:
            stat = parse_stat(text.decode(errors="replace"))
            found[stat.pid] = stat
    return found


def descendants(root: int, among: Mapping[int, ProcessStat]) -> tuple[ProcessStat, ...]:
    """All processes below `root`, parents before their children; without `root` itself."""
    children: dict[int, list[ProcessStat]] = {}
    for stat in among.values():
        children.setdefault(stat.parent, []).append(stat)
    below: list[ProcessStat] = list(children.get(root, ()))
    for stat in below:  # Grows while we walk it.
        below.extend(children.get(stat.pid, ()))
    return tuple(below)


def with_environment(name: str, value: str) -> tuple[int, ...]:
    """The processes that were started with this variable. What a process changed later does not show."""
    entry = f"{name}={value}".encode()
    return tuple(pid for pid in _pids() if entry in _read(pid, "environ").split(b"\0"))


def _pids() -> tuple[int, ...]:
    try:
        return tuple(int(name) for name in os.listdir(PROC) if name.isdigit())
    except OSError:
        return ()


def _read(pid: int, name: str) -> bytes:
    """Empty if the process is gone or is not ours to look at."""
    try:
        file = os.open(f"{PROC}/{pid}/{name}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(file, ENVIRONMENT_MAX)
    except OSError:
        return b""
    finally:
        os.close(file)
