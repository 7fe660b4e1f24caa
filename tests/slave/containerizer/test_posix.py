"""The POSIX containerizer on a real node: what the interface promises and what only real processes can show."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest

from libprocess_py.future import Future
from libprocess_py.pid import PID
from libprocess_py.runtime.background import BackgroundNode
from mesos_py.protocol.ids import ContainerId
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import CommandInfo
from slave.containerizer.container import ContainerConfig, ContainerStatus, LaunchOutcome, Termination, Usage
from slave.containerizer.posix import PosixContainerizer
from tests.slave.containerizer.supervised import kill, read_line, until_gone
from tests.slave.containerizer.test_launcher import ESCAPE

T = TypeVar("T")

PATIENCE_S: Final = 30.0  # Only a broken build waits this long.
GRACE_NS: Final = 60_000_000_000  # Longer than any test: what waits for it has failed.
ONE: Final = ContainerId(f"one-{os.getpid()}")  # Unique on this machine: what escapes is found by it.


class Agent:
    """A containerizer on a node of its own, asked from outside."""

    def __init__(self, background: BackgroundNode) -> None:
        self.background = background
        self.pid: PID = background.call(background.node.spawn, PosixContainerizer()).result(PATIENCE_S)

    def begin(self, method: Callable[..., Future[T]], *args: Any) -> Future[T]:
        return self.background.call(lambda: [self._dispatch(method, *args)]).result(PATIENCE_S)[0]

    def ask(self, method: Callable[..., Future[T]], *args: Any) -> T:
        return self.background.call(lambda: self._dispatch(method, *args)).result(PATIENCE_S)

    def _dispatch(self, method: Callable[..., Future[T]], *args: Any) -> Future[T]:
        return self.background.node.dispatch(self.pid, method, *args)

    def launch(self, sandbox: Path, command: str | CommandInfo, **changes: Any) -> LaunchOutcome:
        return self.ask(PosixContainerizer.launch, a_config(sandbox, command, **changes))

    def wait(self, container: ContainerId = ONE) -> Termination | None:
        return self.ask(PosixContainerizer.wait, container)

    def destroy(self, container: ContainerId = ONE, grace_ns: int = 0) -> bool:
        return self.ask(PosixContainerizer.destroy, container, grace_ns)

    def status(self, container: ContainerId = ONE) -> ContainerStatus | None:
        return self.ask(PosixContainerizer.status, container)

    def usage(self, container: ContainerId = ONE) -> Usage | None:
        return self.ask(PosixContainerizer.usage, container)

    def ids(self) -> tuple[ContainerId, ...]:
        return self.ask(PosixContainerizer.containers)


def a_config(sandbox: Path, command: str | CommandInfo, **changes: Any) -> ContainerConfig:
    fields: dict[str, Any] = {
        "container_id": ONE,
        "command": CommandInfo(value=command) if isinstance(command, str) else command,
        "environment": (("PATH", os.environ["PATH"]), ("PYTHON", "python3"), ("MESOS_CONTAINER_ID", ONE)),
        "sandbox": str(sandbox),
        "resources": Resources.of(cpus=0.5, mem=64),
    }
    return ContainerConfig(**{**fields, **changes})


@pytest.fixture
def agent() -> Iterator[Agent]:
    with BackgroundNode() as background:
        yield Agent(background)


def test_a_command_runs_in_its_sandbox_and_its_exit_status_is_told(agent: Agent, tmp_path: Path) -> None:
    outcome = agent.launch(tmp_path, "pwd; exit 3")

    assert outcome is LaunchOutcome.LAUNCHED
    assert agent.wait() == Termination(exit_status=3)
    assert (tmp_path / "stdout").read_text() == f"{tmp_path.resolve()}\n"


def test_arguments_are_the_argv_of_a_command_without_a_shell(agent: Agent, tmp_path: Path) -> None:
    command = CommandInfo(value="sh", shell=False, arguments=("my-name", "-c", 'echo "$0" "$1"', "zero", "$HOME"))

    agent.launch(tmp_path, command)

    assert agent.wait() == Termination(exit_status=0)
    assert (tmp_path / "stdout").read_text() == "zero $HOME\n"


def test_a_program_that_does_not_exist_fails_the_launch_in_words(agent: Agent, tmp_path: Path) -> None:
    outcome = agent.launch(tmp_path, CommandInfo(value="no-such-program", shell=False))

    assert outcome is LaunchOutcome.FAILED
    assert agent.wait() == Termination(exit_status=None, message="program no-such-program: No such file or directory")


def test_a_sandbox_that_does_not_exist_fails_the_launch_in_words(agent: Agent, tmp_path: Path) -> None:
    outcome = agent.launch(tmp_path / "missing", "true")

    assert outcome is LaunchOutcome.FAILED
    assert agent.wait() == Termination(exit_status=None, message=f"sandbox {tmp_path / 'missing'}: no such directory")
    assert agent.ids() == ()


def test_an_unknown_user_fails_the_launch_in_words(agent: Agent, tmp_path: Path) -> None:
    outcome = agent.launch(tmp_path, "true", user="nobody-of-that-name")

    end = agent.wait()
    assert outcome is LaunchOutcome.FAILED
    assert end is not None
    assert end.message == "user 'nobody-of-that-name': no such user on this agent"


def test_a_known_id_is_not_launched_again_even_after_its_end(agent: Agent, tmp_path: Path) -> None:
    agent.launch(tmp_path, "echo once")
    agent.wait()

    assert agent.launch(tmp_path, "echo twice") is LaunchOutcome.ALREADY_LAUNCHED
    assert (tmp_path / "stdout").read_text() == "once\n"


def test_an_end_is_told_until_the_container_is_removed(agent: Agent, tmp_path: Path) -> None:
    agent.launch(tmp_path, "exit 1")

    assert agent.wait() == agent.wait() == Termination(exit_status=1)
    assert agent.ask(PosixContainerizer.remove, ONE) is True
    assert agent.wait() is None
    assert agent.ask(PosixContainerizer.remove, ONE) is False


def test_unknown_ids_are_answered(agent: Agent) -> None:
    assert agent.wait() is None
    assert agent.destroy() is False
    assert agent.status() is None
    assert agent.usage() is None
    assert agent.ask(PosixContainerizer.update, ONE, Resources()) is False
    assert agent.ask(PosixContainerizer.remove, ONE) is False
    assert agent.ask(PosixContainerizer.recover, (ONE,)) == ()


def test_a_running_container_cannot_be_removed(agent: Agent, tmp_path: Path) -> None:
    agent.launch(tmp_path, "exec sleep 1000")

    assert agent.ask(PosixContainerizer.remove, ONE) is False
    assert agent.ids() == (ONE,)


def test_destroy_ends_a_polite_command_within_its_grace(agent: Agent, tmp_path: Path) -> None:
    agent.launch(tmp_path, "exec sleep 1000")

    assert agent.destroy(grace_ns=GRACE_NS) is True
    assert agent.wait() == Termination(exit_status=-signal.SIGTERM)
    assert agent.ids() == ()


def test_a_second_destroy_shortens_the_grace_of_a_stubborn_tree(agent: Agent, tmp_path: Path) -> None:
    for name in ("escaped", "ready"):
        os.mkfifo(tmp_path / name)
    agent.launch(tmp_path, f"trap '' TERM; {ESCAPE}; echo ready > ready; while :; do sleep 1000; done")
    escapee = int(read_line(tmp_path / "escaped"))
    read_line(tmp_path / "ready")

    first = agent.begin(PosixContainerizer.destroy, ONE, GRACE_NS)
    assert agent.destroy(grace_ns=0) is True

    assert first.get() is True
    assert agent.wait() == Termination(exit_status=-signal.SIGKILL)
    with pytest.raises(ProcessLookupError):
        os.kill(escapee, 0)


def test_the_grace_ends_by_itself(agent: Agent, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ready")
    agent.launch(tmp_path, "trap '' TERM; echo ready > ready; while :; do sleep 1000; done")
    read_line(tmp_path / "ready")

    agent.destroy(grace_ns=1_000_000)

    assert agent.wait() == Termination(exit_status=-signal.SIGKILL)


@pytest.mark.parametrize("grace_ns", [0, GRACE_NS])
def test_a_destroy_during_the_launch_wins(agent: Agent, tmp_path: Path, grace_ns: int) -> None:
    launched = agent.begin(PosixContainerizer.launch, a_config(tmp_path, "exec sleep 1000"))

    assert agent.destroy(grace_ns=grace_ns) is True

    assert launched.get() in {LaunchOutcome.DESTROYED, LaunchOutcome.LAUNCHED}
    assert agent.wait() is not None
    assert agent.ids() == ()


def test_the_status_names_the_first_process(agent: Agent, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pid")
    agent.launch(tmp_path, "echo $$ > pid; exec sleep 1000")

    pid = int(read_line(tmp_path / "pid"))

    assert agent.status() == ContainerStatus(container_id=ONE, os_pid=pid)


BURN: Final = """exec "$PYTHON" -c 'import signal, time
while time.process_time() < 0.1: pass
block = bytearray(30_000_000)
open("burnt", "w").write("yes\\n")
signal.pause()'"""


