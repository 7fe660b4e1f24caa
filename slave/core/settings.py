"""What an agent's core is told once, at its start: bounds, periods and facts about its machine."""

from __future__ import annotations

from typing import Final

from libprocess_py.message import Record
from libprocess_py.pid import PID
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.resources import Resources

SECOND_NS: Final = 1_000_000_000

EXECUTOR_REGISTRATION_TIMEOUT_NS: Final = 60 * SECOND_NS  # AG-06: an executor is up after a minute, or never.
EXECUTOR_SHUTDOWN_GRACE_NS: Final = 5 * SECOND_NS  # AG-07.
REGISTRATION_BACKOFF_NS: Final = SECOND_NS  # AG-02: b.
REGISTRATION_BACKOFF_MAX_NS: Final = 60 * SECOND_NS  # AG-02: a herd is spread enough over a minute.

COMPLETED_FRAMEWORKS_MAX: Final = 50  # AG-17.
COMPLETED_EXECUTORS_MAX: Final = 150  # AG-17: per framework.
COMPLETED_TASKS_MAX: Final = 200  # AG-17: per executor.

# -P: a sandbox holds what others put there, and none of it may take the place of a module of ours.
COMMAND_EXECUTOR: Final = 'exec "$MESOS_PYTHON" -P -m mesos_py.frameworks.executor.command_main'
COMMAND_EXECUTOR_RESOURCES: Final = Resources.of(cpus=0.1, mem=32)  # EX-01: on top of the offer, charged to nobody.


class AgentSettings(Record):
    """One agent's settings. `info` has no id: the master gives it."""

    pid: PID
    info: AgentInfo
    version: str
    work_dir: str
    python: str  # The interpreter for executors of our own.
    path: str  # PATH of executors.
    executor_environment: tuple[tuple[str, str], ...] = ()  # What the operator adds to that of every executor.
    executor_ip: str  # Where executors listen; on the agent's own host.
    executor_registration_timeout_ns: int = EXECUTOR_REGISTRATION_TIMEOUT_NS
    executor_shutdown_grace_ns: int = EXECUTOR_SHUTDOWN_GRACE_NS
    registration_backoff_ns: int = REGISTRATION_BACKOFF_NS
    command_executor: str = COMMAND_EXECUTOR
    switch_user: bool = True
    completed_frameworks_max: int = COMPLETED_FRAMEWORKS_MAX
    completed_executors_max: int = COMPLETED_EXECUTORS_MAX
    completed_tasks_max: int = COMPLETED_TASKS_MAX
