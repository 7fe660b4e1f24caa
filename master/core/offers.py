"""The book of offers: made from allocations, used once, declined, rescinded, expired (MA-13 to MA-15, MA-19, MA-25).

While an offer is out, the allocator counts its resources as held. Each offer leaves the book in one place, `take`;
whoever takes it either returns its resources (`withdraw`) or launches on them (accept.py).
"""

from __future__ import annotations

from collections.abc import Iterable

from libprocess_py.pid import PID
from master.core.books import Books
from master.core.effects import (
    CancelTimer,
    Effects,
    RecoverOffered,
    ReviveOffers,
    Send,
    StartTimer,
    SuppressOffers,
)
from master.core.entities import Agent, Framework
from master.core.errors import InvalidCall
from master.core.events import OfferExpired
from mesos_py.protocol.ids import OfferId, offer_id
from mesos_py.protocol.messages.master_allocator import Allocation
from mesos_py.protocol.messages.master_framework import (
    OfferDecline,
    OfferRescinded,
    OfferRevival,
    OfferSuppression,
    ResourceOffers,
)
from mesos_py.protocol.offer import Offer


def allocated(books: Books, allocations: tuple[Allocation, ...]) -> Effects:
    """Make offers. What the allocator gave to somebody who is gone by now, or on an agent that is, goes back.

    An agent that was taken out of the allocator and put in again is a fresh one there; what was allocated on it
    before is held by nobody, and must not go back either. Until the allocator has answered, allocations on it are
    such.
    """
    effects: Effects = []
    made: dict[PID, list[Offer]] = {}
    for allocation in allocations:
        framework, agent = books.frameworks.get(allocation.framework_id), books.agents.get(allocation.agent_id)
        if agent is not None and not agent.booked:
            continue
        if not _can_offer(books, framework, agent=agent):
            effects.append(_returned(allocation))
            continue
        assert framework is not None
        assert framework.pid is not None
        assert agent is not None
        offer = _make(books, framework, agent=agent, allocation=allocation)
        made.setdefault(framework.pid, []).append(offer)
        effects += _expiry(books, offer)
    return [*effects, *(Send(pid, ResourceOffers(offers=tuple(offers))) for pid, offers in made.items())]


def _can_offer(books: Books, framework: Framework | None, *, agent: Agent | None) -> bool:
    if framework is None or agent is None or len(books.offers) >= books.limits.offers:
        return False
    return framework.active and agent.is_active


def _returned(allocation: Allocation) -> RecoverOffered:
    return RecoverOffered(allocation.framework_id, allocation.agent_id, allocation.resources, 0)


def _make(books: Books, framework: Framework, *, agent: Agent, allocation: Allocation) -> Offer:
    offer = Offer(
        id=offer_id(books.settings.master.id, books.next_number("offer")),
        framework_id=framework.id,
        agent_id=agent.id,
        hostname=agent.info.hostname,
        agent_pid=agent.pid,
        role=allocation.role,
        resources=allocation.resources,
        attributes=agent.info.attributes,
        executor_ids=books.executors_of(framework.id, agent),
    )
    books.offers[offer.id] = offer
    framework.offers[offer.id] = agent.offers[offer.id] = None
    return offer


def _expiry(books: Books, offer: Offer) -> Effects:
    timeout_ns = books.settings.offer_timeout_ns
    return [] if timeout_ns is None else [StartTimer(_timer(offer.id), timeout_ns, OfferExpired(offer.id))]


def _timer(id: OfferId) -> str:
    return f"offer/{id}"


def take(books: Books, offer: Offer) -> Effects:
    """Off the book: the offer can be used no more."""
    del books.offers[offer.id]
    del books.frameworks[offer.framework_id].offers[offer.id]
    del books.agents[offer.agent_id].offers[offer.id]
    return [] if books.settings.offer_timeout_ns is None else [CancelTimer(_timer(offer.id))]


def withdraw(books: Books, offer: Offer, *, refuse_ns: int = 0) -> Effects:
    """Off the book, and its resources back."""
    recovered = RecoverOffered(offer.framework_id, offer.agent_id, offer.resources, refuse_ns)
    return [*take(books, offer), recovered]


def rescind(books: Books, ids: Iterable[OfferId]) -> Effects:
    """Withdraw offers, and tell the schedulers (MA-15)."""
    effects: Effects = []
    for id in tuple(ids):
        offer = books.offers[id]
        effects += withdraw(books, offer)
        pid = books.frameworks[offer.framework_id].pid
        assert pid is not None, f"offer {id}: its framework is not connected"
        effects.append(Send(pid, OfferRescinded(offer_id=id)))
    return effects


def expired(books: Books, id: OfferId) -> Effects:
    """MA-14."""
    return rescind(books, (id,)) if id in books.offers else []


def decline(books: Books, sender: PID, *, message: OfferDecline) -> Effects:
    """Offers come back. Those that are gone meanwhile, or were never this framework's, are nobody's fault: ignored."""
    framework = books.framework_of(sender, message.framework_id)
    if len(message.offer_ids) > books.limits.offers:
        raise InvalidCall(f"offer_ids: expected at most {books.limits.offers}, got {len(message.offer_ids)}")
    return return_offers(books, framework, ids=message.offer_ids, refuse_ns=message.filters.effective_refuse_ns)


def return_offers(books: Books, framework: Framework, *, ids: Iterable[OfferId], refuse_ns: int) -> Effects:
    """Withdraw those of the offers that are the framework's."""
    effects: Effects = []
    for id in ids:
        if id in framework.offers:
            effects += withdraw(books, books.offers[id], refuse_ns=refuse_ns)
    return effects


def look_up(books: Books, framework: Framework, *, ids: tuple[OfferId, ...]) -> list[Offer] | str:
    """The offers of an acceptance, or what is wrong with them (MA-16): all of this framework, one role, one agent."""
    if not 0 < len(ids) <= books.limits.offers_per_acceptance:
        return f"offer_ids: expected 1 to {books.limits.offers_per_acceptance}, got {len(ids)}"
    if len(dict.fromkeys(ids)) < len(ids):
        return "offer_ids: expected no offer twice"
    found = []
    for id in ids:
        if id not in framework.offers:
            return f"offer_ids: {id} is no longer valid"
        found.append(books.offers[id])
    if any(offer.agent_id != found[0].agent_id for offer in found):
        return "offer_ids: expected offers of one agent"
    if any(offer.role != found[0].role for offer in found):
        return "offer_ids: expected offers under one role"
    return found


def suppress(books: Books, sender: PID, *, message: OfferSuppression) -> Effects:
    """No offers under these roles until revived (MA-25)."""
    framework = books.framework_of(sender, message.framework_id)
    roles = _checked_roles(framework, message.roles)
    framework.suppressed_roles = tuple(dict.fromkeys((*framework.suppressed_roles, *(roles or framework.info.roles))))
    return [SuppressOffers(framework.id, roles)]


def revive(books: Books, sender: PID, *, message: OfferRevival) -> Effects:
    """Offers again, and refusals are forgotten (MA-25)."""
    framework = books.framework_of(sender, message.framework_id)
    roles = _checked_roles(framework, message.roles)
    revived = roles or framework.info.roles
    framework.suppressed_roles = tuple(role for role in framework.suppressed_roles if role not in revived)
    return [ReviveOffers(framework.id, roles)]


def _checked_roles(framework: Framework, roles: tuple[str, ...]) -> tuple[str, ...]:
    unknown = [role for role in roles if role not in framework.info.roles]
    if unknown:
        raise InvalidCall(f"roles: the framework is not subscribed to {unknown[0]!r}")
    return roles
