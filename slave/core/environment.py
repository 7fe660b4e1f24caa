"""The environment of an executor (AG-20). Complete: nothing of the agent's own environment is passed on beside it."""

from __future__ import annotations

from typing import Final

from mesos_py.protocol.durations import format_duration
from mesos_py.protocol.ids import AgentId
from slave.core.executors import Executor
from slave.core.settings import AgentSettings

TOKEN_VARIABLE: Final = "MESOS_EXECUTOR_AUTHENTICATION_TOKEN"


def executor_environment(
    executor: Executor, *, agent_id: AgentId, settings: AgentSettings
) -> tuple[tuple[str, str], ...]:
    """What the executor needs to find its agent and to prove itself; what its command sets itself wins."""
    grace_ns = executor.info.shutdown_grace_ns
    if grace_ns is None:
        grace_ns = settings.executor_shutdown_grace_ns
    environment = {
        "PATH": settings.path,
        **dict(settings.executor_environment),
        "LIBPROCESS_IP": settings.executor_ip,
        "LIBPROCESS_PORT": "0",
        "MESOS_FRAMEWORK_ID": executor.framework_id,
        "MESOS_EXECUTOR_ID": executor.id,
        "MESOS_SLAVE_ID": agent_id,
        "MESOS_SLAVE_PID": str(settings.pid),
        "MESOS_AGENT_ENDPOINT": str(settings.pid.address),
        "MESOS_CONTAINER_ID": executor.container_id,
        "MESOS_DIRECTORY": executor.sandbox,
        "MESOS_SANDBOX": executor.sandbox,
        "MESOS_CHECKPOINT": "0",
        "MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD": format_duration(grace_ns),
        "MESOS_PYTHON": settings.python,
        TOKEN_VARIABLE: executor.token,
    }
    environment.update(executor.info.command.environment)
    return tuple(environment.items())
