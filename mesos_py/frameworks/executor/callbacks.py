"""What the author of an executor implements, and what it can ask of the driver (EX-04).

Callbacks run one at a time, in the driver's own turn, so they need no locks and must not block. Those not overridden do
nothing. A kill or a shutdown ends in the tasks' last updates; after a shutdown the executor calls `stop`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from libprocess_py.core.timers import Timer
from libprocess_py.future import Future
from libprocess_py.pid import PID
from libprocess_py.process import Process
from mesos_py.frameworks.executor.core import Update
from mesos_py.frameworks.executor.environment import ExecutorEnvironment
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.ids import TaskId
from mesos_py.protocol.task import ExecutorInfo, TaskInfo


class Driver(Protocol):
    """What an executor can ask for, from its callbacks and from what it had called later."""

    @property
    def environment(self) -> ExecutorEnvironment: ...

    def now(self) -> int:
        """Nanoseconds since the epoch; virtual in simulation."""

    def update(self, update: Update) -> None:
        """Report a task. Raises ValueError for a task that is not here or over."""

    def send_framework_message(self, data: bytes) -> None:
        """Bytes for the scheduler, best effort."""

    def stop(self, *, linger_ns: int = 0) -> None:
        """End the executor, once every update is acknowledged or after `linger_ns`."""

    def after(self, ns: int, function: Callable[[], object]) -> Timer:
        """Call back later, in the driver's turn."""

    def deferred(self, function: Callable[..., object]) -> Callable[..., object]:
        """The function, made to run in the driver's turn whoever calls it: for futures."""

    def reap(self, os_pid: int) -> Future[int | None]:
        """The exit status of a child process; see `Node.reap`."""

    def spawn(self, process: Process) -> PID: ...
    def terminate(self, pid: PID | None = None, *, inject: bool = True) -> None: ...
    def dispatch(self, to: PID, method: Callable[..., Any], *args: Any) -> Future[Any]: ...


class Executor:
    """Base of executors."""

    def registered(self, driver: Driver, executor: ExecutorInfo, *, framework: FrameworkInfo, agent: AgentInfo) -> None:
        """The agent knows this executor. Comes first, once."""

    def reregistered(self, driver: Driver, agent: AgentInfo) -> None:
        """The agent was lost and is back."""

    def disconnected(self, driver: Driver) -> None:
        """The connection to the agent is lost. A shutdown follows unless the agent means to come back."""

    def launch_task(self, driver: Driver, task: TaskInfo) -> None:
        """Run this task and report what becomes of it."""

    def kill_task(self, driver: Driver, task_id: TaskId, *, grace_ns: int) -> None:
        """Ask this task to end, and force it after `grace_ns`. It is here and not over."""

    def framework_message(self, driver: Driver, data: bytes) -> None:
        """The scheduler sent bytes."""

    def shutdown(self, driver: Driver) -> None:
        """End all tasks, then call `stop`. After the grace period the driver ends anyway."""

    def ended(self) -> None:
        """The driver ends now: whatever still runs must be killed at once."""
