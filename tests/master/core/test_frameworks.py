"""Frameworks: subscription, failover, disconnects and ends (MA-01 to MA-04, MA-23)."""

from __future__ import annotations

import pytest

from libprocess_py.pid import PID
from master.core import effects as e
from master.core.entities import NEXT_FRAMEWORK_STATES, Framework, FrameworkState
from master.core.errors import StrangeSender
from master.core.events import FailoverExpired, TeardownRequested
from mesos_py.protocol.framework import Capability
from mesos_py.protocol.ids import FrameworkId, TaskId
from mesos_py.protocol.messages.master_agent import FrameworkShutdown, SchedulerMoved
from mesos_py.protocol.messages.master_framework import (
    FrameworkError,
    FrameworkSubscribed,
    FrameworkSubscription,
    FrameworkUnsubscription,
    OfferRescinded,
)
from mesos_py.protocol.task import Reason, TaskState
from tests.master.builders import SECOND, a_framework_info, a_pid, a_task_info, an_acceptance, an_executor_info
from tests.master.core_cluster import CoreCluster

R, C, D, E = FrameworkState.RECOVERED, FrameworkState.CONNECTED, FrameworkState.DISCONNECTED, FrameworkState.COMPLETED
LEGAL = {(None, R), (None, C), (R, C), (R, E), (C, C), (C, D), (C, E), (D, C), (D, E)}
OTHER = a_pid("scheduler(7)", host=8)


@pytest.mark.parametrize("after", FrameworkState)
@pytest.mark.parametrize("before", [None, *FrameworkState])
def test_a_framework_takes_exactly_the_steps_of_the_table(before: FrameworkState | None, after: FrameworkState) -> None:
    assert (after in NEXT_FRAMEWORK_STATES[before]) == ((before, after) in LEGAL)


@pytest.mark.parametrize("after", FrameworkState)
@pytest.mark.parametrize("before", FrameworkState)
def test_a_step_off_the_table_is_our_mistake(before: FrameworkState, after: FrameworkState) -> None:
    framework = Framework(FrameworkId("f"), a_framework_info(), before, 0)

    if (before, after) in LEGAL:
        framework.move(after)
        assert framework.state is after
    else:
        with pytest.raises(AssertionError):
            framework.move(after)


def subscription(id: FrameworkId | None = None, *, force: bool = True, **changes: object) -> FrameworkSubscription:
    return FrameworkSubscription(framework=a_framework_info(id=id, **changes), force=force)


def test_a_new_framework_is_given_an_id_of_the_master_and_told_before_anything_else() -> None:
    cluster = CoreCluster()
    cluster.an_agent()

    pid, id = cluster.a_framework()

    assert id == "m-0000"
    assert isinstance(cluster.inboxes[pid][0], FrameworkSubscribed)
    assert pid in cluster.links


def test_ids_are_counted_up() -> None:
    cluster = CoreCluster()

    ids = [cluster.a_framework(f"scheduler({number})")[1] for number in range(3)]

    assert ids == ["m-0000", "m-0001", "m-0002"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"user": ""}, "framework.user must not be empty"),
        ({"roles": ()}, "framework.roles must be 1 to"),
        ({"roles": ("a", "b")}, "MULTI_ROLE"),
        ({"roles": ("/a",)}, "framework.roles"),
        ({"failover_timeout_ns": -1}, "framework.failover_timeout"),
        ({"name": "n" * 2_000}, "framework.name must not be longer"),
        ({"id": FrameworkId("a/b")}, "framework.id must not"),
        ({"labels": (("a", "b"),) * 2_000}, "framework.labels"),
    ],
)
def test_an_invalid_framework_is_told_what_is_wrong(changes: dict[str, object], problem: str) -> None:
    cluster = CoreCluster()

    cluster.send(OTHER, FrameworkSubscription(framework=a_framework_info(**changes)))

    assert problem in cluster.last(OTHER, FrameworkError).message
    assert not cluster.books.frameworks
    assert cluster.counts["invalid_framework_subscriptions"] == 1


def test_roles_named_twice_or_suppressed_without_being_subscribed_are_invalid() -> None:
    cluster = CoreCluster()
    twice = a_framework_info(Capability.MULTI_ROLE, roles=("a", "a"))
    foreign = a_framework_info(roles=("a",))

    cluster.send(OTHER, FrameworkSubscription(framework=twice))
    cluster.send(OTHER, FrameworkSubscription(framework=foreign, suppressed_roles=("b",)))

    first, second = cluster.received(OTHER, FrameworkError)
    assert "twice" in first.message
    assert "'b'" in second.message


