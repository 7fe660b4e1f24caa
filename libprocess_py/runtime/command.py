"""`Command`: a program to run, with what it is connected to and what is arranged for it before it begins."""

from __future__ import annotations

import enum
import fcntl
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

OUTPUT_MODE: Final = 0o644
STANDARD: Final = 3  # Descriptors below are standard input, output and error.


class Stdio(enum.Enum):
    """What a standard stream is connected to, if not to a file (a path) or to a descriptor (an int)."""

    INHERIT = "inherit"  # What this process has.
    PIPE = "pipe"  # A pipe, whose other end is `Subprocess.stdin`, `stdout` or `stderr`.
    NULL = "null"  # Nothing to read, and nobody who reads.


Stream = Stdio | Path | int


@dataclass(frozen=True, slots=True)
class Command:
    """A path is read as input, and appended to as output. `argv[0]` without a slash is looked for in PATH."""

    argv: tuple[str, ...]
    stdin: Stream = Stdio.INHERIT
    stdout: Stream = Stdio.INHERIT
    stderr: Stream = Stdio.INHERIT
    env: Mapping[str, str] | None = None  # The whole environment; None: that of this process.
    cwd: Path | None = None
    pass_fds: tuple[int, ...] = ()  # Kept open under the same numbers. No other descriptor reaches the program.
    session: bool = False  # Its own: away from the terminal, and the leader of its process group.
    parent_death_signal: int | None = None  # When the thread that runs the node ends; Linux.
    no_new_privs: bool = False  # Linux.
    supervised: bool = False  # By a process that takes everything below it along, see `subprocess_child`; Linux.

    def __post_init__(self) -> None:
        if not self.argv:
            raise ValueError("argv: expected a program")
        if any(fd < STANDARD for fd in self.pass_fds):
            raise ValueError(f"pass_fds: expected descriptors from {STANDARD} on, got {self.pass_fds}")


@dataclass(slots=True)
class Streams:
    """The descriptors of one launch. `close_theirs` when the child has them, `close_ours` when it has failed."""

    ours: dict[int, int] = field(default_factory=dict)  # Our ends of pipes, by the number of the child's.
    theirs: dict[int, int] = field(default_factory=dict)  # What is to become the child's, by its number there.
    _opened: list[int] = field(default_factory=list)

    def close_theirs(self) -> None:
        while self._opened:
            os.close(self._opened.pop())

    def close_ours(self) -> None:
        for fd in self.ours.values():
            os.close(fd)
        self.ours.clear()

    def connect(self, number: int, stream: Stream) -> None:
        """Raises OSError for a file that cannot be opened, or a descriptor that is not open."""
        if stream is Stdio.INHERIT:
            return
        if stream is Stdio.PIPE:
            self._pipe(number)
        elif isinstance(stream, int):
            self._give(number, fcntl.fcntl(stream, fcntl.F_DUPFD_CLOEXEC, STANDARD))
        else:
            path = os.devnull if isinstance(stream, Stdio) else stream
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND if number else os.O_RDONLY
            self._give(number, lifted(os.open(path, flags, OUTPUT_MODE)))

    def _pipe(self, number: int) -> None:
        reading, writing = os.pipe()
        mine, yours = (reading, writing) if number else (writing, reading)
        os.set_blocking(mine, False)
        self.ours[number] = mine
        self._give(number, lifted(yours))

    def _give(self, number: int, fd: int) -> None:
        self._opened.append(fd)
        self.theirs[number] = fd


def lifted(fd: int) -> int:
    """The same open file beyond the standard numbers, which are about to be replaced in the child."""
    if fd >= STANDARD:
        return fd
    try:
        return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, STANDARD)
    finally:
        os.close(fd)


@contextmanager
def handed_over(document: bytes) -> Iterator[int]:
    """The descriptor of a nameless file with that in it, at its beginning: command lines can be read by everybody."""
    with _nameless_file() as file:
        file.write(document)
        file.seek(0)
        yield file.fileno()


def _nameless_file() -> IO[bytes]:
    """In memory where the system can: a full disk keeps nothing from starting, and no disk sees what is secret."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("launch"), "w+b")
    return tempfile.TemporaryFile()


def connected(command: Command) -> Streams:
    """Open what the command asks for, all of it or nothing."""
    streams = Streams()
    try:
        for number, stream in enumerate((command.stdin, command.stdout, command.stderr)):
            streams.connect(number, stream)
    except OSError:
        streams.close_theirs()
        streams.close_ours()
        raise
    return streams
