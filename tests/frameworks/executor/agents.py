"""An agent as an executor sees it: an actor that welcomes it, gives it what a test says, and keeps what it hears."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from libprocess_py.future import Future, Promise, ready
from libprocess_py.message import Message
from libprocess_py.pid import PID
from libprocess_py.process import Process
from libprocess_py.runtime.background import BackgroundNode
from mesos_py.protocol.messages.agent_executor import (
    ExecutorMessage,
    ExecutorRegistered,
    ExecutorRegistration,
    ExecutorShutdown,
    ExecutorStatusAcknowledgement,
    ExecutorStatusUpdate,
)
from mesos_py.protocol.task import TaskInfo, TaskState, TaskStatus
from tests.frameworks.executor.builders import TOKEN, a_kill, a_launch, a_welcome

PATIENCE_S: Final = 30.0  # Only a broken build waits this long.
ROOT: Final = Path(__file__).resolve().parents[3]


class RecordingAgent(Process):
    """Answers registrations with `welcome`, unless it is None, and acknowledges what it hears if told to."""

    def __init__(self, welcome: ExecutorRegistered | None = None, *, acknowledges: bool = True) -> None:
        super().__init__("slave(1)")
        self.welcome = welcome
        self.acknowledges = acknowledges
        self.registrations: list[ExecutorRegistration] = []
        self.statuses: list[TaskStatus] = []
        self.messages: list[bytes] = []
        self.lost: list[PID] = []
        self.executor: Promise[PID] = Promise()
        self._awaited: list[tuple[Callable[[TaskStatus], bool], Promise[TaskStatus]]] = []

    def executor_registration(self, sender: PID, message: ExecutorRegistration) -> None:
        self.registrations.append(message)
        if self.welcome is not None:
            self.link(sender)
            self.send(sender, self.welcome)
            self.executor.set(sender)

    def executor_status_update(self, sender: PID, message: ExecutorStatusUpdate) -> None:
        assert message.token == TOKEN
        status = message.status
        self.statuses.append(status)
        if self.acknowledges:
            self.acknowledge(sender, status)
        for matches, promise in self._awaited:
            if matches(status):
                promise.set(status)

    def executor_message(self, sender: PID, message: ExecutorMessage) -> None:
        self.messages.append(message.data)

    def exited(self, pid: PID) -> None:
        self.lost.append(pid)

    def acknowledge(self, executor: PID, status: TaskStatus) -> None:
        assert status.uuid is not None
        self.send(executor, ExecutorStatusAcknowledgement(task_id=status.task_id, uuid=status.uuid, token=TOKEN))

    def say(self, message: Message) -> None:
        self.executor.on_ready(lambda executor: self.send(executor, message))

    def status(self, matches: Callable[[TaskStatus], bool]) -> Future[TaskStatus]:
        """The first status of that kind, heard already or still to come."""
        for status in self.statuses:
            if matches(status):
                return ready(status)
        promise: Promise[TaskStatus] = Promise()
        self._awaited.append((matches, promise))
        return promise


class Conversation:
    """A real executor process and the agent that it registers with, seen from a test's thread."""

    def __init__(self, background: BackgroundNode, agent: RecordingAgent, *, program: subprocess.Popen[bytes]) -> None:
        self.background = background
        self.agent = agent
        self.program = program

    def launch(self, task: TaskInfo) -> None:
        self.say(a_launch(task))

    def kill(self, id: str, grace_ns: int = 60_000_000_000) -> None:
        self.say(a_kill(id, grace_ns))

    def shut_down(self) -> None:
        self.say(ExecutorShutdown(token=TOKEN))

    def say(self, message: Message) -> None:
        self.background.call(self.agent.say, message).result(PATIENCE_S)

    def until(self, id: str, *states: TaskState) -> TaskStatus:
        """Wait for the task's first status in one of these states."""
        heard = self.background.call(self.agent.status, lambda status: status.task_id == id and status.state in states)
        return heard.result(PATIENCE_S)

    def until_over(self, id: str) -> TaskStatus:
        heard = self.background.call(
            self.agent.status, lambda status: status.task_id == id and status.state.is_terminal
        )
        return heard.result(PATIENCE_S)

    def states(self, id: str) -> list[TaskState]:
        """All that was heard of the task so far."""
        return [status.state for status in self.agent.statuses if status.task_id == id]

    def acknowledge_all(self) -> None:
        """In the agent's node."""
        for status in self.agent.statuses:
            self.agent.acknowledge(self.agent.executor.get(), status)

    def until_exit(self) -> int:
        return self.program.wait(PATIENCE_S)


@contextlib.contextmanager
def executor_program(
    module: str, sandbox: Path, *, data: bytes = b"", acknowledges: bool = True, **environment: str
) -> Iterator[Conversation]:
    """Run an executor's program against an agent of its own. What is left of it is killed at the end."""
    agent = RecordingAgent(a_welcome(data=data), acknowledges=acknowledges)
    with BackgroundNode() as background:
        pid = background.call(background.node.spawn, agent).result(PATIENCE_S)
        with (sandbox / "stdout").open("wb") as stdout, (sandbox / "stderr").open("wb") as stderr:
            program = subprocess.Popen(
                [sys.executable, "-P", "-m", module],
                cwd=sandbox,
                env={**program_environment(sandbox, pid), **environment},
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            )
        try:
            yield Conversation(background, agent, program=program)
        finally:
            program.kill()
            program.wait(PATIENCE_S)


def program_environment(sandbox: Path, agent: PID) -> dict[str, str]:
    variables: dict[str, Any] = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "LIBPROCESS_IP": "127.0.0.1",
        "LIBPROCESS_PORT": "0",
        "MESOS_FRAMEWORK_ID": "framework",
        "MESOS_EXECUTOR_ID": "executor",
        "MESOS_SLAVE_ID": "agent",
        "MESOS_SLAVE_PID": str(agent),
        "MESOS_SANDBOX": str(sandbox),
        "MESOS_DIRECTORY": str(sandbox),
        "MESOS_CHECKPOINT": "0",
        "MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD": "5secs",
        "MESOS_EXECUTOR_AUTHENTICATION_TOKEN": TOKEN,
    }
    return variables
