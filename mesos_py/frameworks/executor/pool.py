"""Which worker runs which function: the function executor's rules (EX-06).

One worker per running task, because a task that is killed takes its process along. Idle workers are kept for the next
tasks up to a bound; the rest are retired. A worker that ends under a task fails it, unless the task was to be killed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from libprocess_py.exit_words import exit_words
from libprocess_py.message import Record
from mesos_py.protocol.ids import TaskId

IDLE_WORKERS_MAX: Final = 8  # Starting one costs some 50 ms, keeping one some 15 MB; bursts rarely need more again.
WORKERS_MAX: Final = 1_000  # As many tasks at once as a large machine may be given; more is somebody's mistake.


class Phase(Enum):
    """What a worker is about."""

    IDLE = "idle"
    BUSY = "busy"
    DOOMED = "doomed"  # Killed, or of no more use: its end is awaited, and then its task's end is told.


@dataclass
class Worker:
    phase: Phase
    task_id: TaskId | None
    was_killed: bool = False  # The task was asked to end, so its end is no failure.


class StartWorker(Record):
    """Start a worker process; it is used at once."""

    number: int


class RunCall(Record):
    """Hand the call to this worker; call `answered` or `unanswered`."""

    number: int
    task_id: TaskId
    payload: bytes


class KillWorker(Record):
    """Kill the worker's process group; call `ended` at its end."""

    number: int


class RetireWorker(Record):
    """Let the worker exit by itself; `ended` is called then."""

    number: int


class TaskRuns(Record):
    task_id: TaskId


class TaskAnswered(Record):
    task_id: TaskId


class TaskFailed(Record):
    task_id: TaskId
    message: str


class TaskKilled(Record):
    task_id: TaskId
    message: str


Effect = StartWorker | RunCall | KillWorker | RetireWorker | TaskRuns | TaskAnswered | TaskFailed | TaskKilled
Effects = tuple[Effect, ...]


class WorkerPool:
    """The workers of one executor, by number."""

    def __init__(self) -> None:
        self.workers: dict[int, Worker] = {}
        self._numbers = 0

    def launched(self, task_id: TaskId, payload: bytes) -> Effects:
        """A task to run: by the idle worker that ran last, whose memory is warm, or by a new one."""
        number = self._last_idle()
        started: Effects = ()
        if number is None:
            if len(self.workers) >= WORKERS_MAX:
                problem = f"This executor runs at most {WORKERS_MAX} functions at once"
                return (TaskFailed(task_id=task_id, message=problem),)
            self._numbers += 1
            number = self._numbers
            started = (StartWorker(number=number),)
        self.workers.pop(number, None)
        self.workers[number] = Worker(
            Phase.BUSY, task_id
        )  # Behind the others, so that the last idle one was used last.
        return (*started, TaskRuns(task_id=task_id), RunCall(number=number, task_id=task_id, payload=payload))

    def killed(self, task_id: TaskId) -> Effects:
        """A task is to end. A function cannot be asked politely, so its process is killed."""
        for number, worker in self.workers.items():
            if worker.task_id == task_id:
                worker.was_killed = True
                if worker.phase is Phase.DOOMED:
                    return ()
                worker.phase = Phase.DOOMED
                return (KillWorker(number=number),)
        return ()

    def answered(self, number: int) -> Effects:
        """The worker has answered, and is free. An answer that was quicker than the kill still counts."""
        worker = self.workers.get(number)
        if worker is None or worker.task_id is None:
            return ()  # Its end came first, and was told.
        answered = TaskAnswered(task_id=worker.task_id)
        worker.task_id = None
        if worker.phase is Phase.DOOMED:
            return (answered,)
        worker.phase = Phase.IDLE
        if len(self._idle()) > IDLE_WORKERS_MAX:
            worker.phase = Phase.DOOMED
            return answered, RetireWorker(number=number)
        return (answered,)

    def unanswered(self, number: int) -> Effects:
        """The worker broke off, or said something that is no answer. Its end will tell more; see that it comes."""
        worker = self.workers.get(number)
        if worker is None or worker.phase is Phase.DOOMED:
            return ()
        worker.phase = Phase.DOOMED
        return (KillWorker(number=number),)

    def ended(self, number: int, status: int | None) -> Effects:
        """The worker's process is gone."""
        worker = self.workers.pop(number, None)
        if worker is None or worker.task_id is None:
            return ()
        words = f"the worker process of the function {exit_words(status)}"
        if worker.was_killed:
            return (TaskKilled(task_id=worker.task_id, message=f"Killed: {words}"),)
        return (TaskFailed(task_id=worker.task_id, message=f"Failed: {words}"),)

    def start_failed(self, number: int, problem: str) -> Effects:
        worker = self.workers.pop(number)
        assert worker.task_id is not None, "a worker is started for a task"
        return (TaskFailed(task_id=worker.task_id, message=f"The worker process did not start: {problem}"),)

    def shut_down(self) -> Effects:
        """Everything ends; each task's end is told by its worker's."""
        effects: list[Effect] = []
        for number, worker in self.workers.items():
            worker.was_killed = True
            if worker.phase is not Phase.DOOMED:
                worker.phase = Phase.DOOMED
                effects.append(KillWorker(number=number))
        return tuple(effects)

    @property
    def is_empty(self) -> bool:
        return not self.workers

    def check(self) -> None:
        """What holds between any two events."""
        tasks = [worker.task_id for worker in self.workers.values() if worker.task_id is not None]
        assert len(tasks) == len(set(tasks)), "a task has one worker"
        for worker in self.workers.values():
            assert (worker.phase is Phase.BUSY) <= (worker.task_id is not None), "a busy worker has a task"
            assert (worker.phase is Phase.IDLE) <= (worker.task_id is None), "an idle worker has none"
        assert len(self._idle()) <= IDLE_WORKERS_MAX
        assert len(self.workers) <= WORKERS_MAX

    def _idle(self) -> list[int]:
        return [number for number, worker in self.workers.items() if worker.phase is Phase.IDLE]

    def _last_idle(self) -> int | None:
        idle = self._idle()
        return idle[-1] if idle else None
