"""Bounds: whoever asks for more than a master holds is refused, and what is there stays."""

from __future__ import annotations

import pytest

from libprocess_py.message import Message
from master.core.errors import InvalidCall
from master.core.events import Received
from master.core.limits import Limits
from mesos_py.protocol.ids import AgentId, FrameworkId, OfferId
from mesos_py.protocol.messages.master_agent import AgentRegistration, AgentReregistration, Ping
from mesos_py.protocol.messages.master_framework import (
    FrameworkError,
    FrameworkSubscribed,
    FrameworkSubscription,
    OfferDecline,
)
from mesos_py.protocol.task import Reason
from tests.master.builders import SECOND, a_framework_info, a_pid, a_task_info, an_acceptance, an_agent_info
from tests.master.core.reports import a_report, a_task
from tests.master.core_cluster import CoreCluster

SECOND_AGENT = a_pid("slave(2)")


def test_a_full_master_takes_no_new_framework_and_answers_those_it_has() -> None:
    cluster = CoreCluster(limits=Limits(frameworks=1))
    pid, _ = cluster.a_framework()
    other = a_pid("scheduler(2)", host=9)

    cluster.send(other, FrameworkSubscription(framework=a_framework_info()))
    cluster.send(pid, FrameworkSubscription(framework=a_framework_info()))

    assert "takes no more" in cluster.last(other, FrameworkError).message
    assert len(cluster.received(pid, FrameworkSubscribed)) == 2


def test_a_full_master_takes_no_agent_whose_frameworks_it_has_no_room_for() -> None:
    cluster = CoreCluster(limits=Limits(frameworks=1))
    frameworks = tuple(a_framework_info(id=FrameworkId(f"old-{number}")) for number in range(2))
    message = AgentReregistration(agent=an_agent_info(id=AgentId("old-S0")), version="", frameworks=frameworks)

    with pytest.raises(InvalidCall, match="takes no more than 1"):
        cluster.send(SECOND_AGENT, message)


def test_agents_that_are_put_on_record_together_bring_no_more_frameworks_than_there_is_room_for() -> None:
    cluster = CoreCluster(limits=Limits(frameworks=1))
    cluster.holds_answers = True
    for number in range(2):
        id, framework_id = AgentId(f"old-S{number}"), FrameworkId(f"old-{number}")
        cluster.send(a_pid(f"slave({number})"), a_report(a_task(framework_id, agent_id=id), id=id))

    cluster.answer()

    assert list(cluster.books.frameworks) == ["old-0"]
    assert list(cluster.books.agents) == ["old-S0"]
    assert not cluster.books.admitting


@pytest.mark.parametrize(
    "message",
    [
        AgentRegistration(agent=an_agent_info(), version=""),
        AgentReregistration(agent=an_agent_info(id=AgentId("old-S0")), version=""),
    ],
)
def test_a_full_master_takes_no_new_agent_but_one_in_the_place_of_another(message: Message) -> None:
    cluster = CoreCluster(limits=Limits(agents=1))
    pid, _ = cluster.an_agent()

    with pytest.raises(InvalidCall, match="has 1 agents"):
        cluster.send(SECOND_AGENT, message)
    cluster.exit(pid)
    cluster.send(pid, message)

    assert len(cluster.books.agents) == 1


def test_unreachable_agents_are_forgotten_oldest_first() -> None:
    cluster = CoreCluster(limits=Limits(agents_unreachable=1))
    cluster.an_agent()
    cluster.advance(SECOND)
    cluster.an_agent("slave(2)")

    cluster.advance(80 * SECOND)

    assert list(cluster.books.unreachable_agents) == ["m-S1"]


def test_allocations_beyond_the_limit_go_back() -> None:
    cluster = CoreCluster(limits=Limits(offers=1))
    cluster.an_agent()
    _, second = cluster.an_agent("slave(2)")
    _, id = cluster.a_framework()

    cluster.an_offer(id)

    assert len(cluster.books.offers) == 1
    assert cluster.allocator.free(second).cpus == 4


def test_more_offers_than_there_can_be_are_not_declined() -> None:
    cluster = CoreCluster(limits=Limits(offers=1))
    pid, id = cluster.a_framework()

    with pytest.raises(InvalidCall, match="expected at most 1"):
        cluster.send(pid, OfferDecline(framework_id=id, offer_ids=(OfferId("a"), OfferId("b"))))


def test_an_acceptance_with_too_many_tasks_is_refused_and_keeps_its_offer() -> None:
    cluster = CoreCluster(limits=Limits(tasks_per_acceptance=1))
    _, agent_id = cluster.an_agent()
    pid, id = cluster.a_framework()
    offer = cluster.an_offer(id)

    with pytest.raises(InvalidCall, match="at most 1 tasks"):
        cluster.send(pid, an_acceptance(offer, a_task_info("a", agent_id), a_task_info("b", agent_id)))

    assert list(cluster.books.offers) == [offer.id]


@pytest.mark.parametrize("limits", [Limits(tasks_per_framework=1), Limits(tasks_per_agent=1)])
def test_tasks_beyond_the_limit_are_errors(limits: Limits) -> None:
    cluster = CoreCluster(limits=limits)
    _, agent_id = cluster.an_agent()
    pid, id = cluster.a_framework()

    cluster.send(pid, an_acceptance(cluster.an_offer(id), a_task_info("a", agent_id), a_task_info("b", agent_id)))

    assert list(cluster.books.frameworks[id].tasks) == ["a"]
    assert [(status.task_id, status.reason) for status in cluster.statuses(pid)] == [("b", Reason.TASK_INVALID)]


def test_a_message_that_is_not_for_masters_is_refused() -> None:
    cluster = CoreCluster()

    with pytest.raises(InvalidCall, match="Ping: not a message for a master"):
        cluster.apply(Received(SECOND_AGENT, Ping(connected=True)))
