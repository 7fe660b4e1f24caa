"""What the agent shows of its books, in the shapes of Mesos' old endpoints. Pure.

No view shows `ExecutorInfo.data`, a command's environment or an executor's token: they may be secrets.
"""

from __future__ import annotations

from typing import Any, Final

from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.resource_endpoint import to_endpoint
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import ExecutorInfo, Task
from slave.containerizer.container import ContainerStatus, Usage
from slave.core.books import Books
from slave.core.executors import CompletedExecutor, Executor
from slave.core.frameworks import Framework

SECOND_NS: Final = 1_000_000_000


def state(books: Books, flags: dict[str, str], *, started_ns: int) -> dict[str, Any]:
    """The whole of `/state`."""
    settings, registration = books.settings, books.registration
    info, master = settings.info, registration.master
    return {
        "version": settings.version,
        "start_time": started_ns / SECOND_NS,
        "id": registration.agent_id or "",
        "pid": str(settings.pid),
        "hostname": info.hostname,
        "capabilities": list(info.capabilities),
        "resources": to_endpoint(info.resources),
        **_reservations(info),
        "attributes": info.attributes.to_endpoint(),
        "master_hostname": master.address.ip if master is not None and registration.is_running else "",
        "flags": flags,
        "frameworks": [framework(each) for each in books.frameworks.values()],
        "completed_frameworks": [framework(each) for each in books.completed_frameworks.values()],
    }


def _reservations(info: AgentInfo) -> dict[str, Any]:
    reserved = info.resources.reservations_by_role()
    return {
        "reserved_resources": {role: to_endpoint(resources) for role, resources in reserved.items()},
        "unreserved_resources": to_endpoint(info.resources.unreserved()),
    }


def framework(framework: Framework) -> dict[str, Any]:
    """One framework with its executors, live and over."""
    info = framework.info
    return {
        "id": framework.id,
        "name": info.name,
        "user": info.user,
        "failover_timeout": info.failover_timeout_ns / SECOND_NS,
        "checkpoint": info.checkpoint,
        "hostname": info.hostname,
        "roles": list(info.roles),
        "executors": [executor(each) for each in framework.executors.values()],
        "completed_executors": [completed_executor(each) for each in framework.completed_executors],
    }


def executor(executor: Executor) -> dict[str, Any]:
    """One executor that is not history yet."""
    launched = [booked.task for booked in executor.tasks.launched.values()]
    return {
        **_executor(executor),
        "resources": to_endpoint(executor.resources if executor.is_live else executor.info.resources),
        "tasks": [task(each) for each in (*launched, *executor.tasks.terminated.values())],
        "queued_tasks": [task(booked.task) for booked in executor.tasks.queued.values()],
        "completed_tasks": [task(each) for each in executor.tasks.completed],
    }


def completed_executor(executor: CompletedExecutor) -> dict[str, Any]:
    """One executor of the past."""
    return {
        **_executor(executor),
        "resources": to_endpoint(executor.info.resources),
        "tasks": [],
        "queued_tasks": [],
        "completed_tasks": [task(each) for each in executor.tasks],
    }


def _executor(executor: Executor | CompletedExecutor) -> dict[str, Any]:
    info: ExecutorInfo = executor.info
    return {
        "id": info.executor_id,
        "name": info.name,
        "source": info.source,
        "container": executor.container_id,
        "directory": executor.sandbox,
        "role": _role(info.resources),
        "type": "DEFAULT" if executor.is_command_executor else "CUSTOM",
        "labels": [],
    }


def _role(resources: Resources) -> str:
    roles = [kind.allocation_role for kind in resources.kinds if kind.allocation_role]
    return roles[0] if roles else "*"


def task(task: Task) -> dict[str, Any]:
    """One task. A command task shows no executor, though its executor bears its id."""
    return {
        "id": task.task_id,
        "name": task.name,
        "framework_id": task.framework_id,
        "executor_id": task.executor_id or "",
        "slave_id": task.agent_id,
        "state": task.state.value,
        "resources": to_endpoint(task.resources),
        "role": _role(task.resources),
        "statuses": [
            {"state": status.state.value, "timestamp": status.timestamp_ns / SECOND_NS} for status in task.statuses
        ],
        "labels": [{"key": key, "value": value} for key, value in task.labels],
    }


def statistics(executor: Executor, usage: Usage | None) -> dict[str, Any]:
    """One entry of `/monitor/statistics`."""
    info = executor.info
    return {
        "executor_id": info.executor_id,
        "executor_name": info.name,
        "framework_id": executor.framework_id,
        "source": info.source,
        "statistics": _usage(usage) if usage is not None else {},
    }


def container(executor: Executor, usage: Usage | None, *, status: ContainerStatus | None) -> dict[str, Any]:
    """One entry of `/containers`."""
    shown: dict[str, Any] = {"container_id": {"value": executor.container_id}}
    if status is not None and status.os_pid is not None:
        shown["executor_pid"] = status.os_pid
    return {"container_id": executor.container_id, **statistics(executor, usage), "status": shown}


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "timestamp": usage.timestamp_ns / SECOND_NS,
        "cpus_limit": usage.cpus_limit,
        "cpus_user_time_secs": usage.cpus_user_ns / SECOND_NS,
        "cpus_system_time_secs": usage.cpus_system_ns / SECOND_NS,
        "mem_limit_bytes": usage.mem_limit_bytes,
        "mem_rss_bytes": usage.mem_rss_bytes,
        "processes": usage.processes,
        "threads": usage.threads,
    }
