"""The master's books as the old endpoints show them. Pure: books in, plain dicts out.

What may hold a secret is not shown: data of executors and tasks, and the environment of commands. Times are seconds
since the epoch. Readers of these endpoints rely on names, so absent things are shown as empty ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from master.core.books import Books
from master.core.entities import CONNECTED, RECOVERED, Agent, Framework
from mesos_py.protocol.framework import Capability
from mesos_py.protocol.ids import FrameworkId
from mesos_py.protocol.messages.master_agent import RunningExecutor
from mesos_py.protocol.offer import Offer
from mesos_py.protocol.resource_endpoint import to_endpoint
from mesos_py.protocol.resources import NOTHING, Resources
from mesos_py.protocol.task import ExecutorInfo, Task, TaskStatus

View = dict[str, Any]
ExecutorsBy = dict[FrameworkId, list[tuple[Agent, RunningExecutor]]]

SECOND_NS: Final = 1_000_000_000
CAPABILITIES: Final[tuple[str, ...]] = ()  # None of those that Mesos masters announce is complete here yet.
AMOUNTS_REMEMBERED_MAX: Final = 10_000  # Different amounts; tasks ask for the same few, machines come in kinds.


def seconds(ns: int) -> float:
    return ns / SECOND_NS


def labels(pairs: tuple[tuple[str, str], ...]) -> list[View]:
    return [{"key": key, "value": value} for key, value in pairs]


@lru_cache(AMOUNTS_REMEMBERED_MAX)
def amounts(resources: Resources) -> View:
    """The resources by name. Equal ones are worked out once and share the answer, which nobody may change."""
    return to_endpoint(resources)


@lru_cache(AMOUNTS_REMEMBERED_MAX)
def role_of(resources: Resources) -> str:
    """The role that resources are allocated to."""
    return next(iter(resources.allocations_by_role()), "*")


# Tasks


def status(each: TaskStatus) -> View:
    view: View = {"state": each.state.value, "timestamp": seconds(each.timestamp_ns)}
    if each.container_id is not None:
        view["container_status"] = {"container_id": {"value": each.container_id}}
    if each.healthy is not None:
        view["healthy"] = each.healthy
    return view


def task(each: Task) -> View:
    view: View = {
        "id": each.task_id,
        "name": each.name,
        "framework_id": each.framework_id,
        "executor_id": each.executor_id or "",
        "slave_id": each.agent_id,
        "state": each.state.value,
        "resources": amounts(each.resources),
        "role": role_of(each.resources),
        "statuses": [status(one) for one in each.statuses],
    }
    if each.labels:
        view["labels"] = labels(each.labels)
    if each.user is not None:
        view["user"] = each.user
    return view


def all_tasks(books: Books) -> list[Task]:
    """Every task that is remembered, ended ones too."""
    found: list[Task] = []
    for framework in (*books.frameworks.values(), *books.completed_frameworks.values()):
        found += [*framework.tasks.values(), *framework.unreachable.values(), *framework.completed]
    return found


# Frameworks


def offer(each: Offer) -> View:
    return {
        "id": each.id,
        "framework_id": each.framework_id,
        "slave_id": each.agent_id,
        "allocation_info": {"role": each.role},
        "resources": amounts(each.resources),
    }


def executor(agent: Agent, running: RunningExecutor) -> View:
    info = running.executor
    return {
        "executor_id": info.executor_id,
        "name": info.name,
        "source": info.source,
        "framework_id": running.framework_id,
        "slave_id": agent.id,
        "command": command(info),
        "resources": amounts(info.resources),
        "role": role_of(info.resources),
    }


def command(info: ExecutorInfo) -> View:
    """Without the environment, which may hold a secret."""
    return {"value": info.command.value, "shell": info.command.shell, "argv": list(info.command.arguments)}


def executors_by_framework(books: Books) -> ExecutorsBy:
    """Executors are on the pages of their agents; this is the index."""
    found: ExecutorsBy = {}
    for agent in books.agents.values():
        for running in agent.executors.values():
            found.setdefault(running.framework_id, []).append((agent, running))
    return found


def framework(books: Books, each: Framework, *, executors: list[tuple[Agent, RunningExecutor]]) -> View:
    info = each.info
    used = Resources.sum(task.resources for task in each.tasks.values() if not task.state.is_terminal)
    owned = Resources.sum(running.executor.resources for _, running in executors)
    offered = Resources.sum(books.offers[id].resources for id in each.offers)
    view: View = {
        "id": each.id,
        "name": info.name,
        "user": info.user,
        "failover_timeout": seconds(info.failover_timeout_ns),
        "checkpoint": info.checkpoint,
        "hostname": info.hostname,
        "webui_url": info.webui_url,
        "capabilities": [capability.value for capability in info.capabilities],
        "labels": labels(info.labels),
        "active": each.active,
        "connected": each.state is CONNECTED,
        "recovered": each.state is RECOVERED,
        "registered_time": seconds(each.registered_ns),
        "unregistered_time": seconds(each.unregistered_ns or 0),
        "resources": amounts(used + owned + offered),
        "used_resources": amounts(used + owned),
        "offered_resources": amounts(offered),
        "tasks": [task(one) for one in each.tasks.values()],
        "unreachable_tasks": [task(one) for one in each.unreachable.values()],
        "completed_tasks": [task(one) for one in each.completed],
        "offers": [offer(books.offers[id]) for id in each.offers],
        "executors": [executor(agent, running) for agent, running in executors],
    }
    return view | _framework_options(each)


def _framework_options(each: Framework) -> View:
    """What is shown only if it is there."""
    info = each.info
    view: View = {"roles": list(info.roles)} if info.has(Capability.MULTI_ROLE) else {"role": info.roles[0]}
    if each.pid is not None:
        view["pid"] = str(each.pid)
    if info.principal is not None:
        view["principal"] = info.principal
    if each.reregistered_ns is not None:
        view["reregistered_time"] = seconds(each.reregistered_ns)
    return view


def frameworks(books: Books, only: str | None = None) -> View:
    """`/frameworks`, perhaps of one id."""

    executors = executors_by_framework(books)

    def shown(kept: Iterable[Framework]) -> list[View]:
        return [
            framework(books, each, executors=executors.get(each.id, [])) for each in kept if only in (None, each.id)
        ]

    return {
        "frameworks": shown(books.frameworks.values()),
        "completed_frameworks": shown(books.completed_frameworks.values()),
        "unregistered_frameworks": [],
    }


# Agents


def slave(books: Books, each: Agent) -> View:
    info, total = each.info, each.info.resources
    used = Resources.sum(books.used_on(each).values())
    reserved = {role: amounts(part) for role, part in total.reservations_by_role().items()}
    view: View = {
        "id": each.id,
        "hostname": info.hostname,
        "port": info.port,
        "pid": str(each.pid),
        "version": each.version,
        "attributes": info.attributes.to_endpoint(),
        "capabilities": list(info.capabilities),
        "active": each.is_active,
        "deactivated": False,
        "registered_time": seconds(each.registered_ns),
        "resources": amounts(total),
        "used_resources": amounts(used),
        "offered_resources": amounts(books.offered_on(each)),
        "reserved_resources": reserved,
        "unreserved_resources": amounts(total.unreserved()),
    }
    if each.reregistered_ns is not None:
        view["reregistered_time"] = seconds(each.reregistered_ns)
    return view


def slave_in_full(books: Books, each: Agent) -> View:
    """With resources one by one, as `/slaves` has them beside the totals."""
    total = each.info.resources
    used = Resources.sum(books.used_on(each).values())
    return slave(books, each) | {
        "reserved_resources_full": {role: part.to_wire() for role, part in total.reservations_by_role().items()},
        "unreserved_resources_full": total.unreserved().to_wire(),
        "used_resources_full": used.to_wire(),
        "offered_resources_full": books.offered_on(each).to_wire(),
    }


def slaves(books: Books, only: str | None = None) -> View:
    """`/slaves`, perhaps of one id."""
    shown = [slave_in_full(books, each) for each in books.agents.values() if only in (None, each.id)]
    return {"slaves": shown, "recovered_slaves": []}


# Roles


def roles(books: Books, weights: dict[str, float]) -> View:
    """`/roles`: those that somebody is subscribed to, or that were given a weight."""
    members: dict[str, list[Framework]] = {role: [] for role in weights}
    for each in books.frameworks.values():
        for role in each.info.roles:
            members.setdefault(role, []).append(each)
    used = by_role(part for agent in books.agents.values() for part in books.used_on(agent).values())
    offered = by_role(each.resources for each in books.offers.values())
    reserved: dict[str, Resources] = {}
    for agent in books.agents.values():
        for role, part in agent.info.resources.reservations_by_role().items():
            reserved[role] = reserved.get(role, NOTHING) + part
    return {
        "roles": [
            _role(name, allocated=used.get(name, NOTHING), offered=offered.get(name, NOTHING))
            | {
                "weight": weights.get(name, 1.0),
                "reserved": amounts(reserved.get(name, NOTHING)),
                "frameworks": [each.id for each in members[name]],
            }
            for name in sorted(members)
        ]
    }


def by_role(parts: Iterable[Resources]) -> dict[str, Resources]:
    """What is allocated, added up by the role it is allocated to."""
    return Resources.sum(parts).allocations_by_role()


def _role(name: str, *, allocated: Resources, offered: Resources) -> View:
    return {
        "name": name,
        "quota": {"role": name, "guarantee": {}, "limit": {}, "consumed": amounts(allocated)},
        "resources": amounts(allocated + offered),
        "allocated": amounts(allocated),
        "offered": amounts(offered),
    }


# Everything


def state(books: Books, flags: dict[str, str], *, cluster: str | None) -> View:
    """`/state`."""
    settings = books.settings
    master = settings.master
    view: View = {
        "version": master.version,
        "git_sha": "",
        "git_tag": "",
        "build_date": "",
        "build_time": 0.0,
        "build_user": "",
        "start_time": seconds(settings.started_ns),
        "elected_time": seconds(settings.started_ns),
        "id": master.id,
        "pid": str(master.pid),
        "hostname": master.hostname,
        "capabilities": list(CAPABILITIES),
        "activated_slaves": sum(agent.is_active for agent in books.agents.values()),
        "deactivated_slaves": sum(not agent.is_active for agent in books.agents.values()),
        "unreachable_slaves": len(books.unreachable_agents),
        "leader": str(master.pid),
        "leader_info": {
            "id": master.id,
            "pid": str(master.pid),
            "port": master.pid.address.port,
            "hostname": master.hostname,
        },
        "flags": flags,
        "slaves": [slave(books, each) for each in books.agents.values()],
        "recovered_slaves": [],
        "orphan_tasks": [],
    }
    if cluster is not None:
        view["cluster"] = cluster
    return view | frameworks(books)
