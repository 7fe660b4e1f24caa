"""The supervisor with real processes. Processes tell their pids through FIFOs, and ends are awaited on pidfds."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from slave.containerizer import launcher
from tests.slave.containerizer.supervised import ended, kill, read_line, started, until_gone, until_reported

# Forks twice with a new session in between, as daemons do, tells its pid and ignores SIGTERM.
ESCAPEE = """
import os, signal
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
with open("escaped", "w") as file:
    file.write(f"{os.getpid()}\\n")
signal.pause()
"""
ESCAPE = f"\"$PYTHON\" -I -c '{ESCAPEE}'"


def test_output_goes_to_the_files_of_the_sandbox(tmp_path: Path) -> None:
    ended(started(tmp_path, "echo out; echo err >&2; cat; pwd"))

    assert (tmp_path / "stdout").read_text() == f"out\n{tmp_path.resolve()}\n"
    assert (tmp_path / "stderr").read_text() == "err\n"


def test_the_command_has_exactly_the_environment_given(tmp_path: Path) -> None:
    ended(started(tmp_path, "", program="/usr/bin/env", argv=["env"], environment={"ONLY": "this one", "B": "ä"}))

    assert sorted((tmp_path / "stdout").read_text().splitlines()) == ["B=ä", "ONLY=this one"]


@pytest.mark.parametrize(("command", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", -9), ("kill -15 $$", -15)])
def test_the_end_of_the_command_is_reported(tmp_path: Path, command: str, code: int) -> None:
    report = ended(started(tmp_path, command))

    assert report.started_pid is not None
    assert report.wait_status is not None
    assert os.waitstatus_to_exitcode(report.wait_status) == code


def test_a_program_that_does_not_exist_is_a_problem_in_words(tmp_path: Path) -> None:
    report = ended(started(tmp_path, "", program="no-such-program", argv=["x"]))

    assert report.problem == "program no-such-program: No such file or directory"
    assert report.started_pid is None
    assert report.wait_status is None


def test_an_unknown_user_is_a_problem_in_words(tmp_path: Path) -> None:
    report = ended(started(tmp_path, "echo hello", user="nobody-of-that-name"))

    assert report.problem == "user 'nobody-of-that-name': no such user on this agent"
    assert (tmp_path / "stdout").exists() is False


def test_a_sandbox_that_does_not_exist_refuses_to_start(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        started(tmp_path / "missing", "true")


def test_a_link_in_place_of_an_output_file_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    sandbox = tmp_path / "sandbox"
    sandbox.mkdir()
    (sandbox / "stdout").symlink_to(victim)

    report = ended(started(sandbox, "echo astray"))

    assert report.problem.startswith("sandbox file stdout: ")
    assert not victim.exists()


def test_another_user_is_switched_to_by_root_only(tmp_path: Path) -> None:
    other = next(entry for entry in pwd.getpwall() if entry.pw_uid not in {0, os.getuid()})

    report = ended(started(tmp_path, "id -u; touch mine", user=other.pw_name))

    if os.getuid() == 0:
        assert (tmp_path / "stdout").read_text() == f"{other.pw_uid}\n"
        assert (tmp_path / "mine").stat().st_uid == other.pw_uid
    else:
        assert "the agent is not root" in report.problem


def test_the_command_leads_its_own_session_and_group(tmp_path: Path) -> None:
    report = ended(started(tmp_path, "exec cat /proc/self/stat"))

    pid, _, _, _, group, session, *_ = (tmp_path / "stdout").read_text().split()
    assert pid == session == group == str(report.started_pid)


def test_the_command_inherits_no_open_file_and_default_signals(tmp_path: Path) -> None:
    leaked = os.open(os.devnull, os.O_RDONLY)
    os.set_inheritable(leaked, True)
    try:
        ended(started(tmp_path, 'ls /proc/$$/fd; grep -E "Sig(Blk|Ign)" /proc/self/status'))
    finally:
        os.close(leaked)

    lines = (tmp_path / "stdout").read_text().splitlines()
    assert lines[:3] == ["0", "1", "2"]
    classic = 0x7FFFFFFF  # The C library keeps 32 and 33 to itself.
    assert [int(line.split()[1], 16) & classic for line in lines[3:]] == [0, 0]


def test_a_daemon_that_forked_twice_ends_with_the_command(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "escaped")
    os.mkfifo(tmp_path / "go")
    supervisor = started(tmp_path, f"{ESCAPE}; read line < go; exit 5")
    escapee = int(read_line(tmp_path / "escaped"))

    (tmp_path / "go").write_text("go\n")
    report = ended(supervisor)

    assert report.wait_status == 5 << 8
    with pytest.raises(ProcessLookupError):
        os.kill(escapee, 0)


def test_stop_asks_and_kill_forces_the_whole_tree(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "escaped")
    os.mkfifo(tmp_path / "asked")
    supervisor = started(
        tmp_path, f"trap 'echo asked > asked' TERM; {ESCAPE}; while :; do read line < /dev/null; sleep 0.01; done"
    )
    escapee = int(read_line(tmp_path / "escaped"))

    supervisor.send(launcher.STOP)
    assert read_line(tmp_path / "asked") == "asked"
    supervisor.send(launcher.KILL)
    report = ended(supervisor)

    assert report.wait_status is not None
    assert os.waitstatus_to_exitcode(report.wait_status) == -signal.SIGKILL
    with pytest.raises(ProcessLookupError):
        os.kill(escapee, 0)


def test_stop_ends_a_command_that_listens(tmp_path: Path) -> None:
    supervisor = started(tmp_path, "exec sleep 1000")
    until_reported(supervisor)

    supervisor.send(launcher.STOP)
    report = ended(supervisor)

    assert report.wait_status is not None
    assert os.waitstatus_to_exitcode(report.wait_status) == -signal.SIGTERM


def test_a_terminal_interrupt_does_not_reach_the_container(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "go")
    supervisor = started(tmp_path, "read line < go; exit 3")
    until_reported(supervisor)

    supervisor.send(signal.SIGINT)
    (tmp_path / "go").write_text("go\n")

    assert ended(supervisor).wait_status == 3 << 8


def test_the_command_follows_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    supervisor = started(tmp_path, "exec sleep 1000")
    pid = until_reported(supervisor).started_pid
    assert pid is not None

    kill(supervisor.pid)

    assert ended(supervisor).wait_status is None
    until_gone(pid)


AGENT = """
import os, sys
from slave.containerizer.launcher_spec import LaunchSpec
from slave.containerizer.posix_supervisor import start_supervisor
sandbox, command = sys.argv[1:]
environment = {"PATH": os.environ["PATH"], "PYTHON": sys.executable}
spec = LaunchSpec("/bin/sh", ["sh", "-c", command], environment, sandbox, None, os.getpid())
supervisor = start_supervisor(spec, name="test")
print(supervisor.pid, flush=True)
sys.stdin.read()
"""


def test_nothing_is_left_when_the_agent_is_killed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "escaped")
    command = f"{ESCAPE}; exec sleep 1000"
    agent = subprocess.Popen(
        [sys.executable, "-c", AGENT, str(tmp_path), command], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with agent:
        assert agent.stdout is not None
        supervisor = int(agent.stdout.readline())
        escapee = int(read_line(tmp_path / "escaped"))
        agent.kill()

    until_gone(supervisor)
    with pytest.raises(ProcessLookupError):
        os.kill(escapee, 0)


def test_a_supervisor_without_its_agent_starts_nothing(tmp_path: Path) -> None:
    report = ended(started(tmp_path, "echo too late", parent_pid=1))

    assert report.started_pid is None
    assert not (tmp_path / "stdout").exists()


def test_the_supervisor_starts_without_the_runtime() -> None:
    program = (
        "import sys, slave.containerizer.launcher; print(*(sys.modules.keys() & {'asyncio', 'msgspec', 'logging'}))"
    )

    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout

    assert loaded == "\n"
