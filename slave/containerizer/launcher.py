"""The supervisor of one container: a tiny process between the agent and what it runs.

It exists because three things can only be done by a process of their own. It becomes the *subreaper* of the container,
so that whatever the command starts stays below it, daemons that fork twice included. It dies with the agent
(parent-death signal) and takes the container along. And between fork and exec it is free of the agent's threads.

The life of a container:

1. The supervisor forks the command into its own session, with the sandbox as its working directory, and reports.
2. The command ends: the rest of its tree is killed, the end is reported, and the supervisor exits.
3. STOP asks every process to end (SIGTERM); KILL forces what is left. The agent decides when (TS-13).
4. ORPHANED, which also comes when the agent dies: as STOP, and KILL follows after `ORPHAN_GRACE_S`.

If the supervisor itself is killed, the command's parent-death signal (SIGKILL) follows it. All signals that matter are
blocked and taken one by one with `sigtimedwait`: without handlers, nothing here runs in the middle of something else.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import sys
import time
from typing import Final, NoReturn

from libprocess_py.process_control import set_child_subreaper, set_parent_death_signal
from slave.containerizer.launcher_spec import REPORT_FD, SPEC_FD, LaunchReport, LaunchSpec
from slave.containerizer.process_tree import descendants, processes

STOP: Final = signal.SIGUSR2
KILL: Final = signal.SIGUSR1
ORPHANED: Final = signal.SIGTERM
WATCHED: Final = frozenset({STOP, KILL, ORPHANED, signal.SIGCHLD})
# A terminal's signals are meant for the agent, which decides what becomes of its containers.
DEAF_TO: Final = frozenset({signal.SIGINT, signal.SIGHUP, signal.SIGQUIT})
RESTORED: Final = (signal.SIGPIPE, signal.SIGXFSZ)  # Python ignores them; the command must not inherit that.

ORPHAN_GRACE_S: Final = 3.0  # The default of TS-13: the agent is gone, so nobody can ask for another one.
KILL_ROUND_S: Final = 0.1  # Between two rounds of SIGKILL, should a process take long to die.
OUTPUT_MODE: Final = 0o644
EXIT_NOT_STARTED: Final = 127  # As shells do.
EXIT_SIGNALLED: Final = 128  # As shells do: plus the signal.
FAILURE_MAX: Final = 4_096  # A sentence; also what a pipe takes without blocking.


class LaunchError(Exception):
    """The command cannot be started; the text says why."""


class Tree:
    """The processes below this one. `first` is the command: its end is the container's."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.first_status: int | None = None

    def collect(self) -> bool:
        """Reap what has ended. False: nothing is left."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == self.first:
                    self.first_status = status
                if not pid:
                    return True
        return False

    def send(self, what: signal.Signals) -> None:
        for pid in [stat.pid for stat in descendants(os.getpid(), processes())]:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, what)

    def kill(self) -> None:
        """Kill until nothing is left. Ours are all: an orphan becomes our child before its parent can be reaped."""
        while self.collect():
            self.send(signal.SIGKILL)
            signal.sigtimedwait({signal.SIGCHLD}, KILL_ROUND_S)


def main() -> int:
    """Run one container from start to end. Returns the exit code, which mirrors the command's as shells do."""
    signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED | DEAF_TO)
    os.set_inheritable(REPORT_FD, False)
    os.closerange(REPORT_FD + 1, os.sysconf("SC_OPEN_MAX"))  # Whatever the agent's libraries left open.
    with os.fdopen(SPEC_FD, "rb", closefd=False) as file:
        spec = LaunchSpec.from_json(file.read())
    set_child_subreaper()
    set_parent_death_signal(ORPHANED)
    if os.getppid() != spec.parent_pid:
        return EXIT_NOT_STARTED  # The agent died before it could take us along.
    try:
        tree = Tree(start(spec))
    except LaunchError as error:
        report(LaunchReport(problem=str(error)))
        return EXIT_NOT_STARTED
    report(LaunchReport(started_pid=tree.first))
    supervise(tree)
    tree.kill()
    assert tree.first_status is not None
    report(LaunchReport(wait_status=tree.first_status))
    code = os.waitstatus_to_exitcode(tree.first_status)
    return code if code >= 0 else EXIT_SIGNALLED - code


