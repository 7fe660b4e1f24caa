"""What runs in a new process until its program does: a tiny interpreter between fork and exec.

Code between fork and exec of a process with threads may hang or worse, so there is none: the launcher starts this with
`posix_spawn`, and it makes all arrangements in a process of its own that has no threads.

1. It waits for a go on the control socket, while the launcher's hooks arrange what they do for its pid. The end of the
   socket means that the launcher has failed or thought better of it.
2. Session, working directory, parent-death signal, no-new-privs. What fails is told on the socket, in a sentence.
3. It says that it is ready, and executes the program: the socket closes, and the pid is the program's.

A *supervised* program is executed in a child instead. What stays is its supervisor: the reaper of all orphans below it,
so that nothing escapes. It ends with the program's status when that has ended, or at SIGTERM, or when the launcher's
thread has, and kills whatever is left below it first. If it is killed itself, the program follows.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, Final, NamedTuple, NoReturn

GO: Final = b"g"
READY: Final = b"r"
PROBLEM_MAX: Final = 4_096  # A sentence; also what a socket takes without blocking.
EXIT_NOT_STARTED: Final = 127  # As shells do.
EXIT_SIGNALLED: Final = 128  # As shells do: plus the signal.
WATCHED: Final = frozenset({signal.SIGTERM, signal.SIGCHLD})
RESTORED: Final = (signal.SIGPIPE, signal.SIGXFSZ)  # Python ignores them; the program must not inherit that.
KILL_ROUND_S: Final = 0.1  # Between two rounds of SIGKILL, should a process take long to die.


class Spec(NamedTuple):
    """What to become. It travels in a nameless file, because command lines can be read by everybody."""

    argv: list[str]
    env: dict[str, str]
    cwd: str | None
    kept: list[int]
    import_path: list[str]
    parent_pid: int
    session: bool
    parent_death_signal: int | None
    no_new_privs: bool
    supervised: bool

    def to_json(self) -> bytes:
        return json.dumps(self._asdict()).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Spec:
        return cls(**json.loads(text))


class Unavailable(OSError):
    """Something was asked for that this system cannot do."""


def main() -> NoReturn:
    """`argv`: the descriptors of the specification and of the control socket."""
    spec_fd, control = int(sys.argv[1]), int(sys.argv[2])
    with os.fdopen(spec_fd, "rb") as file:
        spec = Spec.from_json(file.read())
    os.set_inheritable(control, False)
    close_all_but({0, 1, 2, control, *spec.kept})
    sys.path += spec.import_path
    if os.read(control, 1) == GO:
        doing, parent = "", spec.parent_pid
        try:
            for name, step in arrangements(spec):
                doing = name
                step()
            if spec.supervised:
                doing = "supervisor"
                parent = supervised(control, spec.kept)
            doing = f"program {spec.argv[0]}"
            become(spec, control, parent=parent)
        except (OSError, ValueError) as error:  # ValueError: a NUL in a name, a variable that cannot be one.
            problem = (isinstance(error, OSError) and error.strerror) or error
            os.write(control, f"{doing}: {problem}".encode(errors="replace")[:PROBLEM_MAX])
    os._exit(EXIT_NOT_STARTED)


def close_all_but(kept: set[int]) -> None:
    """Libraries of the launcher may have left descriptors that an exec inherits."""
    for fd in map(int, os.listdir("/dev/fd" if sys.platform != "linux" else "/proc/self/fd")):
        if fd not in kept:
            try:
                os.close(fd)
            except OSError:
                pass  # The one that listed them.


def arrangements(spec: Spec) -> list[tuple[str, Callable[[], Any]]]:
    steps: list[tuple[str, Callable[[], Any]]] = []
    if spec.session or spec.supervised:
        steps.append(("session", os.setsid))
    if spec.cwd is not None:
        steps.append((f"working directory {spec.cwd}", lambda: os.chdir(str(spec.cwd))))
    signal_at_death = signal.SIGTERM if spec.supervised else spec.parent_death_signal
    if signal_at_death is not None:
        steps.append(("parent-death signal", lambda: follow(spec.parent_pid, signal_at_death)))
    if spec.no_new_privs:
        steps.append(("no_new_privs", give_up_privileges))
    return steps


def follow(parent: int, number: int) -> None:
    """Be signalled when the parent ends; end at once if it has."""
    from libprocess_py.process_control import set_parent_death_signal  # Costs time that most programs need not spend.

    if not set_parent_death_signal(number):
        raise Unavailable("not to be had on this system")
    if os.getppid() != parent:
        os._exit(EXIT_NOT_STARTED)


def give_up_privileges() -> None:
    from libprocess_py.process_control import set_no_new_privs  # As above.

    if not set_no_new_privs():
        raise Unavailable("not to be had on this system")


def become(spec: Spec, control: int, *, parent: int) -> NoReturn:
    """Turn into the program."""
    if spec.supervised:
        follow(parent, signal.SIGKILL)
    for ignored in RESTORED:
        signal.signal(ignored, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.write(control, READY)
    os.execvpe(spec.argv[0], spec.argv, spec.env)


def supervised(control: int, kept: list[int]) -> int:
    """Fork. Returns in the child, with the pid of its supervisor; the supervisor itself goes no further."""
    from libprocess_py.process_control import set_child_subreaper  # As above.

    if not set_child_subreaper():
        raise Unavailable("not to be had on this system")
    supervisor = os.getpid()
    signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    child = os.fork()
    if child == 0:
        return supervisor
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nothing, fd)  # Whoever reads what the program writes sees its end, not the supervisor's.
    for fd in (nothing, control, *kept):
        os.close(fd)
    os._exit(supervise(child))


def supervise(child: int) -> int:
    """Until the program has ended or everything has to go. The exit code is the program's, as shells tell it."""
    status: int | None = None
    asked_to_end = False
    while True:
        ended, has_children = _collect(child)
        status = ended if ended is not None else status
        if not has_children:
            break
        if asked_to_end or status is not None:
            for pid in children_of(os.getpid()):  # They are not reaped, so that a signal can hit nobody else.
                try:
                    os.kill(pid, signal.SIGKILL)
                except PermissionError:
                    pass  # It became somebody else; nothing is left to do but wait.
            received = signal.sigtimedwait({signal.SIGCHLD}, KILL_ROUND_S)
        else:
            received = signal.sigwaitinfo(WATCHED)
        asked_to_end = asked_to_end or (received is not None and received.si_signo == signal.SIGTERM)
    if asked_to_end or status is None:
        return EXIT_SIGNALLED + signal.SIGTERM
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else EXIT_SIGNALLED - code


def _collect(child: int) -> tuple[int | None, bool]:
    """Reap what has ended: the program's status if it is among them, and whether anything is left."""
    status: int | None = None
    while True:
        try:
            pid, ended = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return status, False
        if not pid:
            return status, True
        if pid == child:
            status = ended


def children_of(parent: int) -> list[int]:
    """From /proc. Grandchildren become children when their parents have been killed."""
    found: list[int] = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    fields = file.read().rpartition(b")")[2].split()
            except OSError:
                continue  # It has ended meanwhile.
            if int(fields[1]) == parent:
                found.append(int(name))
    return found
