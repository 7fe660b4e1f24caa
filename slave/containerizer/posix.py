"""The POSIX containerizer: containers are process trees, each below a supervisor (CO-05). It limits nothing.

It works without root and without anything but the system's own processes. The supervisor (launcher.py) does what needs
a process of its own; here is the agent's side: futures, graces and the answers that the interface promises.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from typing import Final

import msgspec

from libprocess_py.future import Future, collect, ready
from libprocess_py.process_control import is_available
from mesos_py.protocol.ids import ContainerId
from mesos_py.protocol.resources import Resources
from slave.containerizer.container import ContainerConfig, ContainerStatus, LaunchOutcome, Termination, Usage
from slave.containerizer.containerizer import Containerizer
from slave.containerizer.launcher import KILL, STOP
from slave.containerizer.posix_container import CONTAINER_ID_VARIABLE, PosixContainer, launch_spec, termination
from slave.containerizer.posix_supervisor import Supervisor, start_supervisor
from slave.containerizer.process_tree import with_environment
from slave.containerizer.usage import Meter

SWEEPS_MAX: Final = 100  # Rounds of killing what a dead supervisor left; a tree that outruns them is reported.


class PosixContainerizer(Containerizer):
    """Runs on the real driver only: it starts processes, and asyncio tells it when their reports come."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id)
        self._containers: dict[ContainerId, PosixContainer] = {}
        self._meter = Meter()

    def initialize(self) -> None:
        self._loop = asyncio.get_running_loop()
        if not is_available():
            self.log.warning(
                "containers are not tied to the agent's life", reason="no prctl here", help="install pyprctl"
            )

    def finalize(self) -> None:
        """The agent goes: nothing that it started stays."""
        for container in self._containers.values():
            if container.supervisor is not None:
                container.supervisor.send(KILL)
                self._close(container.supervisor)

    # The interface

    def recover(self, known: tuple[ContainerId, ...]) -> Future[tuple[ContainerId, ...]]:
        """Containers die with their agent, so there is none to take over."""
        return ready(())

    def launch(self, config: ContainerConfig) -> Future[LaunchOutcome]:
        if config.container_id in self._containers:
            return ready(LaunchOutcome.ALREADY_LAUNCHED)
        container = self._containers[config.container_id] = PosixContainer(config)
        try:
            container.supervisor = start_supervisor(launch_spec(config), name=config.container_id)
        except OSError as error:
            container.end(Termination(exit_status=None, message=_start_problem(config.sandbox, error)))
            return container.launched
        self._watch(container, container.supervisor)
        return container.launched

    def wait(self, container_id: ContainerId) -> Future[Termination | None]:
        container = self._containers.get(container_id)
        return ready(None) if container is None else container.ended.then(_as_is)

    def destroy(self, container_id: ContainerId, grace_ns: int) -> Future[bool]:
        container = self._containers.get(container_id)
        if container is None:
            return ready(False)
        if not container.has_ended:
            self._stop(container, grace_ns)
        return container.ended.then(_true)

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
        container.config = msgspec.structs.replace(container.config, resources=resources)
        return ready(True)

    def usage(self, container_id: ContainerId) -> Future[Usage | None]:
        container = self._running(container_id)
        if container is None or container.supervisor is None:
            return ready(None)
        return ready(self._meter.measure(container.supervisor.pid, container.config.resources, now=self.clock.now()))

    def status(self, container_id: ContainerId) -> Future[ContainerStatus | None]:
        container = self._running(container_id)
        if container is None:
            return ready(None)
        return ready(ContainerStatus(container_id=container_id, os_pid=container.started_pid))

    def containers(self) -> Future[tuple[ContainerId, ...]]:
        return ready(tuple(id for id, container in self._containers.items() if not container.has_ended))

    # What happens in between

    def _running(self, container_id: ContainerId) -> PosixContainer | None:
        container = self._containers.get(container_id)
        return None if container is None or container.has_ended else container

    def _watch(self, container: PosixContainer, supervisor: Supervisor) -> None:
        """Both ends come as events of this actor: the first line of the report, and the supervisor's exit."""
        reported = self.defer(self._supervisor_reported, container)

        def readable() -> None:
            self._loop.remove_reader(supervisor.report_fd)  # Only the first line is waited for.
            reported()

        self._loop.add_reader(supervisor.report_fd, readable)
        self.node.reap(supervisor.pid).on_any(self.defer(self._supervisor_ended, container))

    def _supervisor_reported(self, container: PosixContainer) -> None:
        if container.supervisor is None:
            return  # Its end was quicker, and took the report along.
        report = container.supervisor.read_report()
        if report.started_pid is not None:
            container.started(report)

    def _supervisor_ended(self, container: PosixContainer, reaped: Future[int | None]) -> None:
        assert container.supervisor is not None, "a supervisor ends once"
        report = container.supervisor.read_report()
        self._close(container.supervisor)
        container.supervisor = None
        if container.launched.is_pending:
            container.started(report)
        status = reaped.get() if reaped.is_ready else None
        end = termination(report, status, is_destroyed=container.is_destroyed)
        if report.wait_status is None and report.started_pid is not None:
            self.log.warning("supervisor lost", container=container.id, status=status)
            self._sweep(container, end, rounds=SWEEPS_MAX)
        else:
            container.end(end)

    def _stop(self, container: PosixContainer, grace_ns: int) -> None:
        """Ask now, force when the grace is over. A later call can only shorten it."""
        due = self.clock.now() + grace_ns
        if container.supervisor is None or (container.kill_due is not None and container.kill_due <= due):
            return
        if container.kill_timer is not None:
            container.kill_timer.cancel()
        if not container.is_destroyed and grace_ns > 0:
            container.supervisor.send(STOP)
        container.is_destroyed = True
        container.kill_due = due
        container.kill_timer = self.delay(max(0, grace_ns), self._grace_over, container)

    def _grace_over(self, container: PosixContainer) -> None:
        if container.supervisor is not None:
            container.supervisor.send(KILL)

    def _sweep(self, container: PosixContainer, end: Termination, *, rounds: int) -> None:
        """The supervisor is gone without its tree: kill what carries the container's id until nobody does."""
        left = with_environment(CONTAINER_ID_VARIABLE, container.id)
        if not left or not rounds:
            container.end(end)
            return
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        gone = collect([self.node.reap(pid) for pid in left])
        swept = self.defer(self._sweep, container, end)
        gone.on_any(lambda _: swept(rounds=rounds - 1))

    def _close(self, supervisor: Supervisor) -> None:
        self._loop.remove_reader(supervisor.report_fd)
        supervisor.close()


def _start_problem(sandbox: str, error: OSError) -> str:
    """In words. The system says what failed but not on which file, so the likely one is looked at."""
    if not os.path.isdir(sandbox):
        return f"sandbox {sandbox}: no such directory"
    return f"the supervisor {sys.executable} did not start in {sandbox}: {error.strerror}"


def _as_is(end: Termination) -> Termination | None:
    return end


def _true(_: Termination) -> bool:
    return True
