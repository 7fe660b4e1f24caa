"""Agents: register, disconnect, unregister (MA-05, MA-10).

Their return is in reregistration.py, their pings in agent_health.py.
"""

from __future__ import annotations

from msgspec.structs import replace

from libprocess_py.pid import PID
from master.core import agent_health, departures, offers
from master.core.books import Books
from master.core.effects import AddAgent, Count, DeactivateAgent, Effects, Link, Persist, Send
from master.core.entities import Agent
from master.core.errors import InvalidCall
from master.core.events import AgentAdmitted
from master.core.executors import remove as remove_executor
from master.core.statuses import Verdict
from master.core.tasks import conclude
from master.validation.agent import agent_problem
from mesos_py.protocol.ids import agent_id
from mesos_py.protocol.messages.master_agent import (
    AgentRegistered,
    AgentRegistration,
    AgentShutdown,
    AgentUnregistration,
)
from mesos_py.protocol.task import Reason, TaskState


def register(books: Books, sender: PID, *, message: AgentRegistration, now: int) -> Effects:
    """A new agent asks to join. It is put on record first, then let in."""
    if problem := agent_problem(message.agent, message.version):
        return [Count("invalid_agent_registrations"), Send(sender, AgentShutdown(message=problem))]
    if sender in books.admitting:
        return []
    effects: Effects = []
    known = books.agents[books.agent_by_pid[sender]] if sender in books.agent_by_pid else None
    if known is not None:
        if known.connected and known.run_id == message.run_id:
            return [_registered(books, known)]
        effects += departures.remove(books, known, departure=departures.REPLACED, now=now)
    elif len(books.agents) + len(books.admitting) >= books.limits.agents:
        raise InvalidCall(f"the master has {books.limits.agents} agents and takes no more")
    id = agent_id(books.settings.master.id, books.next_number("agent"))
    books.admitting[sender] = id
    return [*effects, Persist(AgentAdmitted(sender, id, message))]


def _registered(books: Books, agent: Agent) -> Send:
    patience_ns = books.settings.ping_patience_ns
    return Send(agent.pid, AgentRegistered(agent_id=agent.id, ping_timeout_ns=patience_ns))


def admitted(books: Books, event: AgentAdmitted, *, now: int) -> Effects:
    """The agent is on record: it is in."""
    assert books.admitting.get(event.sender) == event.agent_id, "an agent is admitted once for each time it asked"
    del books.admitting[event.sender]
    message = event.registration
    agent = Agent(
        id=event.agent_id,
        info=replace(message.agent, id=event.agent_id),
        pid=event.sender,
        version=message.version,
        registered_ns=now,
        instance=books.next_number("instance"),
        run_id=message.run_id,
    )
    books.agents[agent.id] = agent
    books.agent_by_pid[agent.pid] = agent.id
    books.story.note(f"agent {agent.id}", f"registered from {agent.pid}", now=now)
    return [
        Link(agent.pid),
        _registered(books, agent),
        AddAgent(agent.id, agent.info, (), agent.instance),
        *agent_health.start(books, agent),
        Count("slave_registrations"),
    ]


def exited(books: Books, pid: PID, *, now: int) -> Effects:
    """The connection is lost; the agent may be alive (MA-10).

    It is offered no more until it returns. Executors of frameworks that do not checkpoint end with their agent's
    process, so their tasks are taken for lost at once; should they be alive after all, the agent will report them
    when it returns.
    """
    agent = books.agents[books.agent_by_pid[pid]]
    if not agent.connected:
        return []
    agent.connected = False
    books.story.note(f"agent {agent.id}", "disconnected", now=now)
    effects: Effects = [DeactivateAgent(agent.id), *offers.rescind(books, agent.offers)]
    verdict = Verdict(TaskState.LOST, Reason.SLAVE_DISCONNECTED, "The agent disconnected")
    for framework_id, task_id in tuple(agent.tasks):
        framework = books.frameworks[framework_id]
        if not framework.info.checkpoint:
            effects += conclude(books, framework.tasks[task_id], verdict=verdict, now=now)
    for key in tuple(agent.executors):
        if not books.frameworks[key[0]].info.checkpoint:
            effects += remove_executor(books, agent, key=key)
    return effects


def unregister(books: Books, sender: PID, *, message: AgentUnregistration, now: int) -> Effects:
    """The agent stops for good."""
    agent = books.agent_of(sender)
    if message.agent_id != agent.id:
        raise InvalidCall(f"agent_id {message.agent_id}: expected {agent.id}")
    return departures.remove(books, agent, departure=departures.UNREGISTERED, now=now)