def test_a_scheduler_that_repeats_itself_keeps_its_id_and_gets_its_offers_anew() -> None:
    cluster = CoreCluster()
    cluster.an_agent()
    pid, id = cluster.a_framework()
    offer = cluster.an_offer(id)

    cluster.send(pid, subscription())

    assert [message.framework_id for message in cluster.received(pid, FrameworkSubscribed)] == [id, id]
    assert cluster.last(pid, OfferRescinded).offer_id == offer.id
    assert len(cluster.books.frameworks) == 1
    assert not cluster.books.offers


def test_a_second_scheduler_takes_over_and_the_first_is_told() -> None:
    cluster = CoreCluster()
    agent, _ = cluster.an_agent()
    first, id = cluster.a_framework()
    cluster.a_task(id)
    cluster.an_offer(id)
    cluster.forget()

    cluster.send(OTHER, subscription(id))

    assert cluster.last(first, FrameworkError).message == "Framework failed over"
    assert cluster.last(OTHER, FrameworkSubscribed).framework_id == id
    assert cluster.last(agent, SchedulerMoved).scheduler == OTHER
    assert not cluster.books.offers
    assert cluster.task(id, "t").state is TaskState.STAGING


def test_the_end_of_a_scheduler_that_was_replaced_means_nothing() -> None:
    cluster = CoreCluster()
    first, id = cluster.a_framework()
    cluster.send(OTHER, subscription(id))

    cluster.exit(first)

    assert cluster.books.frameworks[id].is_connected


def test_a_scheduler_that_was_replaced_may_say_nothing_more() -> None:
    cluster = CoreCluster()
    first, id = cluster.a_framework()
    cluster.send(OTHER, subscription(id))

    with pytest.raises(StrangeSender):
        cluster.send(first, FrameworkUnsubscription(framework_id=id))


def test_a_retry_does_not_take_the_place_of_a_connected_scheduler() -> None:
    cluster = CoreCluster()
    first, id = cluster.a_framework()

    cluster.send(OTHER, subscription(id, force=False))

    assert cluster.last(OTHER, FrameworkError).message == "Framework failed over"
    assert cluster.books.frameworks[id].pid == first


def test_a_retry_may_take_back_what_is_disconnected() -> None:
    cluster = CoreCluster()
    first, id = cluster.a_framework()
    cluster.exit(first)

    cluster.send(first, subscription(id, force=False))

    assert cluster.books.frameworks[id].is_connected
    assert not cluster.timers


def test_one_scheduler_is_one_framework() -> None:
    cluster = CoreCluster()
    pid, _ = cluster.a_framework()
    _, other = cluster.a_framework("scheduler(2)")

    cluster.send(pid, subscription(other))

    assert "is subscribed as" in cluster.last(pid, FrameworkError).message


def test_a_framework_without_scheduler_is_offered_nothing_and_keeps_its_tasks() -> None:
    cluster = CoreCluster()
    cluster.an_agent()
    pid, id = cluster.a_framework()
    cluster.a_task(id)
    cluster.an_offer(id)

    cluster.exit(pid)

    assert not cluster.books.offers
    assert TaskId("t") in cluster.books.frameworks[id].tasks
    assert not cluster.allocator.active[id]


def test_a_framework_ends_when_the_failover_timeout_has_passed() -> None:
    cluster = CoreCluster()
    agent, _ = cluster.an_agent()
    pid, id = cluster.a_framework(failover_timeout_ns=20 * SECOND)
    cluster.a_task(id)
    cluster.exit(pid)

    cluster.advance(20 * SECOND - 1)
    assert id in cluster.books.frameworks
    cluster.advance(1)

    assert id in cluster.books.completed_frameworks
    assert cluster.last(agent, FrameworkShutdown).framework_id == id


def test_without_a_failover_timeout_a_framework_ends_with_its_scheduler() -> None:
    cluster = CoreCluster()
    pid, id = cluster.a_framework(failover_timeout_ns=0)

    cluster.exit(pid)
    cluster.advance(0)

    assert id in cluster.books.completed_frameworks


def test_a_failover_timer_of_an_earlier_disconnect_means_nothing() -> None:
    cluster = CoreCluster()
    pid, id = cluster.a_framework()
    cluster.exit(pid)
    cluster.send(pid, subscription(id))
    cluster.exit(pid)

    cluster.apply(FailoverExpired(id, 1))
    assert id in cluster.books.frameworks
    cluster.apply(FailoverExpired(id, 2))

    assert id in cluster.books.completed_frameworks


