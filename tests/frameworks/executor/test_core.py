"""The driver's core: phases against a second table, the token, and the promise that no update is forgotten."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from libprocess_py.pid import PID
from mesos_py.frameworks.executor.core import (
    NEXT,
    REGISTRATION_RETRY_NS,
    SHUTDOWN_LINGER_NS,
    ExecutorPhase,
    ExecutorState,
    Stranger,
    UnexpectedTask,
    Update,
)
from mesos_py.frameworks.executor.effects import (
    Disconnected,
    Effects,
    ForceStop,
    FrameworkMessage,
    KillTask,
    LaunchTask,
    Link,
    Registered,
    Reregistered,
    Retry,
    Send,
    Shutdown,
    Stop,
)
from mesos_py.protocol.ids import ExecutorId, FrameworkId, TaskId
from mesos_py.protocol.messages.agent_executor import ExecutorMessage, ExecutorRegistration, ExecutorStatusUpdate
from mesos_py.protocol.task import Source, TaskState, TaskStatus
from tests.frameworks.executor.builders import (
    AGENT,
    GRACE_NS,
    TOKEN,
    a_kill,
    a_launch,
    a_task,
    a_welcome,
    an_acknowledgement,
    an_environment,
)

REGISTERING, REGISTERED, SHUTTING_DOWN, LINGERING, STOPPED = ExecutorPhase
RUNNING, FINISHED = TaskState.RUNNING, TaskState.FINISHED
NOW = 1_700_000_000_000_000_000


def statuses(effects: Effects) -> list[TaskStatus]:
    sent = [effect.message for effect in effects if isinstance(effect, Send)]
    return [message.status for message in sent if isinstance(message, ExecutorStatusUpdate)]


def report(state: ExecutorState, task_state: TaskState, *, uuid: bytes = b"u" * 16, id: str = "task") -> Effects:
    return state.updated(Update(task_id=TaskId(id), state=task_state), now=NOW, uuid=uuid)


def in_phase(phase: ExecutorPhase, *, checkpoint: bool = False) -> ExecutorState:
    """An executor that got there on the usual way, with one running task where that is possible."""
    state = ExecutorState(an_environment(checkpoint=checkpoint))
    state.start()
    if phase is REGISTERING:
        return state
    state.registered(AGENT, a_welcome())
    state.task_launched(AGENT, a_launch())
    report(state, RUNNING)
    if phase is SHUTTING_DOWN:
        state.shut_down(AGENT, TOKEN)
    if phase is LINGERING:
        state.stopped(linger_ns=1)
    if phase is STOPPED:
        state.stopped()
    assert state.phase is phase
    return state


EVENTS: dict[str, Callable[[ExecutorState], object]] = {
    "registered": lambda state: state.registered(AGENT, a_welcome()),
    "registration due": lambda state: state.registration_due(),
    "shut down": lambda state: state.shut_down(AGENT, TOKEN),
    "agent exited": lambda state: state.agent_exited(AGENT),
    "stopped": lambda state: state.stopped(),
    "stopped to linger": lambda state: state.stopped(linger_ns=1),
    "last acknowledgement": lambda state: state.acknowledged(AGENT, an_acknowledgement(b"u" * 16)),
    "stop due": lambda state: state.stop_due(),
}
# Phase by event; where an event is missing the phase stays.
EXPECTED: dict[ExecutorPhase, dict[str, ExecutorPhase]] = {
    REGISTERING: {
        "registered": REGISTERED,
        "shut down": SHUTTING_DOWN,
        "agent exited": STOPPED,
        "stopped": STOPPED,
        "stopped to linger": STOPPED,  # There is nothing to linger for.
        "stop due": STOPPED,
    },
    REGISTERED: {
        "shut down": SHUTTING_DOWN,
        "agent exited": SHUTTING_DOWN,
        "stopped": STOPPED,
        "stopped to linger": LINGERING,
        "stop due": STOPPED,
    },
    SHUTTING_DOWN: {
        "stopped": STOPPED,
        "stopped to linger": LINGERING,
        "stop due": STOPPED,
    },
    LINGERING: {
        "shut down": STOPPED,
        "agent exited": STOPPED,
        "last acknowledgement": STOPPED,
        "stop due": STOPPED,
    },
    STOPPED: {},
}


@pytest.mark.parametrize(("phase", "event"), list(itertools.product(ExecutorPhase, EVENTS)))
def test_each_phase_follows_each_event_as_the_table_says(phase: ExecutorPhase, event: str) -> None:
    state = in_phase(phase)

    EVENTS[event](state)

    assert state.phase is EXPECTED[phase].get(event, phase)
    state.check()


def test_the_core_knows_no_other_ways_than_those_tested() -> None:
    for phase in ExecutorPhase:
        assert set(EXPECTED[phase].values()) <= NEXT[phase]


def test_an_executor_registers_again_and_again_until_it_is_answered() -> None:
    state = ExecutorState(an_environment())
    registration = ExecutorRegistration(
        framework_id=FrameworkId("framework"), executor_id=ExecutorId("executor"), token=TOKEN
    )
    once = (Send(message=registration), Retry(after_ns=REGISTRATION_RETRY_NS))

    assert state.start() == (Link(), *once)
    assert state.registration_due() == once
    state.registered(AGENT, a_welcome())
    assert state.registration_due() == ()


def test_the_welcome_is_passed_on_once_and_then_as_a_reregistration() -> None:
    state = ExecutorState(an_environment())
    welcome = a_welcome()

    first = state.registered(AGENT, welcome)
    second = state.registered(AGENT, welcome)

    assert first == (Registered(executor=welcome.executor, framework=welcome.framework, agent=welcome.agent),)
    assert second == (Reregistered(agent=welcome.agent),)


def test_updates_without_acknowledgement_are_sent_again_in_order_on_reregistration() -> None:
    state = in_phase(REGISTERED)
    report(state, FINISHED, uuid=b"v" * 16)

    again = state.registered(AGENT, a_welcome())

    assert [status.state for status in statuses(again)] == [RUNNING, FINISHED]
    state.acknowledged(AGENT, an_acknowledgement(b"u" * 16))
    assert [status.state for status in statuses(state.registered(AGENT, a_welcome()))] == [FINISHED]


def test_an_update_says_who_where_and_when() -> None:
    state = in_phase(REGISTERED)

    (status,) = statuses(report(state, FINISHED, uuid=b"v" * 16))

    assert status.uuid == b"v" * 16
    assert status.timestamp_ns == NOW
    assert status.source is Source.EXECUTOR
    assert (status.agent_id, status.executor_id) == ("agent", "executor")


def test_a_task_is_forgotten_when_its_end_is_acknowledged() -> None:
    state = in_phase(REGISTERED)
    report(state, FINISHED, uuid=b"v" * 16)

    state.acknowledged(AGENT, an_acknowledgement(b"u" * 16))
    assert "task" in state.tasks
    state.acknowledged(AGENT, an_acknowledgement(b"v" * 16))

    assert state.tasks == {}
    assert state.unacknowledged == {}
    assert state.acknowledged(AGENT, an_acknowledgement(b"v" * 16)) == ()


@pytest.mark.parametrize("id", ["task", "another"])
def test_no_update_is_taken_for_a_task_that_is_over_or_was_never_here(id: str) -> None:
    state = in_phase(REGISTERED)
    report(state, FINISHED, uuid=b"v" * 16)

    with pytest.raises(ValueError, match=f"task {id}: no such task here, or it is over"):
        report(state, RUNNING, uuid=b"w" * 16, id=id)


def test_launches_kills_and_messages_are_passed_on() -> None:
    state = in_phase(REGISTERED)
    task = a_task("second")
    message = ExecutorMessage(
        framework_id=FrameworkId("framework"), executor_id=ExecutorId("executor"), data=b"hello", token=TOKEN
    )

    assert state.task_launched(AGENT, a_launch(task)) == (LaunchTask(task=task),)
    assert state.task_killed(AGENT, a_kill("second", 7)) == (KillTask(task_id=TaskId("second"), grace_ns=7),)
    assert state.message_received(AGENT, message) == (FrameworkMessage(data=b"hello"),)
    assert state.message_sent(b"hello") == (Send(message=message),)


def test_a_kill_of_a_task_that_is_over_or_unknown_is_ignored() -> None:
    state = in_phase(REGISTERED)
    report(state, FINISHED, uuid=b"v" * 16)

    assert state.task_killed(AGENT, a_kill("task")) == ()
    assert state.task_killed(AGENT, a_kill("unknown")) == ()


def test_a_task_is_refused_before_the_registration_and_twice() -> None:
    state = ExecutorState(an_environment())

    with pytest.raises(UnexpectedTask, match="before the registration"):
        state.task_launched(AGENT, a_launch())
    state.registered(AGENT, a_welcome())
    state.task_launched(AGENT, a_launch())
    with pytest.raises(UnexpectedTask, match="here already"):
        state.task_launched(AGENT, a_launch())


@pytest.mark.parametrize("phase", [SHUTTING_DOWN, LINGERING, STOPPED])
def test_an_executor_that_ends_takes_no_task(phase: ExecutorPhase) -> None:
    state = in_phase(phase)

    assert state.task_launched(AGENT, a_launch(a_task("second"))) == ()
    assert "second" not in state.tasks


def test_a_shutdown_gives_the_grace_period_and_is_passed_on_once() -> None:
    state = in_phase(REGISTERED)

    assert state.shut_down(AGENT, TOKEN) == (Shutdown(), ForceStop(after_ns=GRACE_NS))
    assert state.shut_down(AGENT, TOKEN) == ()


def test_a_lost_agent_is_a_shutdown_unless_it_means_to_come_back() -> None:
    without, checkpointing = in_phase(REGISTERED), in_phase(REGISTERED, checkpoint=True)

    assert without.agent_exited(AGENT) == (Disconnected(), Shutdown(), ForceStop(after_ns=GRACE_NS))
    assert checkpointing.agent_exited(AGENT) == (Disconnected(),)
    assert checkpointing.phase is REGISTERED


def test_the_end_of_somebody_else_means_nothing() -> None:
    state = in_phase(REGISTERED)

    assert state.agent_exited(PID.parse("slave(2)@10.0.0.1:5051")) == ()


def test_a_stop_without_open_updates_does_not_linger() -> None:
    state = in_phase(REGISTERED)
    state.acknowledged(AGENT, an_acknowledgement(b"u" * 16))

    assert state.stopped(linger_ns=1) == (Stop(),)


MESSAGES: dict[str, Callable[[ExecutorState, PID, str], object]] = {
    "welcome": lambda state, sender, token: state.registered(sender, a_welcome(token)),
    "launch": lambda state, sender, token: state.task_launched(sender, a_launch(a_task("new"), token)),
    "kill": lambda state, sender, token: state.task_killed(sender, a_kill(token=token)),
    "acknowledgement": lambda state, sender, token: state.acknowledged(
        sender, an_acknowledgement(b"u" * 16, token=token)
    ),
    "shutdown": lambda state, sender, token: state.shut_down(sender, token),
    "message": lambda state, sender, token: state.message_received(
        sender,
        ExecutorMessage(framework_id=FrameworkId("f"), executor_id=ExecutorId("e"), data=b"", token=token),
    ),
}


@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize(
    ("sender", "token", "blamed"),
    [(AGENT, "", "token"), (AGENT, "ß", "token"), (PID.parse("slave(1)@10.0.0.2:5051"), TOKEN, "sender")],
)
def test_nothing_is_obeyed_without_the_token_or_from_a_stranger(
    message: str, sender: PID, token: str, blamed: str
) -> None:
    state = in_phase(REGISTERED)
    before = (state.phase, dict(state.tasks), dict(state.unacknowledged))

    with pytest.raises(Stranger, match=blamed):
        MESSAGES[message](state, sender, token)

    assert (state.phase, state.tasks, state.unacknowledged) == before


class NoUpdateIsForgotten(RuleBasedStateMachine):
    """Each update is sent when it is made, and again at every re-registration, until it is acknowledged."""

    tasks = Bundle("tasks")
    uuids = Bundle("uuids")

    def __init__(self) -> None:
        super().__init__()
        self.state = ExecutorState(an_environment())
        self.state.start()
        self.state.registered(AGENT, a_welcome())
        self.open: dict[bytes, TaskState] = {}
        self.made = 0

    @rule(target=tasks)
    def launch(self) -> str:
        self.made += 1
        id = f"task-{self.made}"
        self.state.task_launched(AGENT, a_launch(a_task(id)))
        return id

    @rule(target=uuids, id=tasks)
    def run(self, id: str) -> bytes:
        return self._report(id, RUNNING)

    @rule(target=uuids, id=consumes(tasks), end=st.sampled_from([FINISHED, TaskState.FAILED, TaskState.KILLED]))
    def end(self, id: str, end: TaskState) -> bytes:
        return self._report(id, end)

    @rule(uuid=uuids)
    def acknowledge(self, uuid: bytes) -> None:
        self.open.pop(uuid, None)
        self.state.acknowledged(AGENT, an_acknowledgement(uuid))

    @rule(target=uuids)
    def reregister(self) -> object:
        again = statuses(self.state.registered(AGENT, a_welcome()))
        assert [(status.uuid, status.state) for status in again] == list(self.open.items())
        return multiple()

    @invariant()
    def books_hold(self) -> None:
        self.state.check()
        assert list(self.state.unacknowledged) == list(self.open)

    def _report(self, id: str, task_state: TaskState) -> bytes:
        self.made += 1
        uuid = self.made.to_bytes(16, "big")
        (status,) = statuses(report(self.state, task_state, uuid=uuid, id=id))
        assert status.state is task_state
        self.open[uuid] = task_state
        return uuid


TestNoUpdateIsForgotten = NoUpdateIsForgotten.TestCase


def test_a_shutdown_does_not_wait_long_for_acknowledgements() -> None:
    state = in_phase(SHUTTING_DOWN)

    assert state.stopped(linger_ns=60 * SHUTDOWN_LINGER_NS) == (ForceStop(after_ns=SHUTDOWN_LINGER_NS),)
