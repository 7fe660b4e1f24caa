"""The executor driver (EX-04): an actor between an `Executor` and the agent that started it.

`ExecutorProcess` takes messages in, asks `ExecutorState` what they mean, and performs what comes back.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, Final, assert_never

from libprocess_py.core.timers import Timer
from libprocess_py.future import Future
from libprocess_py.pid import PID
from libprocess_py.process import Process
from mesos_py.frameworks.executor.callbacks import Executor
from mesos_py.frameworks.executor.core import ExecutorState, Update
from mesos_py.frameworks.executor.effects import (
    Callback,
    Disconnected,
    Effects,
    ForceStop,
    FrameworkMessage,
    KillTask,
    LaunchTask,
    Link,
    Registered,
    Reregistered,
    Retry,
    Send,
    Shutdown,
    Stop,
)
from mesos_py.frameworks.executor.environment import ExecutorEnvironment
from mesos_py.protocol.messages.agent_executor import (
    ExecutorMessage,
    ExecutorRegistered,
    ExecutorShutdown,
    ExecutorStatusAcknowledgement,
    ExecutorTaskKill,
    ExecutorTaskLaunch,
)

ID: Final = "executor(1)"  # There is one in an OS process; a simulated node with several names the others.


class ExecutorProcess(Process):
    """The driver as an actor; what `callbacks.Driver` promises is meant for its `Executor` only."""

    def __init__(self, executor: Executor, environment: ExecutorEnvironment, *, id: str = ID) -> None:
        super().__init__(id)
        self._executor = executor
        self._state = ExecutorState(environment)

    @property
    def environment(self) -> ExecutorEnvironment:
        return self._state.environment

    # What the runtime and the agent tell

    def initialize(self) -> None:
        self._perform(self._state.start())

    def finalize(self) -> None:
        self._executor.ended()

    def exited(self, pid: PID) -> None:
        self._perform(self._state.agent_exited(pid))

    def executor_registered(self, sender: PID, message: ExecutorRegistered) -> None:
        self._perform(self._state.registered(sender, message))

    def executor_task_launch(self, sender: PID, message: ExecutorTaskLaunch) -> None:
        self._perform(self._state.task_launched(sender, message))

    def executor_task_kill(self, sender: PID, message: ExecutorTaskKill) -> None:
        self._perform(self._state.task_killed(sender, message))

    def executor_status_acknowledgement(self, sender: PID, message: ExecutorStatusAcknowledgement) -> None:
        self._perform(self._state.acknowledged(sender, message))

    def executor_message(self, sender: PID, message: ExecutorMessage) -> None:
        self._perform(self._state.message_received(sender, message))

    def executor_shutdown(self, sender: PID, message: ExecutorShutdown) -> None:
        self._perform(self._state.shut_down(sender, message.token))

    # What the executor asks for

    def now(self) -> int:
        return self.clock.now()

    def update(self, update: Update) -> None:
        named = uuid.UUID(self.unique_id()).bytes
        self._perform(self._state.updated(update, now=self.clock.now(), uuid=named))

    def send_framework_message(self, data: bytes) -> None:
        self._perform(self._state.message_sent(data))

    def stop(self, *, linger_ns: int = 0) -> None:
        self._perform(self._state.stopped(linger_ns=linger_ns))

    def after(self, ns: int, function: Callable[[], object]) -> Timer:
        return self.delay(ns, function)

    def deferred(self, function: Callable[..., object]) -> Callable[..., Future[Any]]:
        return self.defer(ExecutorProcess._call, function)

    def reap(self, os_pid: int) -> Future[int | None]:
        return self.node.reap(os_pid)

    def _call(self, function: Callable[..., object], *args: object) -> object:
        return function(*args)

    # Effects

    def _perform(self, effects: Effects) -> None:
        for effect in effects:
            match effect:
                case Send(message=message):
                    self.send(self.environment.agent, message)
                case Link():
                    self.link(self.environment.agent)
                case Retry(after_ns=ns):
                    self.delay(ns, self._registration_due)
                case ForceStop(after_ns=ns):
                    self.delay(ns, self._stop_due)
                case Stop():
                    self.terminate()
                case _:
                    self._call_back(effect)

    def _call_back(self, effect: Callback) -> None:
        executor = self._executor
        match effect:
            case Registered(executor=info, framework=framework, agent=agent):
                executor.registered(self, info, framework=framework, agent=agent)
            case Reregistered(agent=agent):
                executor.reregistered(self, agent)
            case Disconnected():
                executor.disconnected(self)
            case LaunchTask(task=task):
                executor.launch_task(self, task)
            case KillTask(task_id=task_id, grace_ns=grace_ns):
                executor.kill_task(self, task_id, grace_ns=grace_ns)
            case FrameworkMessage(data=data):
                executor.framework_message(self, data)
            case Shutdown():
                executor.shutdown(self)
            case _:
                assert_never(effect)

    def _registration_due(self) -> None:
        self._perform(self._state.registration_due())

    def _stop_due(self) -> None:
        self._perform(self._state.stop_due())