def test_a_framework_that_has_ended_stays_ended_even_when_it_is_forgotten() -> None:
    cluster = CoreCluster(max_completed_frameworks=1)
    pid, id = cluster.a_framework()
    cluster.send(pid, FrameworkUnsubscription(framework_id=id))
    other, other_id = cluster.a_framework("scheduler(2)")
    cluster.send(other, FrameworkUnsubscription(framework_id=other_id))
    assert id not in cluster.books.completed_frameworks

    cluster.send(pid, subscription(id))

    assert cluster.last(pid, FrameworkError).message == "Framework has been removed"


def test_an_id_of_an_earlier_master_is_kept() -> None:
    cluster = CoreCluster()

    cluster.send(OTHER, subscription(FrameworkId("earlier-0007")))

    assert cluster.last(OTHER, FrameworkSubscribed).framework_id == "earlier-0007"


def test_unsubscribing_kills_the_tasks_and_the_scheduler_hears_of_it_before_the_agent() -> None:
    cluster = CoreCluster()
    agent, _ = cluster.an_agent()
    pid, id = cluster.a_framework()
    cluster.a_task(id)
    cluster.forget()

    cluster.send(pid, FrameworkUnsubscription(framework_id=id))

    status = cluster.statuses(pid)[0]
    assert (status.state, status.reason) == (TaskState.KILLED, Reason.FRAMEWORK_REMOVED)
    sends = [effect.to for effect in cluster.effects if isinstance(effect, e.Send)]
    assert sends == [pid, agent]
    completed = cluster.books.completed_frameworks[id].completed
    assert [task.state for task in completed] == [TaskState.KILLED]


@pytest.mark.parametrize("connected", [True, False])
def test_an_operator_ends_a_framework_with_or_without_scheduler(connected: bool) -> None:
    cluster = CoreCluster()
    pid, id = cluster.a_framework()
    if not connected:
        cluster.exit(pid)

    cluster.apply(TeardownRequested(id))

    assert id in cluster.books.completed_frameworks
    errors = [message.message for message in cluster.received(pid, FrameworkError)]
    assert errors == (["Framework has been removed"] if connected else [])
    assert not cluster.timers


def test_tearing_down_what_is_not_there_changes_nothing() -> None:
    cluster = CoreCluster()

    cluster.apply(TeardownRequested(FrameworkId("nobody")))

    assert cluster.effects == []


def test_a_framework_that_ends_gives_back_what_its_acceptances_hold() -> None:
    cluster = CoreCluster()
    cluster.an_agent()
    pid, id = cluster.a_framework()
    offer = cluster.an_offer(id)
    cluster.holds_answers = True
    cluster.send(pid, an_acceptance(offer, a_task_info("t", offer.agent_id)))

    cluster.send(pid, FrameworkUnsubscription(framework_id=id))
    cluster.answer()

    assert not cluster.books.acceptances
    assert cluster.allocator.free(offer.agent_id) == cluster.allocator.total[offer.agent_id]


def test_user_principal_and_checkpoint_do_not_change_on_resubscription() -> None:
    cluster = CoreCluster()
    pid, id = cluster.a_framework(user="a", principal="p", checkpoint=True)

    cluster.send(pid, subscription(id, user="b", principal="q", checkpoint=False, name="new"))

    info = cluster.books.frameworks[id].info
    assert (info.user, info.principal, info.checkpoint, info.name) == ("a", "p", True, "new")


@pytest.mark.parametrize("sender", [a_pid("stranger"), OTHER])
def test_nobody_speaks_for_a_framework_but_its_scheduler(sender: PID) -> None:
    cluster = CoreCluster()
    _, id = cluster.a_framework()

    with pytest.raises(StrangeSender):
        cluster.send(sender, FrameworkUnsubscription(framework_id=id))

    assert id in cluster.books.frameworks


def test_the_end_of_a_framework_leaves_executors_of_others_alone() -> None:
    cluster = CoreCluster()
    _, agent_id = cluster.an_agent()
    ended, ended_id = cluster.a_framework()
    other, other_id = cluster.a_framework("scheduler(2)")
    for pid, id in ((ended, ended_id), (other, other_id)):
        task = a_task_info("t", agent_id, cpus=0.5, executor=an_executor_info())
        cluster.send(pid, an_acceptance(cluster.an_offer(id), task))

    cluster.send(ended, FrameworkUnsubscription(framework_id=ended_id))

    assert list(cluster.books.agents[agent_id].executors) == [(other_id, "e")]