def test_usage_sums_up_the_tree(agent: Agent, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "burnt")
    agent.launch(tmp_path, f"sh -c 'sleep 1000' & {BURN}")
    read_line(tmp_path / "burnt")

    before = time.time_ns()
    usage = agent.usage()

    assert usage is not None
    assert usage.processes >= 2
    assert usage.threads >= usage.processes
    assert usage.cpus_user_ns + usage.cpus_system_ns >= 90_000_000
    assert usage.mem_rss_bytes > 30_000_000
    assert (usage.cpus_limit, usage.mem_limit_bytes) == (0.5, 64 << 20)
    assert abs(usage.timestamp_ns - before) < 3_600_000_000_000


def test_an_update_changes_the_limits_that_usage_shows(agent: Agent, tmp_path: Path) -> None:
    agent.launch(tmp_path, "exec sleep 1000")

    assert agent.ask(PosixContainerizer.update, ONE, Resources.of(cpus=2, mem=128)) is True

    usage = agent.usage()
    assert usage is not None
    assert usage.cpus_limit == 2.0


def test_the_tree_of_a_supervisor_that_was_killed_is_swept(agent: Agent, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "escaped")
    agent.launch(tmp_path, f"{ESCAPE}; exec sleep 1000")
    escapee = int(read_line(tmp_path / "escaped"))
    status = agent.status()
    assert status is not None
    assert status.os_pid is not None

    kill(parent_of(status.os_pid))
    end = agent.wait()

    assert end == Termination(exit_status=None, message="the container's supervisor terminated with signal SIGKILL")
    until_gone(escapee)
    until_gone(status.os_pid)


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_command_that_stopped_its_supervisor_is_destroyed_all_the_same(agent: Agent, tmp_path: Path) -> None:
    agent.launch(tmp_path, "exec sleep 1000")
    status = agent.status()
    assert status is not None
    assert status.os_pid is not None

    os.kill(parent_of(status.os_pid), signal.SIGSTOP)

    assert agent.destroy() is True
    until_gone(status.os_pid)


def test_containers_end_with_the_node(tmp_path: Path) -> None:
    with BackgroundNode() as background:
        agent = Agent(background)
        agent.launch(tmp_path, "exec sleep 1000")
        status = agent.status()

    assert status is not None
    assert status.os_pid is not None
    until_gone(status.os_pid)


def test_many_containers_leave_neither_zombies_nor_open_files(agent: Agent, tmp_path: Path) -> None:
    def open_files() -> int:
        return len(os.listdir("/proc/self/fd"))

    agent.launch(tmp_path, "true")
    agent.wait()
    before = open_files()

    ids = [ContainerId(f"many-{number}") for number in range(30)]
    for id in ids:
        agent.begin(PosixContainerizer.launch, a_config(tmp_path, "exit 0", container_id=id))
    ends = [agent.wait(id) for id in ids]

    assert ends == [Termination(exit_status=0)] * 30
    assert open_files() == before
    children = Path(f"/proc/self/task/{agent.background.call(_thread_id).result()}/children").read_text().split()
    assert children == []


def _thread_id() -> int:
    import threading

    return threading.get_native_id()
