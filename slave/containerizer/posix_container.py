"""What the POSIX containerizer knows of one container, and what its supervisor's words mean."""

from __future__ import annotations

import os
from typing import Final

from libprocess_py.core.timers import Timer
from libprocess_py.exit_words import exit_words
from libprocess_py.future import Promise
from mesos_py.protocol.ids import ContainerId
from slave.containerizer.container import ContainerConfig, LaunchOutcome, Termination
from slave.containerizer.launcher_spec import LaunchReport, LaunchSpec
from slave.containerizer.posix_supervisor import Supervisor

# In every container's environment, and how to find what a dead supervisor left: so ids must be unique on a machine.
CONTAINER_ID_VARIABLE: Final = "MESOS_CONTAINER_ID"


class PosixContainer:
    """One container, from its launch until it is removed."""

    def __init__(self, config: ContainerConfig) -> None:
        self.config = config
        self.supervisor: Supervisor | None = None  # None before it starts and after it was reaped.
        self.started_pid: int | None = None  # The command's process.
        self.launched: Promise[LaunchOutcome] = Promise()
        self.ended: Promise[Termination] = Promise()
        self.is_destroyed = False
        self.kill_due: int | None = None  # When the grace of a destroy is over.
        self.kill_timer: Timer | None = None

    @property
    def id(self) -> ContainerId:
        return self.config.container_id

    @property
    def has_ended(self) -> bool:
        return not self.ended.is_pending

    def started(self, report: LaunchReport) -> None:
        """The supervisor told how the launch went, or its silence says so."""
        self.started_pid = report.started_pid
        if self.is_destroyed:
            self.launched.set(LaunchOutcome.DESTROYED)
        elif report.started_pid is None:
            self.launched.set(LaunchOutcome.FAILED)
        else:
            self.launched.set(LaunchOutcome.LAUNCHED)

    def end(self, termination: Termination) -> None:
        """Nothing of it runs any more."""
        if self.kill_timer is not None:
            self.kill_timer.cancel()
        self.launched.set(LaunchOutcome.DESTROYED if self.is_destroyed else LaunchOutcome.FAILED)
        self.ended.set(termination)


def launch_spec(config: ContainerConfig) -> LaunchSpec:
    """The container as its supervisor needs to know it."""
    command = config.command
    if command.shell:
        program, argv = "/bin/sh", ["sh", "-c", command.value]
    else:
        program, argv = command.value, list(command.arguments) or [command.value]
    return LaunchSpec(
        program=program,
        argv=argv,
        environment=dict(config.environment),
        sandbox=config.sandbox,
        user=config.user,
        parent_pid=os.getpid(),
    )


def termination(report: LaunchReport, supervisor_status: int | None, *, is_destroyed: bool) -> Termination:
    """How the container ended, from what its supervisor said and how the supervisor itself ended."""
    if report.wait_status is not None:
        return Termination(exit_status=os.waitstatus_to_exitcode(report.wait_status))
    if report.problem:
        return Termination(exit_status=None, message=report.problem)
    if is_destroyed and report.started_pid is None:
        return Termination(exit_status=None, message="destroyed before its command ran")
    return Termination(exit_status=None, message=f"the container's supervisor {exit_words(supervisor_status)}")
