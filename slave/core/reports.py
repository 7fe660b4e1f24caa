"""What the agent says when it asks to be let in: that it is new, or that it is back, and with what (MA-06, HA-04)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from mesos_py.protocol.messages.master_agent import AgentRegistration, AgentReregistration, RunningExecutor
from mesos_py.protocol.task import Task
from slave.core.books import Books
from slave.core.frameworks import Framework

# Of the past, in a report: what the master shows of a few frameworks. More would crowd out what runs from the message.
COMPLETED_MAX: Final = 2_000


def request(books: Books) -> AgentRegistration | AgentReregistration:
    """A registration from an agent without an id, otherwise everything that runs here, for the master's books."""
    settings, agent_id = books.settings, books.registration.agent_id
    if agent_id is None:
        return AgentRegistration(agent=settings.info, version=settings.version, run_id=books.registration.run_id)
    frameworks = [framework for framework in books.frameworks.values() if not framework.is_terminating]
    return AgentReregistration(
        agent=replace(settings.info, id=agent_id),
        version=settings.version,
        frameworks=tuple(framework.info for framework in frameworks),
        executors=tuple(executor for framework in frameworks for executor in _executors(framework)),
        tasks=tuple(task for framework in frameworks for task in _tasks(books, framework)),
        completed_tasks=tuple(task for framework in frameworks for task in _completed(framework))[-COMPLETED_MAX:],
    )


def _executors(framework: Framework) -> list[RunningExecutor]:
    """Those that the master books: command executors are the agent's own affair."""
    return [
        RunningExecutor(framework_id=framework.id, executor=executor.info, container_id=executor.container_id)
        for executor in framework.live.values()
        if not executor.is_command_executor
    ]


def _tasks(books: Books, framework: Framework) -> list[Task]:
    """All that have not ended, and those whose end the scheduler has not acknowledged."""
    return [
        _with_forwarded(books, task)
        for executor in framework.executors.values()
        for task in (*(booked.task for booked in executor.tasks.alive()), *executor.tasks.terminated.values())
    ]


def _completed(framework: Framework) -> Iterator[Task]:
    """Those of executors that are over first: the order in which they ended, but for executors side by side."""
    for over in framework.completed_executors:
        yield from over.tasks
    for executor in framework.executors.values():
        yield from executor.tasks.completed


def _with_forwarded(books: Books, task: Task) -> Task:
    """With the update that waits for its acknowledgement, which the next master will be sent first (MA-21)."""
    head = books.updates.head(task.framework_id, task.task_id)
    return task if head is None else replace(task, status_state=head.state, status_uuid=head.uuid)
