"""How an agent leaves the books: whatever is on it ends or is out of reach, and everybody is told."""

from __future__ import annotations

from typing import Final

from libprocess_py.message import Record
from master.core import accept, offers, tasks
from master.core.books import Books
from master.core.effects import CancelTimer, Count, Effects, RemoveAgent, Send
from master.core.entities import Agent
from master.core.statuses import Verdict, lost_or
from mesos_py.protocol.ids import AgentId
from mesos_py.protocol.messages.master_framework import AgentLost
from mesos_py.protocol.task import Reason, TaskState


class Departure(Record, kw_only=False):
    """Why an agent leaves, and what that says of its tasks: UNREACHABLE ones may come back, GONE ones do not."""

    state: TaskState
    metric: str
    message: str


UNREACHABLE: Final = Departure(TaskState.UNREACHABLE, "slave_removals/reason_unhealthy", "The agent is unreachable")
UNREGISTERED: Final = Departure(TaskState.GONE, "slave_removals/reason_unregistered", "The agent unregistered")
REPLACED: Final = Departure(
    TaskState.GONE, "slave_removals/reason_registered", "Another agent registered at the agent's pid"
)


def ping_timer(agent_id: AgentId) -> str:
    """The key of the timer of an agent's pings."""
    return f"ping/{agent_id}"


def remove(books: Books, agent: Agent, *, departure: Departure, now: int) -> Effects:
    """Take an agent off the books. The allocator forgets with it what is held there."""
    effects = accept.abandon_of_agent(books, agent, message=departure.message, now=now)
    effects += offers.rescind(books, agent.offers)
    for framework_id, task_id in tuple(agent.tasks):
        framework = books.frameworks[framework_id]
        verdict = Verdict(lost_or(departure.state, framework), Reason.SLAVE_REMOVED, departure.message)
        end = tasks.mark_unreachable if departure.state is TaskState.UNREACHABLE else tasks.conclude
        effects += end(books, framework.tasks[task_id], verdict=verdict, now=now)
    agent.executors.clear()
    del books.agents[agent.id]
    del books.agent_by_pid[agent.pid]
    books.story.note(f"agent {agent.id}", departure.message, now=now)
    effects += [CancelTimer(ping_timer(agent.id)), RemoveAgent(agent.id)]
    lost = AgentLost(agent_id=agent.id)
    effects += [Send(framework.pid, lost) for framework in books.frameworks.values() if framework.pid is not None]
    return [*effects, Count("slave_removals"), Count(departure.metric)]
