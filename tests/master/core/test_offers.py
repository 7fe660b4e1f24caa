"""Offers: made, declined, rescinded, expired, suppressed (MA-13 to MA-15, MA-19, MA-25)."""

from __future__ import annotations

import pytest

from master.core import effects as e
from master.core.errors import InvalidCall, StrangeSender
from master.core.events import Allocated, OfferExpired
from mesos_py.protocol.framework import Capability
from mesos_py.protocol.ids import AgentId, FrameworkId, OfferId
from mesos_py.protocol.messages.master_allocator import Allocation
from mesos_py.protocol.messages.master_framework import (
    OfferDecline,
    OfferRescinded,
    OfferRevival,
    OfferSuppression,
    ResourceOffers,
)
from mesos_py.protocol.offer import DEFAULT_REFUSE_NS, REFUSE_NS_MAX, Filters
from mesos_py.protocol.resources import Resources
from tests.master.builders import SECOND, a_pid, offer_ids
from tests.master.core_cluster import CoreCluster


def test_an_offer_says_what_where_and_for_which_role() -> None:
    cluster = CoreCluster()
    agent, id = cluster.an_agent()
    pid, framework_id = cluster.a_framework(roles=("eng",))

    cluster.an_offer(framework_id)

    (offer,) = cluster.last(pid, ResourceOffers).offers
    assert (offer.id, offer.framework_id, offer.agent_id) == ("m-O0", framework_id, id)
    assert (offer.agent_pid, offer.hostname, offer.role) == (agent, "h", "eng")
    assert offer.resources.allocations_by_role().keys() == {"eng"}


def test_offers_of_one_run_come_in_one_message() -> None:
    cluster = CoreCluster()
    cluster.an_agent()
    cluster.an_agent("slave(2)")
    pid, framework_id = cluster.a_framework()

    cluster.an_offer(framework_id)

    (message,) = cluster.received(pid, ResourceOffers)
    assert [offer.agent_id for offer in message.offers] == ["m-S0", "m-S1"]


@pytest.mark.parametrize(("framework_id", "agent_id"), [("m-0000", "nowhere"), ("nobody", "m-S0")])
def test_what_is_allocated_to_nobody_or_nowhere_goes_back(framework_id: str, agent_id: str) -> None:
    cluster = CoreCluster()
    cluster.an_agent()
    cluster.a_framework()
    resources = Resources.of(cpus=1).allocate("*")
    allocation = Allocation(
        framework_id=FrameworkId(framework_id), agent_id=AgentId(agent_id), role="*", resources=resources
    )

    cluster.apply(Allocated((allocation,)))

    assert cluster.effects == [e.RecoverOffered(allocation.framework_id, allocation.agent_id, resources, 0)]


def test_what_is_allocated_to_a_framework_that_disconnects_goes_back() -> None:
    cluster = CoreCluster()
    _, id = cluster.an_agent()
    pid, framework_id = cluster.a_framework()
    cluster.holds_allocator = True
    cluster.allocator.run(framework_id)
    cluster.exit(pid)

    cluster.let_allocator_speak()

    assert not cluster.books.offers
    assert cluster.allocator.free(id).cpus == 4


@pytest.mark.parametrize(
    ("given", "effective"),
    [(-1, DEFAULT_REFUSE_NS), (0, 0), (7 * SECOND, 7 * SECOND), (2 * REFUSE_NS_MAX, REFUSE_NS_MAX)],
)
def test_a_declined_offer_goes_back_with_its_refusal(given: int, effective: int) -> None:
    cluster = CoreCluster()
    _, id = cluster.an_agent()
    pid, framework_id = cluster.a_framework()
    offer = cluster.an_offer(framework_id)

    cluster.send(
        pid,
        OfferDecline(framework_id=framework_id, offer_ids=offer_ids(offer), filters=Filters(refuse_ns=given)),
    )

    assert not cluster.books.offers
    assert cluster.allocator.refusals == [(framework_id, id, effective)]
    assert not cluster.received(pid, OfferRescinded)


def test_an_offer_of_another_framework_is_not_declined() -> None:
    cluster = CoreCluster()
    cluster.an_agent()
    _, framework_id = cluster.a_framework()
    other, other_id = cluster.a_framework("scheduler(2)")
    offer = cluster.an_offer(framework_id)

    cluster.send(other, OfferDecline(framework_id=other_id, offer_ids=(offer.id, OfferId("nothing"))))

    assert list(cluster.books.offers) == [offer.id]


def test_a_stranger_declines_nothing() -> None:
    cluster = CoreCluster()
    cluster.an_agent()
    _, framework_id = cluster.a_framework()
    offer = cluster.an_offer(framework_id)

    with pytest.raises(StrangeSender):
        cluster.send(a_pid("stranger"), OfferDecline(framework_id=framework_id, offer_ids=(offer.id,)))


def test_an_offer_that_nobody_uses_in_time_is_rescinded() -> None:
    cluster = CoreCluster(offer_timeout_ns=30 * SECOND)
    cluster.an_agent()
    pid, framework_id = cluster.a_framework()
    offer = cluster.an_offer(framework_id)

    cluster.advance(30 * SECOND)

    assert cluster.received(pid, OfferRescinded) == [OfferRescinded(offer_id=offer.id)]
    assert not cluster.books.offers


def test_an_offer_that_was_used_does_not_expire() -> None:
    cluster = CoreCluster(offer_timeout_ns=30 * SECOND)
    cluster.an_agent()
    pid, framework_id = cluster.a_framework()
    offer = cluster.an_offer(framework_id)
    cluster.send(pid, OfferDecline(framework_id=framework_id, offer_ids=(offer.id,)))
    assert not [key for key in cluster.timers if key.startswith("offer/")]

    cluster.apply(OfferExpired(offer.id))

    assert cluster.effects == []


def test_suppressing_and_reviving_some_roles_or_all_is_remembered() -> None:
    cluster = CoreCluster()
    pid, id = cluster.a_framework("scheduler(1)", Capability.MULTI_ROLE, roles=("a", "b"))
    suppressed = []
    calls: e.Effects = []

    for message in (
        OfferSuppression(framework_id=id, roles=("a",)),
        OfferSuppression(framework_id=id),
        OfferRevival(framework_id=id, roles=("b",)),
        OfferRevival(framework_id=id),
    ):
        cluster.send(pid, message)
        suppressed.append(cluster.books.frameworks[id].suppressed_roles)
        calls += cluster.effects

    assert suppressed == [("a",), ("a", "b"), ("a",), ()]
    assert calls == [
        e.SuppressOffers(id, ("a",)),
        e.SuppressOffers(id, ()),
        e.ReviveOffers(id, ("b",)),
        e.ReviveOffers(id, ()),
    ]


@pytest.mark.parametrize("message", [OfferSuppression, OfferRevival])
def test_roles_of_others_are_not_suppressed_or_revived(message: type[OfferSuppression | OfferRevival]) -> None:
    cluster = CoreCluster()
    pid, id = cluster.a_framework()

    with pytest.raises(InvalidCall, match="not subscribed to 'other'"):
        cluster.send(pid, message(framework_id=id, roles=("other",)))
