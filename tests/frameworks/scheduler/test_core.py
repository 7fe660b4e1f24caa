"""The scheduler driver's books: subscription, and who may say what to a framework."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libprocess_py.errors import ProtocolError
from libprocess_py.pid import PID
from mesos_py.frameworks.scheduler.core import (
    NEXT_STATUS,
    OFFERS_MAX,
    RETRY_NS_MIN,
    Aborted,
    Acknowledge,
    Call,
    DriverStatus,
    Effects,
    Ended,
    Link,
    NotFromMaster,
    Retry,
    SchedulerState,
    Send,
    Watch,
)
from mesos_py.protocol.agent import MasterInfo
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.ids import AgentId, FrameworkId, MasterId, OfferId, TaskId
from mesos_py.protocol.messages.master_framework import (
    FrameworkSubscribed,
    FrameworkSubscription,
    FrameworkUnsubscription,
    OfferAcceptance,
    OfferDecline,
    OfferSuppression,
    StatusAcknowledgement,
    StatusUpdate,
)
from mesos_py.protocol.offer import Filters, Launch
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import CommandInfo, Reason, Source, TaskInfo, TaskState, TaskStatus
from tests.support.offers import an_offer

MASTER = PID.parse("master@10.0.0.1:5050")
OTHER = PID.parse("master@10.0.0.2:5050")
AGENT = AgentId("m-S0")
WELCOME = FrameworkSubscribed(
    framework_id=FrameworkId("m-0000"),
    master=MasterInfo(id=MasterId("m"), pid=MASTER, hostname="one", version="0.1.0"),
)
ALLOWED = {  # Written apart from the code's own table, which it is compared with.
    (DriverStatus.NOT_STARTED, DriverStatus.RUNNING),
    (DriverStatus.RUNNING, DriverStatus.STOPPED),
    (DriverStatus.RUNNING, DriverStatus.ABORTED),
    (DriverStatus.ABORTED, DriverStatus.STOPPED),
}


def a_driver(*, failover_timeout_ns: int = 0) -> SchedulerState:
    state = SchedulerState(FrameworkInfo(user="u", name="n", failover_timeout_ns=failover_timeout_ns))
    state.start()
    return state


def a_subscribed_driver() -> SchedulerState:
    state = a_driver()
    state.detected(MASTER)
    state.subscribed(MASTER, WELCOME)
    return state


def a_task() -> TaskInfo:
    return TaskInfo(
        task_id=TaskId("t"),
        name="t",
        agent_id=AGENT,
        resources=Resources.parse("cpus:1"),
        command=CommandInfo(value="true"),
    )


def an_update(uuid: bytes | None = b"u" * 16) -> StatusUpdate:
    status = TaskStatus(
        task_id=TaskId("t"),
        state=TaskState.RUNNING,
        source=Source.EXECUTOR,
        timestamp_ns=1,
        agent_id=AGENT,
        uuid=uuid,
    )
    return StatusUpdate(framework_id=WELCOME.framework_id, status=status)


def callbacks(effects: Effects) -> list[str]:
    return [effect.callback for effect in effects if isinstance(effect, Call)]


def sent(effects: Effects) -> list[object]:
    return [effect.message for effect in effects if isinstance(effect, Send)]


@pytest.mark.parametrize(("before", "after"), list(itertools.product(DriverStatus, DriverStatus)))
def test_a_driver_changes_status_only_as_the_interface_says(before: DriverStatus, after: DriverStatus) -> None:
    assert (after in NEXT_STATUS[before]) == ((before, after) in ALLOWED)


def test_a_detected_master_is_watched_and_asked_at_once_and_again_later() -> None:
    effects = a_driver().detected(MASTER)

    assert effects[0] == Watch(MASTER)
    assert isinstance(sent(effects)[0], FrameworkSubscription)
    assert isinstance(effects[-1], Retry)


def test_the_first_welcome_registers_and_one_after_a_loss_reregisters() -> None:
    state = a_driver()
    state.detected(MASTER)

    first = state.subscribed(MASTER, WELCOME)
    duplicate = state.subscribed(MASTER, WELCOME)
    loss = state.master_exited(MASTER)
    state.retry(state.attempt)
    second = state.subscribed(MASTER, WELCOME)

    assert callbacks(first) == ["registered"]
    assert duplicate == ()
    assert callbacks(loss) == ["disconnected"]
    assert callbacks(second) == ["reregistered"]


def test_only_a_first_subscription_pushes_another_scheduler_out() -> None:
    state = a_driver()

    first = sent(state.detected(MASTER))[0]
    again = sent(state.retry(state.attempt))[0]

    assert isinstance(first, FrameworkSubscription)
    assert isinstance(again, FrameworkSubscription)
    assert (first.force, again.force) == (True, False)


def test_the_timer_of_an_earlier_attempt_means_nothing() -> None:
    state = a_driver()
    state.detected(MASTER)
    stale = state.attempt
    state.retry(stale)

    assert state.retry(stale) == ()


def test_back_off_doubles_to_a_minute_and_starts_anew_after_a_success() -> None:
    state = a_driver()
    waits = [effect.within_ns for effect in state.detected(MASTER) if isinstance(effect, Retry)]
    for _ in range(7):
        waits += [effect.within_ns for effect in state.retry(state.attempt) if isinstance(effect, Retry)]
    state.subscribed(MASTER, WELCOME)
    after = [effect.within_ns for effect in state.master_exited(MASTER) if isinstance(effect, Retry)]

    assert [wait // 1_000_000_000 for wait in waits] == [2, 4, 8, 16, 32, 60, 60, 60]
    assert after == [2_000_000_000]


def test_ten_attempts_fit_into_the_failover_timeout() -> None:
    effects = a_driver(failover_timeout_ns=5_000_000_000).detected(MASTER)

    assert [effect.within_ns for effect in effects if isinstance(effect, Retry)] == [500_000_000]


def test_a_failover_timeout_of_nothing_does_not_make_a_storm_of_attempts() -> None:
    effects = a_driver(failover_timeout_ns=1).detected(MASTER)

    assert [effect.within_ns for effect in effects if isinstance(effect, Retry)] == [RETRY_NS_MIN]


def test_messages_from_anybody_but_the_followed_master_are_refused() -> None:
    state = a_subscribed_driver()

    acts: list[Callable[[], Effects]] = [
        lambda: state.offered(OTHER, (an_offer(),)),
        lambda: state.updated(OTHER, an_update()),
        lambda: state.refused(OTHER, "go away"),
        lambda: state.subscribed(OTHER, WELCOME),
        lambda: state.rescinded(OTHER, OfferId("m-O1")),
        lambda: state.told(OTHER, "agent_lost", AGENT),
    ]
    for act in acts:
        with pytest.raises(NotFromMaster):
            act()


def test_an_update_is_acknowledged_after_the_callback() -> None:
    state = a_subscribed_driver()

    effects = state.updated(MASTER, an_update())

    assert effects == (Call("status_update", (an_update().status,)), Acknowledge(an_update().status))
    assert [type(message) for message in sent(state.acknowledge(an_update().status))] == [StatusAcknowledgement]


def test_a_driver_that_the_callback_stopped_acknowledges_nothing() -> None:
    state = a_subscribed_driver()
    state.updated(MASTER, an_update())
    state.stop(failover=False)

    assert state.acknowledge(an_update().status) == ()


def test_a_status_without_uuid_is_nobodys_to_acknowledge() -> None:
    assert a_subscribed_driver().acknowledge(an_update(uuid=None).status) == ()


def test_with_explicit_acknowledgements_the_driver_sends_none_of_its_own() -> None:
    state = a_subscribed_driver()
    state.implicit_acknowledgements = False

    assert state.updated(MASTER, an_update()) == (Call("status_update", (an_update().status,)),)


def test_a_launch_without_a_master_is_reported_lost() -> None:
    state = a_subscribed_driver()
    state.master_exited(MASTER)

    effects = state.accept((OfferId("m-O1"),), (Launch(tasks=(a_task(),)),), filters=Filters(), now=7)

    assert callbacks(effects) == ["status_update"]
    status = effects[0].arguments[0]  # type: ignore[union-attr]  # The line above says that it is a Call.
    assert (status.state, status.reason, status.timestamp_ns) == (TaskState.LOST, Reason.MASTER_DISCONNECTED, 7)


def test_an_offer_that_was_used_is_not_rescinded_to_the_author() -> None:
    state = a_subscribed_driver()
    state.offered(MASTER, (an_offer(1), an_offer(2)))

    used = state.accept((OfferId("m-O1"),), (), filters=Filters(), now=0)

    assert isinstance(sent(used)[0], OfferAcceptance)
    assert state.rescinded(MASTER, OfferId("m-O1")) == ()
    assert callbacks(state.rescinded(MASTER, OfferId("m-O2"))) == ["offer_rescinded"]


def test_stopping_takes_leave_but_for_a_failover() -> None:
    for_good, for_now = a_subscribed_driver(), a_subscribed_driver()

    assert [type(message) for message in sent(for_good.stop(failover=False))] == [FrameworkUnsubscription]
    assert for_now.stop(failover=True) == (Ended(),)


def test_an_aborted_driver_calls_nobody_and_is_called_by_nobody() -> None:
    state = a_subscribed_driver()

    refused = state.refused(MASTER, "no")

    assert callbacks(refused) == ["error"]
    assert state.status is DriverStatus.ABORTED
    assert state.offered(MASTER, (an_offer(),)) == ()
    assert state.updated(MASTER, an_update()) == ()
    assert state.retry(state.attempt) == ()


def test_an_aborted_driver_holds_no_offers_and_wants_none() -> None:
    state = a_subscribed_driver()
    state.offered(MASTER, (an_offer(1), an_offer(2)))

    effects = state.abort()

    suppressed, declined = sent(effects)
    assert suppressed == OfferSuppression(framework_id=WELCOME.framework_id)
    assert isinstance(declined, OfferDecline)
    assert declined.offer_ids == ("m-O1", "m-O2")
    assert effects[-1] == Aborted()
    assert state.abort() == ()


def test_a_driver_without_a_master_aborts_in_silence() -> None:
    assert a_driver().abort() == (Aborted(),)


def test_offers_that_nobody_can_keep_are_refused_as_a_whole() -> None:
    state = a_subscribed_driver()
    state.offers = {OfferId(str(number)): AGENT for number in range(OFFERS_MAX)}

    with pytest.raises(ProtocolError, match="outstanding offers"):
        state.offered(MASTER, (an_offer(),))

    assert len(state.offers) == OFFERS_MAX


EVENTS = st.sampled_from(
    ["detect", "detect_other", "none", "exit", "retry", "welcome", "offer", "update", "refuse", "stop"]
)


def happen(state: SchedulerState, event: str, *, master: PID) -> Effects:
    match event:
        case "detect":
            return state.detected(MASTER)
        case "detect_other":
            return state.detected(OTHER)
        case "none":
            return state.detected(None)
        case "exit":
            return state.master_exited(master)
        case "retry":
            return state.retry(state.attempt)
        case "stop":
            return state.stop(failover=False)
    if state.master is None:
        return ()
    match event:
        case "welcome":
            return state.subscribed(master, WELCOME)
        case "offer":
            return state.offered(master, (an_offer(),))
        case "update":
            return state.updated(master, an_update())
    return state.refused(master, "no")


@given(st.lists(EVENTS, max_size=30))
def test_the_books_hold_and_callbacks_come_only_between_registered_and_the_end(events: list[str]) -> None:
    state, heard = a_driver(), []
    for event in events:
        master = state.master or MASTER
        effects = happen(state, event, master=master)
        state.check()
        heard += callbacks(effects)
    inside = False
    for callback in heard:
        if callback in {"registered", "reregistered"}:
            assert not inside, "subscribed twice without a loss between"
            inside = True
        elif callback == "disconnected":
            assert inside, "lost what was not held"
            inside = False
        elif callback != "error":
            assert inside, f"{callback} while not subscribed"
    assert state.link is not Link.UP or state.framework.id is not None
