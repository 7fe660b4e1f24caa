"""The worker pool: which worker runs what, and the promise that each task is told exactly one end."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mesos_py.frameworks.executor.pool import (
    IDLE_WORKERS_MAX,
    WORKERS_MAX,
    Effects,
    KillWorker,
    RetireWorker,
    RunCall,
    StartWorker,
    TaskAnswered,
    TaskFailed,
    TaskKilled,
    TaskRuns,
    WorkerPool,
)
from mesos_py.protocol.ids import TaskId

ONE, TWO = TaskId("one"), TaskId("two")


def test_a_task_starts_a_worker_and_the_next_one_uses_it_again() -> None:
    pool = WorkerPool()

    first = pool.launched(ONE, b"1")
    answered = pool.answered(1)
    second = pool.launched(TWO, b"2")

    assert first == (
        StartWorker(number=1),
        TaskRuns(task_id=ONE),
        RunCall(number=1, task_id=ONE, payload=b"1"),
    )
    assert answered == (TaskAnswered(task_id=ONE),)
    assert second == (TaskRuns(task_id=TWO), RunCall(number=1, task_id=TWO, payload=b"2"))


def test_tasks_at_the_same_time_have_a_worker_each() -> None:
    pool = WorkerPool()

    pool.launched(ONE, b"")
    assert StartWorker(number=2) in pool.launched(TWO, b"")


def test_the_worker_that_was_used_last_is_used_first() -> None:
    pool = WorkerPool()
    for id in ("a", "b", "c"):
        pool.launched(TaskId(id), b"")
    for number in (1, 2, 3):
        pool.answered(number)

    assert RunCall(number=3, task_id=ONE, payload=b"") in pool.launched(ONE, b"")


def test_a_killed_task_takes_its_process_along() -> None:
    pool = WorkerPool()
    pool.launched(ONE, b"")

    assert pool.killed(ONE) == (KillWorker(number=1),)
    assert pool.killed(ONE) == ()
    assert pool.unanswered(1) == ()
    assert pool.ended(1, -9) == (
        TaskKilled(task_id=ONE, message="Killed: the worker process of the function terminated with signal SIGKILL"),
    )
    assert pool.is_empty


def test_an_answer_that_was_quicker_than_the_kill_counts() -> None:
    pool = WorkerPool()
    pool.launched(ONE, b"")
    pool.killed(ONE)

    assert pool.answered(1) == (TaskAnswered(task_id=ONE),)
    assert pool.ended(1, -9) == ()


def test_a_worker_that_is_to_be_killed_gets_no_new_task() -> None:
    pool = WorkerPool()
    pool.launched(ONE, b"")
    pool.killed(ONE)
    pool.answered(1)

    assert StartWorker(number=2) in pool.launched(TWO, b"")


def test_a_worker_that_ends_under_its_task_fails_it_in_words() -> None:
    pool = WorkerPool()
    pool.launched(ONE, b"")

    assert pool.ended(1, 3) == (
        TaskFailed(task_id=ONE, message="Failed: the worker process of the function exited with status 3"),
    )
    assert pool.answered(1) == ()


def test_a_worker_that_talks_nonsense_is_killed_and_its_task_fails() -> None:
    pool = WorkerPool()
    pool.launched(ONE, b"")

    assert pool.unanswered(1) == (KillWorker(number=1),)
    assert isinstance(pool.ended(1, -9)[0], TaskFailed)


def test_a_worker_that_ends_while_idle_is_not_used_again() -> None:
    pool = WorkerPool()
    pool.launched(ONE, b"")
    pool.answered(1)

    assert pool.ended(1, -9) == ()
    assert StartWorker(number=2) in pool.launched(TWO, b"")


def test_a_worker_that_does_not_start_fails_its_task() -> None:
    pool = WorkerPool()
    pool.launched(ONE, b"")

    assert pool.start_failed(1, "no memory") == (
        TaskFailed(task_id=ONE, message="The worker process did not start: no memory"),
    )
    assert pool.is_empty


def test_more_idle_workers_than_the_bound_are_retired() -> None:
    pool = WorkerPool()
    for number in range(IDLE_WORKERS_MAX + 1):
        pool.launched(TaskId(str(number)), b"")

    effects: Effects = ()
    for number in range(1, IDLE_WORKERS_MAX + 2):
        effects = pool.answered(number)

    assert effects[1:] == (RetireWorker(number=IDLE_WORKERS_MAX + 1),)


def test_more_tasks_than_the_bound_are_refused() -> None:
    pool = WorkerPool()
    for number in range(WORKERS_MAX):
        pool.launched(TaskId(str(number)), b"")

    (refused,) = pool.launched(ONE, b"")

    assert refused == TaskFailed(task_id=ONE, message="This executor runs at most 1000 functions at once")


def test_a_shutdown_kills_every_worker_once() -> None:
    pool = WorkerPool()
    pool.launched(ONE, b"")
    pool.launched(TWO, b"")
    pool.killed(TWO)
    pool.launched(TaskId("idle"), b"")
    pool.answered(3)

    assert pool.shut_down() == (KillWorker(number=1), KillWorker(number=3))
    assert isinstance(pool.ended(1, -9)[0], TaskKilled)


class EachTaskEndsOnce(RuleBasedStateMachine):
    """Whatever happens to workers, a task is told one end, and after its worker's end it has been told."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = WorkerPool()
        self.made = 0
        self.open: dict[str, int | None] = {}
        self.told: list[str] = []
        self.alive: set[int] = set()

    @rule()
    def launch(self) -> None:
        self.made += 1
        self.open[f"task-{self.made}"] = None
        self.perform(self.pool.launched(TaskId(f"task-{self.made}"), b""))

    @rule(number=st.integers(min_value=1, max_value=12))
    def answer(self, number: int) -> None:
        self.perform(self.pool.answered(number))

    @rule(number=st.integers(min_value=1, max_value=12))
    def break_off(self, number: int) -> None:
        self.perform(self.pool.unanswered(number))

    @rule(number=st.integers(min_value=1, max_value=12))
    def end(self, number: int) -> None:
        if number in self.alive:
            self.alive.discard(number)
            self.perform(self.pool.ended(number, -9))

    @precondition(lambda self: self.made)
    @rule(data=st.data())
    def kill(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(min_value=1, max_value=self.made))
        self.perform(self.pool.killed(TaskId(f"task-{number}")))

    @rule()
    def shut_down(self) -> None:
        self.perform(self.pool.shut_down())

    @invariant()
    def books_hold(self) -> None:
        self.pool.check()
        assert len(self.told) == len(set(self.told))
        assert set(self.pool.workers) == self.alive
        waiting = [worker.task_id for worker in self.pool.workers.values() if worker.task_id is not None]
        assert sorted(waiting) == sorted(self.open.keys() - set(self.told))

    def perform(self, effects: Effects) -> None:
        for effect in effects:
            if isinstance(effect, StartWorker):
                self.alive.add(effect.number)
            elif isinstance(effect, TaskAnswered | TaskFailed | TaskKilled):
                self.told.append(effect.task_id)
            elif isinstance(effect, KillWorker | RetireWorker | RunCall):
                assert effect.number in self.alive, "only a living worker is spoken to"


TestEachTaskEndsOnce = EachTaskEndsOnce.TestCase
