"""What the agent and a containerizer say to each other: what to run, how it ended, what it uses."""

from __future__ import annotations

from enum import Enum

from libprocess_py.message import Record
from mesos_py.protocol.ids import ContainerId
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import CommandInfo


class ContainerConfig(Record):
    """What to run in a new container. The environment is complete: nothing of the agent's own is added to it."""

    container_id: ContainerId
    command: CommandInfo  # Its own `environment` is already part of `environment` here.
    environment: tuple[tuple[str, str], ...]  # Each name once.
    sandbox: str  # An existing directory: the working directory; `stdout` and `stderr` are files in it.
    resources: Resources
    user: str | None = None  # None: whoever the agent runs as.


class LaunchOutcome(Enum):
    """What became of a launch. Whatever it is, `wait` tells how the container ends or ended."""

    LAUNCHED = "launched"
    ALREADY_LAUNCHED = "already launched"  # The id is known, running or ended: nothing was started.
    FAILED = "failed"  # The termination's message says why.
    DESTROYED = "destroyed"  # A destroy came meanwhile, and won.


class Termination(Record):
    """How a container ended. `message` is a sentence where there is more to say than the status."""

    exit_status: int | None  # Negative: the signal that ended it. None: it never ran, or nobody could see it end.
    message: str = ""

    @property
    def is_signalled(self) -> bool:
        return self.exit_status is not None and self.exit_status < 0


class Usage(Record):
    """What the processes of a container use and may use."""

    timestamp_ns: int
    cpus_user_ns: int = 0  # Since the start, ended processes of the container included where the system tells.
    cpus_system_ns: int = 0
    mem_rss_bytes: int = 0
    processes: int = 0
    threads: int = 0
    cpus_limit: float = 0.0
    mem_limit_bytes: int = 0


class ContainerStatus(Record):
    """A container that runs: `os_pid` is its first process as the host sees it; None where there is no process."""

    container_id: ContainerId
    os_pid: int | None = None
