"""What must hold between the books of a cluster. Pure: books go in, assertions come out.

Each aggregate checks itself; these are the claims about several of them together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from allocators.hierarchical.books import Books as AllocatorBooks
from libprocess_py.pid import PID
from master.core.books import Books as MasterBooks
from master.core.entities import Agent
from mesos_py.protocol.ids import AgentId, FrameworkId, OfferId, TaskId
from mesos_py.protocol.resources import NOTHING, Resources
from mesos_py.protocol.task import TaskState
from slave.core.books import Books as AgentBooks


def check_accounts(master: MasterBooks, allocator: AllocatorBooks) -> None:
    """Used, offered and free are all there is, and master and allocator agree on each, per agent and over all.

    That a task's resources come back once follows: twice, or never, and the two would differ.
    """
    assert master.agents.keys() == allocator.agents.keys(), "the allocator has other agents than the master"
    assert master.frameworks.keys() == allocator.frameworks.keys(), "the allocator has other frameworks than the master"
    whole = [_check_agent_account(master, allocator, agent=agent) for agent in master.agents.values()]
    everything = Resources.sum(agent.info.resources for agent in master.agents.values())
    assert Resources.sum(whole) == everything, f"{Resources.sum(whole)} of {everything} are accounted for"


def _check_agent_account(master: MasterBooks, allocator: AllocatorBooks, *, agent: Agent) -> Resources:
    """Returns the sum of the parts."""
    book = allocator.agents[agent.id]
    used = {id: resources for id, resources in master.used_on(agent).items() if resources}
    held = {id: resources for id, resources in master.used_on(agent).items() if resources}
    for offer_id in agent.offers:
        offer = master.offers[offer_id]
        held[offer.framework_id] = held.get(offer.framework_id, NOTHING) + offer.resources
    for acceptance in master.acceptances.values():
        if acceptance.agent_id == agent.id:
            held[acceptance.framework_id] = held.get(acceptance.framework_id, NOTHING) + acceptance.resources
    assert book.in_use == used, f"{agent.id}: the allocator believes in use {book.in_use}, the master {used}"
    assert book.held == held, f"{agent.id}: the allocator believes held {book.held}, the master {held}"
    whole = Resources.sum((*(part.unallocate() for part in held.values()), book.free))
    assert whole == agent.info.resources, f"{agent.id}: {whole} are used, offered or free of {agent.info.resources}"
    return whole


def check_one_place(agents: Iterable[AgentBooks]) -> None:
    """No task runs on two agents."""
    places: dict[tuple[FrameworkId, TaskId], AgentId | None] = {}
    for books in agents:
        for key, state in states_on(books).items():
            if not state.is_terminal:
                assert key not in places, f"task {key} runs on {places[key]} and on {books.registration.agent_id}"
                places[key] = books.registration.agent_id


def check_agent_views(master: MasterBooks, agents: Mapping[PID, AgentBooks]) -> None:
    """Every connected agent runs what the master believes that it runs, and nothing else."""
    for agent in master.agents.values():
        if not agent.connected:
            continue
        assert agent.pid in agents, f"{agent.id} is connected, but down"
        books = agents[agent.pid]
        assert books.registration.agent_id == agent.id
        believed = {key: master.frameworks[key[0]].tasks[key[1]].state for key in agent.tasks}
        assert believed == states_on(books), f"{agent.id}: the master believes {believed}, runs {states_on(books)}"
        executors = {
            (executor.framework_id, executor.id): None
            for executor in books.containers.values()
            if not executor.is_command_executor
        }
        assert agent.executors.keys() == executors.keys(), f"{agent.id}: {agent.executors.keys()}, runs {executors}"


def check_framework_view(master: MasterBooks, id: FrameworkId, *, offers: Collection[OfferId]) -> None:
    """A scheduler holds the offers that the master made it."""
    framework = master.frameworks.get(id)
    believed = () if framework is None else tuple(framework.offers)
    assert sorted(believed) == sorted(offers), f"{id}: the master has offered {believed}, the scheduler has {offers}"


def check_task_view(master: MasterBooks, id: FrameworkId, *, states: Mapping[TaskId, TaskState]) -> None:
    """A scheduler believes of its tasks what the master does."""
    framework = master.frameworks.get(id)
    believed = {} if framework is None else {task.task_id: task.state for task in framework.tasks.values()}
    assert believed == states, f"{id}: the master believes {believed}, the scheduler {states}"


def states_on(books: AgentBooks) -> dict[tuple[FrameworkId, TaskId], TaskState]:
    """The tasks that an agent has not done with, and how far they are."""
    states: dict[tuple[FrameworkId, TaskId], TaskState] = {}
    for framework in books.frameworks.values():
        for executor in framework.executors.values():
            for booked in executor.tasks.alive():
                states[framework.id, booked.info.task_id] = booked.task.state
            for task_id, task in executor.tasks.terminated.items():
                states[framework.id, task_id] = task.state
    return states
