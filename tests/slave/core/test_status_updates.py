"""The promise of reliable status updates: in order, at least once, until acknowledged, none lost."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from libprocess_py.pid import PID
from mesos_py.protocol.ids import FrameworkId, TaskId
from mesos_py.protocol.messages.master_framework import StatusUpdate
from mesos_py.protocol.task import TaskState, TaskStatus
from slave.core.effects import CancelTimer, Effects, Send, StartTimer
from slave.core.events import StatusUpdateRetryDue
from slave.core.problems import BadUpdate
from slave.core.status_updates import PENDING_MAX, RETRY_NS, RETRY_NS_MAX, Known, StatusUpdates
from tests.slave.builders import FRAMEWORK_ID, MASTER, a_status

TASK = TaskId("t1")


def a_resumed_manager() -> StatusUpdates:
    manager = StatusUpdates()
    manager.resume(MASTER)
    return manager


def forwarded(effects: Effects) -> list[StatusUpdate]:
    return [
        effect.message for effect in effects if isinstance(effect, Send) and isinstance(effect.message, StatusUpdate)
    ]


def due(status: TaskStatus) -> StatusUpdateRetryDue:
    assert status.uuid is not None
    return StatusUpdateRetryDue(framework_id=FRAMEWORK_ID, task_id=status.task_id, uuid=status.uuid)


def acknowledge(manager: StatusUpdates, status: TaskStatus) -> tuple[TaskStatus | None, Effects]:
    assert status.uuid is not None
    return manager.acknowledge(FRAMEWORK_ID, status.task_id, uuid=status.uuid)


def test_a_first_update_is_forwarded_at_once() -> None:
    manager, status = a_resumed_manager(), a_status("t1", TaskState.RUNNING, number=1)

    effects = manager.add(FRAMEWORK_ID, status)

    assert [update.status for update in forwarded(effects)] == [status]


def test_a_second_update_waits_for_the_acknowledgement_of_the_first() -> None:
    manager = a_resumed_manager()
    first, second = a_status("t1", TaskState.STARTING, number=1), a_status("t1", TaskState.RUNNING, number=2)
    manager.add(FRAMEWORK_ID, first)

    assert manager.add(FRAMEWORK_ID, second) == ()
    acknowledged, effects = acknowledge(manager, first)

    assert acknowledged == first
    assert [update.status for update in forwarded(effects)] == [second]


def test_a_forward_says_what_the_latest_state_is() -> None:
    manager, first = a_resumed_manager(), a_status("t1", TaskState.STARTING, number=1)
    manager.add(FRAMEWORK_ID, first)
    manager.add(FRAMEWORK_ID, a_status("t1", TaskState.RUNNING, number=2))
    manager.add(FRAMEWORK_ID, a_status("t1", TaskState.FINISHED, number=3))

    (update,) = forwarded(manager.retry_due(due(first)))

    assert update.status.state is TaskState.STARTING
    assert update.latest_state == "TASK_FINISHED"


def test_retries_come_after_ten_seconds_and_then_twice_as_late_up_to_ten_minutes() -> None:
    manager, status = a_resumed_manager(), a_status("t1", TaskState.RUNNING, number=1)
    effects = manager.add(FRAMEWORK_ID, status)

    delays = []
    for _ in range(9):
        delays += [effect.delay_ns // 1_000_000_000 for effect in effects if isinstance(effect, StartTimer)]
        effects = manager.retry_due(due(status))

    assert delays == [10, 20, 40, 80, 160, 320, 600, 600, 600]


def test_updates_that_wait_are_repeated_at_once_for_a_scheduler_that_came_back() -> None:
    manager, status = a_resumed_manager(), a_status("t1", TaskState.FINISHED, number=1)
    manager.add(FRAMEWORK_ID, status)
    manager.retry_due(due(status))

    effects = manager.repeat(FRAMEWORK_ID)

    assert [update.status for update in forwarded(effects)] == [status]
    assert [effect.delay_ns for effect in effects if isinstance(effect, StartTimer)] == [10_000_000_000]
    assert manager.repeat(FrameworkId("another")) == ()


def test_an_acknowledgement_of_another_update_is_ignored() -> None:
    manager, status = a_resumed_manager(), a_status("t1", TaskState.RUNNING, number=1)
    manager.add(FRAMEWORK_ID, status)

    assert acknowledge(manager, a_status("t1", TaskState.RUNNING, number=2)) == (None, ())
    assert manager.head(FRAMEWORK_ID, TASK) == status


def test_a_repeated_acknowledgement_is_ignored() -> None:
    manager, status = a_resumed_manager(), a_status("t1", TaskState.FINISHED, number=1)
    manager.add(FRAMEWORK_ID, status)
    acknowledge(manager, status)

    assert acknowledge(manager, status) == (None, ())


def test_the_stream_ends_with_the_acknowledgement_of_the_terminal_update() -> None:
    manager, status = a_resumed_manager(), a_status("t1", TaskState.FINISHED, number=1)
    manager.add(FRAMEWORK_ID, status)

    _, effects = acknowledge(manager, status)

    assert len(manager) == 0
    assert any(isinstance(effect, CancelTimer) for effect in effects)


def test_a_stream_takes_nothing_after_a_terminal_update() -> None:
    manager = a_resumed_manager()
    manager.add(FRAMEWORK_ID, a_status("t1", TaskState.FINISHED, number=1))

    assert manager.problem(FRAMEWORK_ID, TASK) == "the task has ended"


def test_a_stream_is_bounded() -> None:
    manager = StatusUpdates()
    for number in range(PENDING_MAX):
        assert manager.problem(FRAMEWORK_ID, TASK) is None
        manager.add(FRAMEWORK_ID, a_status("t1", TaskState.RUNNING, number=number))

    assert manager.problem(FRAMEWORK_ID, TASK) is not None


def test_what_was_received_is_known_until_it_is_acknowledged_and_after() -> None:
    manager, status = a_resumed_manager(), a_status("t1", TaskState.RUNNING, number=1)

    assert manager.known(FRAMEWORK_ID, status) is Known.NEW
    manager.add(FRAMEWORK_ID, status)
    assert manager.known(FRAMEWORK_ID, status) is Known.PENDING
    acknowledge(manager, status)
    assert manager.known(FRAMEWORK_ID, status) is Known.ACKNOWLEDGED


@pytest.mark.parametrize("uuid", [None, b"", b"short", b"seventeen bytes!!"])
def test_an_update_without_a_proper_uuid_is_refused(uuid: bytes | None) -> None:
    status = TaskStatus(
        task_id=TASK,
        state=TaskState.RUNNING,
        source=a_status("t", TaskState.RUNNING, number=1).source,
        timestamp_ns=1,
        uuid=uuid,
    )

    with pytest.raises(BadUpdate, match="16 bytes"):
        StatusUpdates().known(FRAMEWORK_ID, status)


def test_a_new_master_gets_every_head_at_once_in_order() -> None:
    manager = StatusUpdates()
    statuses = [a_status(f"t{number}", TaskState.RUNNING, number=number) for number in range(3)]
    for status in statuses:
        assert manager.add(FRAMEWORK_ID, status) == ()

    effects = manager.resume(PID.parse("master@10.0.0.9:5050"))

    assert [update.status for update in forwarded(effects)] == statuses


def test_a_paused_manager_sends_nothing_and_stops_its_timers() -> None:
    manager, status = a_resumed_manager(), a_status("t1", TaskState.RUNNING, number=1)
    manager.add(FRAMEWORK_ID, status)

    effects = manager.pause()

    assert [type(effect) for effect in effects] == [CancelTimer]
    assert manager.retry_due(due(status)) == ()


def test_a_removed_framework_has_no_streams() -> None:
    manager, other = a_resumed_manager(), FrameworkId("other")
    manager.add(FRAMEWORK_ID, a_status("t1", TaskState.RUNNING, number=1))
    manager.add(other, a_status("t1", TaskState.RUNNING, number=2))

    manager.remove_framework(FRAMEWORK_ID)

    assert not manager.has_stream(FRAMEWORK_ID, TASK)
    assert manager.has_stream(other, TASK)


TASKS = st.sampled_from(["a", "b", "c"])


class StatusUpdateMachine(RuleBasedStateMachine):
    """A lossy master: it sees some forwards, acknowledges some late or twice, goes away and returns."""

    def __init__(self) -> None:
        super().__init__()
        self.manager = StatusUpdates()
        self.number = 0
        self.added: dict[str, list[TaskStatus]] = {}  # What executors said, per task.
        self.seen: dict[str, list[TaskStatus]] = {}  # What reached the master, without repetitions.
        self.acknowledged: dict[str, int] = {}  # How many, from the front.
        self.timers: dict[str, StatusUpdateRetryDue] = {}
        self.connected = False

    def perform(self, effects: Effects) -> None:
        for effect in effects:
            if isinstance(effect, StartTimer):
                assert RETRY_NS <= effect.delay_ns <= RETRY_NS_MAX
                assert isinstance(effect.event, StatusUpdateRetryDue)
                self.timers[effect.key] = effect.event
            elif isinstance(effect, CancelTimer):
                self.timers.pop(effect.key, None)
        for update in forwarded(effects):
            assert self.connected, "nothing is sent while there is no master"
            task = update.status.task_id
            front = self.acknowledged.get(task, 0)
            assert update.status == self.added[task][front], "only the oldest update that is not acknowledged travels"
            seen = self.seen.setdefault(task, [])
            if update.status not in seen:
                seen.append(update.status)

    @rule(task=TASKS, state=st.sampled_from([TaskState.STARTING, TaskState.RUNNING, TaskState.FINISHED]))
    def executor_reports(self, task: str, state: TaskState) -> None:
        if self.manager.problem(FRAMEWORK_ID, TaskId(task)) is not None:
            return
        if self.added.get(task) and self.added[task][-1].state.is_terminal:
            return  # Its stream is over: the books above the streams know the task as completed.
        self.number += 1
        status = a_status(task, state, number=self.number)
        self.added.setdefault(task, []).append(status)
        self.perform(self.manager.add(FRAMEWORK_ID, status))

    @rule(task=TASKS)
    def scheduler_acknowledges(self, task: str) -> None:
        seen, front = self.seen.get(task, []), self.acknowledged.get(task, 0)
        if len(seen) <= front:
            return
        self.acknowledged[task] = front + 1
        status, effects = acknowledge(self.manager, seen[front])
        assert status == seen[front]
        self.perform(effects)

    @rule(task=TASKS, back=st.integers(1, 5))
    def scheduler_repeats_an_acknowledgement(self, task: str, back: int) -> None:
        front = self.acknowledged.get(task, 0)
        if back <= front:
            assert acknowledge(self.manager, self.added[task][front - back]) == (None, ())

    @precondition(lambda self: self.timers)
    @rule(data=st.data())
    def timer_fires(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.timers)))
        self.perform(self.manager.retry_due(self.timers.pop(key)))

    @rule()
    def master_goes(self) -> None:
        self.connected = False
        self.perform(self.manager.pause())
        assert self.timers == {}

    @rule()
    def master_comes(self) -> None:
        self.connected = True
        self.perform(self.manager.resume(MASTER))

    @invariant()
    def books_are_right(self) -> None:
        self.manager.check()

    @invariant()
    def what_the_master_saw_is_what_was_said_in_order(self) -> None:
        for task, seen in self.seen.items():
            assert seen == self.added[task][: len(seen)]

    @invariant()
    def nothing_that_waits_is_forgotten(self) -> None:
        waiting = sum(len(added) > self.acknowledged.get(task, 0) for task, added in self.added.items())
        if self.connected:
            assert len(self.timers) == waiting, "each task with something to say has been forwarded and will be again"
        for task, added in self.added.items():
            front = self.acknowledged.get(task, 0)
            head = self.manager.head(FRAMEWORK_ID, TaskId(task))
            assert head == (added[front] if front < len(added) else None)


TestStatusUpdateMachine = StatusUpdateMachine.TestCase
