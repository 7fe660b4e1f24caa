"""The master's state: events go in, the books change, effects come out.

Two tables say which rule an event goes to; there is no other way in. A `ProtocolError` means that a peer did
something wrong and that nothing has changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from libprocess_py.message import Message
from libprocess_py.pid import PID
from master.core import (
    accept,
    agent_health,
    agents,
    executors,
    frameworks,
    offers,
    reconciliation,
    reregistration,
    tasks,
)
from master.core.books import Books
from master.core.effects import Effects
from master.core.errors import InvalidCall
from master.core.events import (
    AcceptanceAuthorized,
    AgentAdmitted,
    AgentBooked,
    AgentMarkedUnreachable,
    AgentReadmitted,
    Allocated,
    Event,
    Exited,
    FailoverExpired,
    OfferExpired,
    PingDue,
    Received,
    TeardownRequested,
)
from master.core.settings import MasterSettings
from mesos_py.protocol.messages.master_agent import (
    AgentRegistration,
    AgentReregistration,
    AgentUnregistration,
    ExecutorExited,
    Pong,
)
from mesos_py.protocol.messages.master_framework import (
    FrameworkSubscription,
    FrameworkUnsubscription,
    OfferAcceptance,
    OfferDecline,
    OfferRevival,
    OfferSuppression,
    Reconciliation,
    SchedulerToExecutor,
    StatusAcknowledgement,
    StatusUpdate,
    TaskKillRequest,
)

# A rule takes the books, the sender or the event, and `now`. Which type it takes is what the tables say.
MessageRule: TypeAlias = Callable[[Books, PID, Any, int], Effects]
EventRule: TypeAlias = Callable[[Books, Any, int], Effects]

MESSAGE_RULES: Final[dict[type[Message], MessageRule]] = {
    FrameworkSubscription: lambda books, sender, message, now: frameworks.subscribe(
        books, sender, message=message, now=now
    ),
    FrameworkUnsubscription: lambda books, sender, message, now: frameworks.unsubscribe(
        books, sender, message=message, now=now
    ),
    OfferAcceptance: lambda books, sender, message, now: accept.accept(books, sender, message=message, now=now),
    OfferDecline: lambda books, sender, message, now: offers.decline(books, sender, message=message),
    OfferSuppression: lambda books, sender, message, now: offers.suppress(books, sender, message=message),
    OfferRevival: lambda books, sender, message, now: offers.revive(books, sender, message=message),
    TaskKillRequest: lambda books, sender, message, now: tasks.kill(books, sender, request=message, now=now),
    StatusAcknowledgement: lambda books, sender, message, now: tasks.acknowledgement(
        books, sender, message=message, now=now
    ),
    Reconciliation: lambda books, sender, message, now: reconciliation.reconciliation(
        books, sender, message=message, now=now
    ),
    SchedulerToExecutor: lambda books, sender, message, now: executors.message_to(books, sender, message=message),
    AgentRegistration: lambda books, sender, message, now: agents.register(books, sender, message=message, now=now),
    AgentReregistration: lambda books, sender, message, now: reregistration.reregister(
        books, sender, message=message, now=now
    ),
    AgentUnregistration: lambda books, sender, message, now: agents.unregister(books, sender, message=message, now=now),
    Pong: lambda books, sender, message, now: agent_health.pong(books, sender),
    StatusUpdate: lambda books, sender, message, now: tasks.status_update(books, sender, update=message, now=now),
    ExecutorExited: lambda books, sender, message, now: executors.exited(books, sender, message=message),
}


def _received(books: Books, event: Received, *, now: int) -> Effects:
    rule = MESSAGE_RULES.get(type(event.message))
    if rule is None:
        raise InvalidCall(f"{event.message.wire_name}: not a message for a master")
    return rule(books, event.sender, event.message, now)


def _exited(books: Books, event: Exited, *, now: int) -> Effects:
    """The end of a scheduler, of an agent, or of somebody who is not known any more."""
    effects: Effects = []
    if event.pid in books.framework_by_pid:
        effects += frameworks.exited(books, event.pid, now=now)
    if event.pid in books.agent_by_pid:
        effects += agents.exited(books, event.pid, now=now)
    return effects


def _agent_booked(books: Books, event: AgentBooked) -> Effects:
    agent = books.agents.get(event.agent_id)
    if agent is not None and agent.instance == event.instance:
        agent.booked = True
    return []


EVENT_RULES: Final[dict[type[Event], EventRule]] = {
    Received: lambda books, event, now: _received(books, event, now=now),
    Exited: lambda books, event, now: _exited(books, event, now=now),
    Allocated: lambda books, event, now: offers.allocated(books, event.allocations),
    AgentAdmitted: lambda books, event, now: agents.admitted(books, event, now=now),
    AgentReadmitted: lambda books, event, now: reregistration.readmitted(books, event, now=now),
    AgentBooked: lambda books, event, now: _agent_booked(books, event),
    AgentMarkedUnreachable: lambda books, event, now: agent_health.marked_unreachable(books, event, now=now),
    AcceptanceAuthorized: lambda books, event, now: accept.authorized(books, event, now=now),
    PingDue: lambda books, event, now: agent_health.ping_due(books, event),
    FailoverExpired: lambda books, event, now: frameworks.failover_expired(books, event, now=now),
    OfferExpired: lambda books, event, now: offers.expired(books, event.offer_id),
    TeardownRequested: lambda books, event, now: frameworks.teardown(books, event.framework_id, now=now),
}


class MasterState:
    """The books and the way into them."""

    def __init__(self, settings: MasterSettings) -> None:
        self.books = Books(settings)

    def apply(self, event: Event, *, now: int) -> Effects:
        """One event. The effects are to be performed in order, before the next event is applied."""
        self.books.story.news.clear()
        effects = EVENT_RULES[type(event)](self.books, event, now)
        self.books.events += 1
        return effects

    def check(self) -> None:
        """Assert what must hold between events. Slow: for tests and simulation."""
        self.books.check()
