"""Pings: an agent that answers none for a while is unreachable (MA-07, MA-11).

A ping goes out every `agent_ping_timeout`; when the next one is due and the last is not answered, it was missed.
After `max_agent_ping_timeouts` misses in a row the agent is put on record as unreachable, which may take time: pings
go on meanwhile, and a pong still saves it. Agents whose connection is lost are pinged all the same, and the ping
tells them.
"""

from __future__ import annotations

from libprocess_py.pid import PID
from master.core import departures
from master.core.books import Books
from master.core.effects import Count, Effects, Persist, Send, StartTimer
from master.core.entities import Agent
from master.core.errors import StrangeSender
from master.core.events import AgentMarkedUnreachable, PingDue
from mesos_py.protocol.messages.master_agent import Ping


def start(books: Books, agent: Agent) -> Effects:
    """An agent (re-)registered: it is alive, and pinged from now on."""
    agent.pings_missed = 0
    agent.marking_unreachable = False
    return _ping(books, agent)


def _ping(books: Books, agent: Agent) -> Effects:
    agent.pinged = True
    again = PingDue(agent.id, agent.instance)
    timer = StartTimer(departures.ping_timer(agent.id), books.settings.agent_ping_timeout_ns, again)
    return [Send(agent.pid, Ping(connected=agent.connected)), timer]


def pong(books: Books, sender: PID) -> Effects:
    """Alive, whether connected or not."""
    agent_id = books.agent_by_pid.get(sender)
    if agent_id is None:
        raise StrangeSender(f"{sender}: no agent is registered under this pid")
    agent = books.agents[agent_id]
    agent.pinged = False
    agent.pings_missed = 0
    if not agent.marking_unreachable:
        return []
    agent.marking_unreachable = False
    return [Count("slave_unreachable_canceled")]


def ping_due(books: Books, event: PingDue) -> Effects:
    """Count a miss, if it is one, and ping again."""
    agent = books.agents.get(event.agent_id)
    if agent is None or agent.instance != event.instance:
        return []
    agent.pings_missed += agent.pinged
    effects = _ping(books, agent)
    if agent.pings_missed >= books.settings.max_agent_ping_timeouts and not agent.marking_unreachable:
        agent.marking_unreachable = True
        effects += [Count("slave_unreachable_scheduled"), Persist(AgentMarkedUnreachable(agent.id, agent.instance))]
    return effects


def marked_unreachable(books: Books, event: AgentMarkedUnreachable, *, now: int) -> Effects:
    """It is on record, and becomes true here, unless the agent was heard of meanwhile."""
    agent = books.agents.get(event.agent_id)
    if agent is None or agent.instance != event.instance or not agent.marking_unreachable:
        return []
    effects = departures.remove(books, agent, departure=departures.UNREACHABLE, now=now)
    books.unreachable_agents[agent.id] = now
    while len(books.unreachable_agents) > books.limits.agents_unreachable:
        del books.unreachable_agents[next(iter(books.unreachable_agents))]
    return [*effects, Count("slave_unreachable_completed")]
