"""Accepting offers: five stages, and an answer for each task (MA-16 to MA-18)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from master.core import effects as e
from master.core.events import AcceptanceAuthorized, AgentBooked
from mesos_py.protocol.framework import Capability
from mesos_py.protocol.ids import AgentId, FrameworkId, OfferId, TaskId
from mesos_py.protocol.messages.master_agent import AgentUnregistration, TaskLaunch
from mesos_py.protocol.messages.master_framework import OfferAcceptance
from mesos_py.protocol.offer import Filters, Launch
from mesos_py.protocol.resources import NOTHING, Resources
from mesos_py.protocol.task import CommandInfo, Reason, TaskInfo, TaskState
from tests.master.builders import SECOND, a_pid, a_task_info, an_acceptance, an_executor_info
from tests.master.core_cluster import CoreCluster

AWARE = Capability.PARTITION_AWARE
AGENT, AGENT_ID = a_pid("slave(1)"), AgentId("m-S0")
SCHEDULER, ID = a_pid("scheduler(1)", host=9), FrameworkId("m-0000")


def a_cluster(*capabilities: Capability) -> CoreCluster:
    """One agent of four cpus, one framework."""
    cluster = CoreCluster()
    cluster.an_agent()
    cluster.a_framework("scheduler(1)", *capabilities)
    return cluster


def accept(cluster: CoreCluster, *tasks: TaskInfo, refuse_ns: int = -1) -> None:
    cluster.send(SCHEDULER, an_acceptance(cluster.an_offer(ID), *tasks, refuse_ns=refuse_ns))


def test_a_task_is_launched_with_everything_that_the_agent_needs() -> None:
    cluster = a_cluster()

    accept(cluster, a_task_info("t", AGENT_ID, executor=an_executor_info()))

    launch = cluster.last(AGENT, TaskLaunch)
    assert (launch.task.task_id, launch.framework.id, launch.scheduler) == ("t", ID, SCHEDULER)
    assert launch.executor is not None
    assert launch.executor.framework_id == ID
    assert launch.task.resources.allocations_by_role().keys() == {"*"}
    assert cluster.task(ID, "t").state is TaskState.STAGING


def test_what_is_not_used_comes_back_with_the_filters_of_the_acceptance() -> None:
    cluster = a_cluster()

    accept(cluster, a_task_info("t", AGENT_ID, cpus=1), refuse_ns=9 * SECOND)

    assert cluster.allocator.free(AGENT_ID).cpus == 3
    assert cluster.allocator.refusals == [(ID, AGENT_ID, 9 * SECOND)]


def test_accepting_for_nothing_is_declining() -> None:
    cluster = a_cluster()

    accept(cluster, refuse_ns=9 * SECOND)

    assert cluster.allocator.refusals == [(ID, AGENT_ID, 9 * SECOND)]
    assert not cluster.books.offers


def test_tasks_after_the_first_see_what_it_left() -> None:
    cluster = a_cluster()

    accept(cluster, *(a_task_info(name, AGENT_ID, cpus=2) for name in ("a", "b", "c")))

    assert list(cluster.books.frameworks[ID].tasks) == ["a", "b"]
    (status,) = cluster.statuses(SCHEDULER)
    assert (status.task_id, status.state, status.reason) == ("c", TaskState.ERROR, Reason.TASK_INVALID)


def test_the_first_task_of_an_executor_brings_its_resources_along_and_the_second_does_not() -> None:
    cluster = a_cluster()

    executor = an_executor_info(cpus=0.5)
    accept(cluster, *(a_task_info(name, AGENT_ID, cpus=1, executor=executor) for name in ("a", "b")))

    assert cluster.allocator.free(AGENT_ID).cpus == 1.5
    assert len(cluster.books.agents[AGENT_ID].executors) == 1


def test_an_executor_of_the_same_id_must_be_the_same() -> None:
    cluster = a_cluster()
    accept(cluster, a_task_info("a", AGENT_ID, executor=an_executor_info()))

    accept(cluster, a_task_info("b", AGENT_ID, executor=an_executor_info(data=b"other")))
    accept(cluster, a_task_info("c", AGENT_ID, executor=an_executor_info()))

    assert list(cluster.books.frameworks[ID].tasks) == ["a", "c"]
    assert "differs" in cluster.statuses(SCHEDULER)[0].message


def test_offers_name_the_executors_that_are_there() -> None:
    cluster = a_cluster()
    accept(cluster, a_task_info("a", AGENT_ID, executor=an_executor_info("e")))

    assert cluster.an_offer(ID).executor_ids == ("e",)


COMMAND = CommandInfo(value="true")
VALID = a_task_info("t", AGENT_ID)


@pytest.mark.parametrize(
    ("task", "problem"),
    [
        (replace(VALID, task_id=TaskId("a/b")), "task_id must not"),
        (replace(VALID, task_id=TaskId("")), "task_id must not be empty"),
        (replace(VALID, agent_id=AgentId("m-S9")), "agent_id 'm-S9'"),
        (replace(VALID, command=None), "exactly one of command and executor"),
        (replace(VALID, executor=an_executor_info()), "exactly one of command and executor"),
        (replace(VALID, command=CommandInfo(value="")), "command.value"),
        (replace(VALID, command=replace(COMMAND, arguments=("\0",))), "command.arguments"),
        (replace(VALID, command=replace(COMMAND, environment=(("a=b", ""),))), "command.environment"),
        (replace(VALID, command=replace(COMMAND, environment=(("a", ""),) * 20_000)), "command.environment"),
        (replace(VALID, command=replace(COMMAND, user="")), "command.user"),
        (replace(VALID, resources=VALID.resources - VALID.resources), "resources must not be empty"),
        (a_task_info("t", AGENT_ID, cpus=5), "more than what is left"),
        (a_task_info("t", AGENT_ID, cpus=4, executor=an_executor_info()), "more than what is left"),
        (a_task_info("t", AGENT_ID, executor=an_executor_info("..")), "executor.executor_id"),
        (
            a_task_info("t", AGENT_ID, executor=replace(an_executor_info(), framework_id=FrameworkId("other"))),
            "executor.framework_id 'other'",
        ),
        (
            a_task_info("t", AGENT_ID, executor=replace(an_executor_info(), command=CommandInfo(value="\0"))),
            "executor.command.value",
        ),
        (
            a_task_info("t", AGENT_ID, executor=replace(an_executor_info(), shutdown_grace_ns=-1)),
            "executor.shutdown_grace",
        ),
        (
            a_task_info("t", AGENT_ID, executor=replace(an_executor_info(), source="s" * 2_000)),
            "executor.name and executor.source",
        ),
        (replace(VALID, name="n" * 2_000), "name must not be longer"),
        (replace(VALID, labels=(("a", "b"),) * 2_000), "labels must not be more"),
        (replace(VALID, kill_grace_ns=-1), "kill_grace"),
    ],
)
def test_an_invalid_task_is_an_error_and_its_resources_come_back(task: TaskInfo, problem: str) -> None:
    cluster = a_cluster()

    accept(cluster, task)

    (status,) = cluster.statuses(SCHEDULER)
    assert (status.state, status.reason, status.uuid) == (TaskState.ERROR, Reason.TASK_INVALID, None)
    assert problem in status.message
    assert cluster.allocator.free(AGENT_ID).cpus == 4
    assert not cluster.received(AGENT, TaskLaunch)


def test_a_task_id_is_used_once() -> None:
    cluster = a_cluster()
    accept(cluster, VALID)

    accept(cluster, VALID, replace(VALID, task_id=TaskId("u")), replace(VALID, task_id=TaskId("u")))

    assert [status.message for status in cluster.statuses(SCHEDULER)] == [
        "Task: task_id 't' is in use",
        "Task: task_id 'u' is in use",
    ]


def test_a_task_id_of_an_unreachable_task_is_in_use() -> None:
    cluster = a_cluster()
    accept(cluster, VALID)
    cluster.advance(75 * SECOND)
    _, id = cluster.an_agent("slave(1)", host=3)

    accept(cluster, a_task_info("t", id))

    assert cluster.statuses(SCHEDULER)[-1].reason is Reason.TASK_INVALID


@pytest.mark.parametrize(("capabilities", "state"), [((), TaskState.LOST), ((AWARE,), TaskState.DROPPED)])
def test_every_task_on_an_invalid_offer_is_answered_and_valid_offers_come_back(
    capabilities: tuple[Capability, ...], state: TaskState
) -> None:
    cluster = a_cluster(*capabilities)
    offer = cluster.an_offer(ID)
    message = OfferAcceptance(
        framework_id=ID,
        offer_ids=(offer.id, OfferId("gone")),
        operations=(Launch(tasks=(VALID,)), Launch(tasks=(a_task_info("u", AGENT_ID),))),
    )

    cluster.send(SCHEDULER, message)

    assert [(status.task_id, status.state, status.reason) for status in cluster.statuses(SCHEDULER)] == [
        ("t", state, Reason.INVALID_OFFERS),
        ("u", state, Reason.INVALID_OFFERS),
    ]
    assert cluster.allocator.free(AGENT_ID).cpus == 4


def test_an_offer_is_used_once() -> None:
    cluster = a_cluster()
    offer = cluster.an_offer(ID)
    cluster.send(SCHEDULER, an_acceptance(offer, VALID))

    cluster.send(SCHEDULER, an_acceptance(offer, a_task_info("u", AGENT_ID)))

    assert list(cluster.books.frameworks[ID].tasks) == ["t"]
    assert "no longer valid" in cluster.statuses(SCHEDULER)[0].message


def offers_problem(cluster: CoreCluster, *ids: OfferId) -> str:
    cluster.send(SCHEDULER, OfferAcceptance(framework_id=ID, offer_ids=ids, operations=(Launch(tasks=(VALID,)),)))
    return cluster.statuses(SCHEDULER)[-1].message


def test_offers_of_two_agents_are_not_accepted_together() -> None:
    cluster = a_cluster()
    cluster.an_agent("slave(2)")
    cluster.an_offer(ID)

    assert "of one agent" in offers_problem(cluster, *cluster.books.offers)


def test_offers_under_two_roles_are_not_accepted_together() -> None:
    cluster = a_cluster()
    offer = cluster.an_offer(ID)
    cluster.books.offers[OfferId("o")] = replace(
        offer, id=OfferId("o"), role="other", resources=offer.resources - offer.resources
    )
    cluster.books.frameworks[ID].offers[OfferId("o")] = cluster.books.agents[AGENT_ID].offers[OfferId("o")] = None

    assert "under one role" in offers_problem(cluster, offer.id, OfferId("o"))


def test_an_acceptance_names_an_offer_and_none_twice() -> None:
    cluster = a_cluster()
    offer = cluster.an_offer(ID)

    assert "no offer twice" in offers_problem(cluster, offer.id, offer.id)
    assert "expected 1 to" in offers_problem(cluster)


def test_nobody_accepts_the_offers_of_another() -> None:
    cluster = a_cluster()
    offer = cluster.an_offer(ID)
    other, other_id = cluster.a_framework("scheduler(2)")

    cluster.send(other, replace(an_acceptance(offer, VALID), framework_id=other_id))

    assert list(cluster.books.offers) == [offer.id]
    assert cluster.statuses(other)[0].reason is Reason.INVALID_OFFERS


def test_a_task_that_is_not_authorized_is_an_error() -> None:
    cluster = a_cluster()
    offer = cluster.an_offer(ID)
    cluster.holds_answers = True
    cluster.send(SCHEDULER, an_acceptance(offer, VALID, a_task_info("u", AGENT_ID)))
    (number,) = cluster.books.acceptances
    cluster.answers.clear()

    cluster.apply(AcceptanceAuthorized(number, (TaskId("t"),)))

    (status,) = cluster.statuses(SCHEDULER)
    assert (status.task_id, status.state, status.reason) == ("t", TaskState.ERROR, Reason.TASK_UNAUTHORIZED)
    assert list(cluster.books.frameworks[ID].tasks) == ["u"]


def test_acceptances_of_a_framework_go_on_in_their_order_whatever_the_order_of_the_answers() -> None:
    cluster = a_cluster()
    cluster.an_agent("slave(2)")
    cluster.an_offer(ID)
    cluster.holds_answers = True
    for name, offer in zip("ab", tuple(cluster.books.offers.values()), strict=True):
        cluster.send(SCHEDULER, an_acceptance(offer, a_task_info(name, offer.agent_id)))
    first, second = cluster.answers

    cluster.apply(second)
    assert not cluster.books.frameworks[ID].tasks
    cluster.apply(first)

    assert list(cluster.books.frameworks[ID].tasks) == ["a", "b"]


def test_an_answer_for_an_acceptance_that_is_gone_means_nothing() -> None:
    cluster = a_cluster()

    cluster.apply(AcceptanceAuthorized(7, ()))

    assert cluster.effects == []


@pytest.mark.parametrize(("capabilities", "state"), [((), TaskState.LOST), ((AWARE,), TaskState.DROPPED)])
def test_a_launch_on_an_agent_that_disconnected_meanwhile_is_answered(
    capabilities: tuple[Capability, ...], state: TaskState
) -> None:
    cluster = a_cluster(*capabilities)
    offer = cluster.an_offer(ID)
    cluster.holds_answers = True
    cluster.send(SCHEDULER, an_acceptance(offer, VALID))
    cluster.exit(AGENT)

    cluster.answer()

    (status,) = cluster.statuses(SCHEDULER)
    assert (status.state, status.reason) == (state, Reason.SLAVE_DISCONNECTED)


def test_used_resources_are_reported_to_the_allocator_before_any_can_come_back() -> None:
    cluster = a_cluster()
    offer = cluster.an_offer(ID)
    cluster.holds_answers = True
    cluster.send(SCHEDULER, an_acceptance(offer, VALID))

    cluster.apply(cluster.answers.popleft())

    assert isinstance(cluster.effects[0], e.UseResources)
    assert isinstance(cluster.effects[-1], e.RecoverOffered)


def test_filters_are_the_default_unless_the_framework_says_otherwise() -> None:
    assert Filters(refuse_ns=-1).effective_refuse_ns == 5 * SECOND


def test_of_an_offer_that_is_used_up_nothing_comes_back() -> None:
    cluster = a_cluster()
    offer = cluster.an_offer(ID)

    cluster.send(SCHEDULER, an_acceptance(offer, replace(VALID, resources=offer.resources)))

    assert not [effect for effect in cluster.effects if isinstance(effect, e.RecoverOffered)]
    assert cluster.allocator.free(AGENT_ID) == NOTHING


def test_the_end_of_one_agent_leaves_acceptances_of_others_alone() -> None:
    cluster = a_cluster()
    offer = cluster.an_offer(ID)
    other, _ = cluster.an_agent("slave(1)", host=3)
    cluster.holds_answers = True
    cluster.send(SCHEDULER, an_acceptance(offer, VALID))

    cluster.send(other, AgentUnregistration(agent_id=AgentId("m-S1")))
    cluster.answer()

    assert cluster.task(ID, "t").state is TaskState.STAGING


def test_what_is_revocable_does_not_mix_with_what_is_not() -> None:
    mixed = Resources.parse(
        """[{"name": "cpus", "type": "SCALAR", "scalar": {"value": 1}},
            {"name": "cpus", "type": "SCALAR", "scalar": {"value": 1}, "revocable": {}}]"""
    )
    cluster = a_cluster()

    accept(cluster, replace(VALID, resources=mixed))

    assert cluster.statuses(SCHEDULER)[0].message == "Task: resources: cpus must not be both revocable and not"


def test_an_answer_of_the_allocator_for_an_earlier_stay_books_nobody() -> None:
    cluster = a_cluster()
    agent = cluster.books.agents[AGENT_ID]
    agent.booked = False

    cluster.apply(AgentBooked(AGENT_ID, agent.instance + 1))
    cluster.apply(AgentBooked(AgentId("nobody"), agent.instance))

    assert not agent.booked
