"""The function executor (EX-06): runs Python functions in worker processes and is reused for many tasks.

A task's data is a call under the framework's seal; the session key came in `ExecutorInfo.data`. The executor checks the
seal and passes the payload on: it never unpickles anything itself. What comes back is sealed with the same key. A task
is FINISHED whether its function returned or raised, for both are answers, and FAILED if there is none.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, assert_never

from libprocess_py.future import Future
from libprocess_py.pid import PID
from mesos_py.frameworks.executor.callbacks import Driver, Executor
from mesos_py.frameworks.executor.core import Update
from mesos_py.frameworks.executor.environment import for_tasks
from mesos_py.frameworks.executor.frames import Answer
from mesos_py.frameworks.executor.pool import (
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
from mesos_py.frameworks.executor.worker import Worker, WorkerProcess
from mesos_py.frameworks.function_payload import PayloadError, open_call, seal_answer
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.ids import TaskId
from mesos_py.protocol.task import ExecutorInfo, TaskInfo, TaskState

LINGER_NS: Final = 1_000_000_000  # On a shutdown nobody may be left to acknowledge, and the agent waits for our end.

logger = logging.getLogger(__name__)


@dataclass
class _Handle:
    """A worker's process, and the actor that speaks to it."""

    process: WorkerProcess
    actor: PID
    is_retired: bool = False


class FunctionExecutor(Executor):
    """Performs what `WorkerPool` decides."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environment = for_tasks(environ)
        self._key = b""
        self._pool = WorkerPool()
        self._workers: dict[int, _Handle] = {}
        self._is_ending = False

    def registered(self, driver: Driver, executor: ExecutorInfo, *, framework: FrameworkInfo, agent: AgentInfo) -> None:
        self._key = executor.data

    def launch_task(self, driver: Driver, task: TaskInfo) -> None:
        try:
            payload = open_call(self._key, task.task_id, sealed=task.data)
        except PayloadError as problem:
            logger.warning("call refused: %s", problem)
            self._fail(driver, task.task_id, message=str(problem))
            return
        self._perform(driver, self._pool.launched(task.task_id, payload))

    def kill_task(self, driver: Driver, task_id: TaskId, *, grace_ns: int) -> None:
        self._perform(driver, self._pool.killed(task_id))

    def shutdown(self, driver: Driver) -> None:
        self._is_ending = True
        self._perform(driver, self._pool.shut_down())
        self._stop_if_over(driver)

    def ended(self) -> None:
        for handle in self._workers.values():
            handle.process.kill()

    def _perform(self, driver: Driver, effects: Effects, *, answer: Answer | None = None) -> None:
        for effect in effects:
            match effect:
                case StartWorker(number=number):
                    if not self._start(driver, number):
                        return
                case RunCall(number=number, payload=payload):
                    self._run(driver, number, payload=payload)
                case KillWorker(number=number):
                    self._workers[number].process.kill()
                case RetireWorker(number=number):
                    self._retire(driver, self._workers[number])
                case TaskRuns(task_id=task_id):
                    driver.update(Update(task_id=task_id, state=TaskState.RUNNING))
                case TaskAnswered(task_id=task_id):
                    assert answer is not None, "an answer is told where it came"
                    self._finish(driver, answer, task_id=task_id)
                case TaskFailed(task_id=task_id, message=message):
                    self._fail(driver, task_id, message=message)
                case TaskKilled(task_id=task_id, message=message):
                    driver.update(Update(task_id=task_id, state=TaskState.KILLED, message=message))
                case _:
                    assert_never(effect)

    def _start(self, driver: Driver, number: int) -> bool:
        """False: it did not start, and its task was told."""
        try:
            process = WorkerProcess(self._environment)
        except OSError as error:
            self._perform(driver, self._pool.start_failed(number, str(error.strerror)))
            return False
        self._workers[number] = _Handle(process, driver.spawn(Worker(process)))
        ended = driver.deferred(partial(self._ended, driver, number=number))
        driver.reap(process.os_pid).on_any(lambda reaped: ended(reaped.get() if reaped.is_ready else None))
        return True

    def _run(self, driver: Driver, number: int, *, payload: bytes) -> None:
        answered = driver.deferred(partial(self._answered, driver, number=number))
        driver.dispatch(self._workers[number].actor, Worker.run, payload).on_any(answered)

    def _answered(self, driver: Driver, said: Future[Answer | None], *, number: int) -> None:
        answer = said.get() if said.is_ready else None
        if answer is None:
            self._perform(driver, self._pool.unanswered(number))
        else:
            self._perform(driver, self._pool.answered(number), answer=answer)

    def _ended(self, driver: Driver, status: int | None, *, number: int) -> None:
        handle = self._workers.pop(number)
        handle.process.kill()  # What its function started goes too.
        handle.process.reaped()
        self._retire(driver, handle)
        self._perform(driver, self._pool.ended(number, status))
        self._stop_if_over(driver)

    def _retire(self, driver: Driver, handle: _Handle) -> None:
        """The actor's end closes the pipes, and that ends an idle worker."""
        if not handle.is_retired:
            handle.is_retired = True
            driver.terminate(handle.actor)

    def _stop_if_over(self, driver: Driver) -> None:
        if self._is_ending and self._pool.is_empty:
            driver.stop(linger_ns=LINGER_NS)

    def _finish(self, driver: Driver, answer: Answer, *, task_id: TaskId) -> None:
        data = seal_answer(self._key, task_id, payload=answer.payload)
        driver.update(Update(task_id=task_id, state=TaskState.FINISHED, message=answer.message, data=data))

    def _fail(self, driver: Driver, task_id: TaskId, *, message: str) -> None:
        driver.update(Update(task_id=task_id, state=TaskState.FAILED, message=message))