def report(line: LaunchReport) -> None:
    with contextlib.suppress(BrokenPipeError):  # The agent is gone; the container is taken down all the same.
        os.write(REPORT_FD, line.to_line())


def supervise(tree: Tree) -> None:
    """Return when the command has ended or everything has to go."""
    deadline: float | None = None
    while tree.collect() and tree.first_status is None:
        received = _next_signal(deadline)
        if received is None or received == KILL:
            return
        if received in {STOP, ORPHANED}:
            tree.send(signal.SIGTERM)
        if received == ORPHANED:
            deadline = time.monotonic() + ORPHAN_GRACE_S


def _next_signal(deadline: float | None) -> int | None:
    """The next watched signal; None when the deadline has passed."""
    if deadline is None:
        return signal.sigwait(WATCHED)
    info = signal.sigtimedwait(WATCHED, max(0.0, deadline - time.monotonic()))
    return None if info is None else info.si_signo


def start(spec: LaunchSpec) -> int:
    """Fork and exec the command; answers its pid once it runs. Raises LaunchError with the child's own reason."""
    account = _account(spec.user)
    outputs = [_open_output(spec.sandbox, name, account=account) for name in ("stdout", "stderr")]
    failed_read, failed_write = os.pipe()  # Closed by the exec; before it, the child can say what went wrong.
    supervisor = os.getpid()
    child = os.fork()
    if child == 0:
        _become(spec, account, outputs=outputs, failed=failed_write, supervisor=supervisor)
    for file in (*outputs, failed_write):
        os.close(file)
    with os.fdopen(failed_read, "rb") as answer:
        failure = answer.read(FAILURE_MAX)
    if failure:
        os.waitpid(child, 0)
        raise LaunchError(failure.decode(errors="replace"))
    return child


def _account(user: str | None) -> pwd.struct_passwd | None:
    """Whom to become; None to stay who we are."""
    if user is None:
        return None
    try:
        account = pwd.getpwnam(user)
    except KeyError:
        raise LaunchError(f"user {user!r}: no such user on this agent") from None
    if account.pw_uid == os.getuid():
        return None
    if os.getuid() != 0:
        raise LaunchError(f"user {user!r}: the agent is not root, so it can run commands only as itself")
    return account


def _open_output(sandbox: str, name: str, *, account: pwd.struct_passwd | None) -> int:
    """A file of the sandbox, ours to write and not to be led astray by a link that somebody put there."""
    try:
        file = os.open(f"{sandbox}/{name}", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, OUTPUT_MODE)
        if account is not None:
            os.fchown(file, account.pw_uid, account.pw_gid)
            os.chown(sandbox, account.pw_uid, account.pw_gid)
    except OSError as error:
        raise LaunchError(f"sandbox file {name}: {error.strerror}") from error
    return file


def _become(
    spec: LaunchSpec, account: pwd.struct_passwd | None, *, outputs: list[int], failed: int, supervisor: int
) -> NoReturn:
    """In the child: turn into the command. Never returns."""
    doing = "start"
    try:
        os.setsid()
        doing = f"working directory {spec.sandbox}"
        os.chdir(spec.sandbox)
        doing = "standard input and outputs"
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(outputs[0], 1)
        os.dup2(outputs[1], 2)
        if account is not None:
            doing = f"user {account.pw_name}"
            os.initgroups(account.pw_name, account.pw_gid)
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
        set_parent_death_signal(signal.SIGKILL)  # After the change of user, which would clear it.
        if os.getppid() != supervisor:
            os._exit(EXIT_NOT_STARTED)
        for ignored in RESTORED:
            signal.signal(ignored, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        doing = f"program {spec.program}"
        os.execvpe(spec.program, spec.argv, spec.environment)
    except OSError as error:
        os.write(failed, f"{doing}: {error.strerror}".encode()[:FAILURE_MAX])
    finally:
        os._exit(EXIT_NOT_STARTED)


if __name__ == "__main__":
    sys.exit(main())
