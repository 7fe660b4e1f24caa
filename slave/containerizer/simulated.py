"""The simulated containerizer: containers are actors of the agent's node, on whatever time that node has (CO-23).

No processes and no files. A container whose command is a model (`simulate duration=1secs exit=3`) is a program that
behaves so; any other one is an executor that follows the protocol (simulated_executor.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from libprocess_py.core.timers import Timer
from libprocess_py.future import Future, Promise, ready
from libprocess_py.pid import PID
from mesos_py.protocol.ids import ContainerId
from mesos_py.protocol.resources import Resources
from slave.containerizer.container import ContainerConfig, ContainerStatus, LaunchOutcome, Termination, Usage
from slave.containerizer.containerizer import Containerizer
from slave.containerizer.simulated_executor import SimulatedExecutor
from slave.containerizer.task_model import Fate, is_model, parse_model

SIGTERM: Final = 15
SIGKILL: Final = 9
MEGABYTE: Final = 1 << 20
LOST_EXECUTOR: Final = Termination(exit_status=None, message="the simulated executor ended unseen")


@dataclass(slots=True)
class Simulated:
    """One container: an actor, or a timer until its program ends, or neither when it has ended."""

    config: ContainerConfig
    ended: Promise[Termination | None] = field(default_factory=Promise)
    executor: PID | None = None
    timer: Timer | None = None

    @property
    def has_ended(self) -> bool:
        return not self.ended.is_pending


class SimulatedContainerizer(Containerizer):
    """Everything happens at once, or when its time has come."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id)
        self._containers: dict[ContainerId, Simulated] = {}
        self._executors: dict[PID, Simulated] = {}  # Those whose actor has not ended.

    def finalize(self) -> None:
        for container in self._containers.values():
            self._stop(container)

    def recover(self, known: tuple[ContainerId, ...]) -> Future[tuple[ContainerId, ...]]:
        return ready(())

    def launch(self, config: ContainerConfig) -> Future[LaunchOutcome]:
        if config.container_id in self._containers:
            return ready(LaunchOutcome.ALREADY_LAUNCHED)
        container = self._containers[config.container_id] = Simulated(config)
        if is_model(config.command.value):
            return ready(self._run(container))
        container.executor = self.spawn(
            SimulatedExecutor(config, self.defer(self._executor_ended, config.container_id))
        )
        self._executors[container.executor] = container
        self.link(container.executor)
        return ready(LaunchOutcome.LAUNCHED)

    def _run(self, container: Simulated) -> LaunchOutcome:
        """A program without a protocol."""
        try:
            model = parse_model(container.config.command.value)
        except ValueError as error:
            self._end(container, Termination(exit_status=None, message=str(error)))
            return LaunchOutcome.FAILED
        if model.fate is Fate.NEVER_STARTS:
            self._end(container, Termination(exit_status=None, message="the command did not start"))
            return LaunchOutcome.FAILED
        if model.fate is not Fate.RUNS_FOREVER:
            end = Termination(exit_status=model.exit_status)
            container.timer = self.delay(model.duration_ns, self._end, container, end)
        return LaunchOutcome.LAUNCHED

    def wait(self, container_id: ContainerId) -> Future[Termination | None]:
        container = self._containers.get(container_id)
        return ready(None) if container is None else container.ended.future

    def destroy(self, container_id: ContainerId, grace_ns: int) -> Future[bool]:
        container = self._containers.get(container_id)
        if container is None:
            return ready(False)
        if not container.has_ended:
            self._stop(container)
            self._end(container, Termination(exit_status=-SIGTERM if grace_ns > 0 else -SIGKILL))
        return ready(True)

    def remove(self, container_id: ContainerId) -> Future[bool]:
        container = self._containers.get(container_id)
        if container is None or not container.has_ended:
            return ready(False)
        del self._containers[container_id]
        return ready(True)

    def update(self, container_id: ContainerId, resources: Resources) -> Future[bool]:
        container = self._running(container_id)
        if container is None:
            return ready(False)
        container.config = replace(container.config, resources=resources)
        return ready(True)

    def usage(self, container_id: ContainerId) -> Future[Usage | None]:
        container = self._running(container_id)
        if container is None:
            return ready(None)
        limits = container.config.resources
        return ready(
            Usage(timestamp_ns=self.clock.now(), cpus_limit=limits.cpus, mem_limit_bytes=int(limits.mem * MEGABYTE))
        )

    def status(self, container_id: ContainerId) -> Future[ContainerStatus | None]:
        return ready(None if self._running(container_id) is None else ContainerStatus(container_id=container_id))

    def containers(self) -> Future[tuple[ContainerId, ...]]:
        return ready(tuple(id for id, container in self._containers.items() if not container.has_ended))

    def exited(self, pid: PID) -> None:
        """An executor's actor ended. If it did not say how before, something else ended it."""
        self._end(self._executors.pop(pid), LOST_EXECUTOR)

    def _running(self, container_id: ContainerId) -> Simulated | None:
        container = self._containers.get(container_id)
        return None if container is None or container.has_ended else container

    def _executor_ended(self, container_id: ContainerId, status: int) -> None:
        container = self._running(container_id)
        if container is not None:
            self._end(container, Termination(exit_status=status))

    def _stop(self, container: Simulated) -> None:
        if container.timer is not None:
            container.timer.cancel()
        if container.executor is not None and not container.has_ended:
            self.terminate(container.executor)

    def _end(self, container: Simulated, termination: Termination) -> None:
        if not container.has_ended:
            container.ended.set(termination)
