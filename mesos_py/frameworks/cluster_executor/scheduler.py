"""The framework behind a `ClusterExecutor`: offers in, tasks out, statuses into futures. Runs in the driver's turn."""

from __future__ import annotations

import concurrent.futures
import logging
from collections.abc import Callable
from typing import Any, Final

from libprocess_py.message import Record
from mesos_py.frameworks import function_payload
from mesos_py.frameworks.cluster_executor.core import Call, CallBook, Failed, Finished, Resubmitted, Stray
from mesos_py.frameworks.scheduler.callbacks import Driver, Scheduler
from mesos_py.protocol.agent import MasterInfo
from mesos_py.protocol.ids import AgentId, ExecutorId, FrameworkId, TaskId
from mesos_py.protocol.messages.master_framework import ReconciledTask
from mesos_py.protocol.offer import Filters, Offer
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import ExecutorInfo, TaskInfo, TaskStatus

logger = logging.getLogger(__name__)

RECONCILE_NS: Final = 60_000_000_000  # A minute: rare beside ten minutes that a new master waits for old agents.
IDLE_FILTERS: Final = Filters(refuse_ns=3_600_000_000_000)  # An hour: a revive ends it as soon as there is work again.
BUSY_FILTERS: Final = Filters(refuse_ns=0)  # What one task leaves is wanted back for the next.

Answer = Callable[[Callable[[], None]], None]


class ClusterExecutorError(Exception):
    """A call that the cluster could not run to its end; the text says why."""


class Progress(Record):
    """Counts of calls at one moment."""

    waiting: int = 0
    running: int = 0
    done: int = 0
    lost: int = 0


class CallScheduler(Scheduler):
    """Packs calls into offers and completes their futures. `answer` runs a completion on a thread for that."""

    def __init__(
        self, resources: Resources, runner: ExecutorInfo, *, key: bytes, attempts_max: int, answer: Answer
    ) -> None:
        self.progress = Progress()
        self._book = CallBook(resources, runner, attempts_max=attempts_max)
        self._key = key
        self._answer = answer
        self._futures: dict[int, concurrent.futures.Future[Any]] = {}  # Of the calls that are open.
        self._numbers: dict[concurrent.futures.Future[Any], int] = {}
        self._suppressed = self._complained = False
        self._refused: str | None = None

    def submit(self, driver: Driver, payload: bytes, *, future: concurrent.futures.Future[Any]) -> None:
        """A new call; offers are asked for again if there was nothing to do before."""
        if self._refused is not None:
            if future.set_running_or_notify_cancel():
                future.set_exception(ClusterExecutorError(self._refused))
            return
        number = self._book.submit(payload)
        self._futures[number], self._numbers[future] = future, number
        self._want_offers(driver)
        self._count()

    def cancelled(self, future: concurrent.futures.Future[Any]) -> None:
        """Its owner cancelled a call that had not been launched: it waits no more, and who waits for it is told."""
        number = self._numbers.get(future)
        if number is not None and self._book.cancel(number):
            self._take(number).set_running_or_notify_cancel()
            self._count()

    def registered(self, driver: Driver, framework_id: FrameworkId, *, master: MasterInfo) -> None:
        """The executor's framework is known now."""
        self._suppressed = False
        driver.later(RECONCILE_NS, lambda: self._reconcile(driver))

    def reregistered(self, driver: Driver, master: MasterInfo) -> None:
        """Statuses that went missing with the old master are asked for."""
        self._suppressed = False
        self._ask_for_running(driver)

    def resource_offers(self, driver: Driver, offers: tuple[Offer, ...]) -> None:
        placements, unused = self._book.place(offers)
        for placement in placements:
            tasks = tuple(task for call in placement.calls if (task := self._start(call)) is not None)
            driver.launch(placement.offer_ids, tasks, filters=BUSY_FILTERS)
        if placements:
            self._complained = False
        elif self._book.waiting and not self._book.running:
            self._complain(offers)
        if self._book.waiting:
            driver.decline(tuple(unused))
        else:
            driver.decline(tuple(unused), filters=IDLE_FILTERS)
            if not self._suppressed:
                self._suppressed = True
                driver.suppress()
        self._count()

    def status_update(self, driver: Driver, status: TaskStatus) -> None:
        match self._book.status(status):
            case Finished(number, task_id, data):
                future = self._take(number)
                self._answer(lambda: self._complete(future, task_id, data=data))
            case Failed(number, message):
                self._fail(number, message)
            case Resubmitted(number, attempt, message):
                logger.warning("call_resubmitted call=%d attempt=%d why=%s", number, attempt, message)
                self._want_offers(driver)
            case Stray(task_id, agent_id):
                driver.kill(task_id, agent_id)
            case None:
                pass
        self._count()

    def executor_lost(self, driver: Driver, agent_id: AgentId, *, executor_id: ExecutorId, exit_status: int) -> None:
        self._book.executor_lost(agent_id)

    def agent_lost(self, driver: Driver, agent_id: AgentId) -> None:
        self._book.executor_lost(agent_id)

    def error(self, driver: Driver, message: str) -> None:
        self._refuse(f"the master refused the framework: {message}")

    def abandon(self) -> None:
        """No call is answered any more."""
        self._refuse("the executor was abandoned")

    def close(self) -> None:
        """The framework leaves. Whoever waits for a call that was cancelled is told so."""
        for future in self._futures.values():
            if future.cancelled():
                future.set_running_or_notify_cancel()
        self._futures.clear()
        self._numbers.clear()

    def _refuse(self, message: str) -> None:
        self._refused = message
        for failed in self._book.fail_all(message):
            self._fail(failed.number, failed.message)
        self._count()

    def _start(self, call: Call) -> TaskInfo | None:
        """The task of a placed call; None if its future was cancelled while it waited."""
        if call.attempt == 1 and not self._futures[call.number].set_running_or_notify_cancel():
            self._take(call.number)
            self._book.withdraw(call)
            return None
        sealed = function_payload.seal_call(self._key, call.task_id, payload=call.payload)
        return self._book.task(call, sealed)

    def _complete(self, future: concurrent.futures.Future[Any], task_id: TaskId, *, data: bytes) -> None:
        """On the answering thread: open the seal, unpickle, and let the future's owner know."""
        try:
            future.set_result(function_payload.open_answer(self._key, task_id, sealed=data))
        except BaseException as error:  # Whatever the function raised there, or unpickling raises here, is the answer.
            future.set_exception(error)

    def _fail(self, number: int, message: str) -> None:
        future = self._take(number)
        if future.running() or future.set_running_or_notify_cancel():  # From now on its owner cannot cancel it.
            self._answer(lambda: future.set_exception(ClusterExecutorError(message)))

    def _take(self, number: int) -> concurrent.futures.Future[Any]:
        """The future of a call that is open no more."""
        future = self._futures.pop(number)
        del self._numbers[future]
        return future

    def _complain(self, offers: tuple[Offer, ...]) -> None:
        """Say once that nothing offered is enough: whoever waits for the calls would wait without a word."""
        if not self._complained:
            self._complained = True
            largest = max((offer.resources.unallocate() for offer in offers), key=lambda resources: resources.cpus)
            logger.warning("calls_fit_nowhere needed=%s largest_offer=%s", self._book.needed, largest)

    def _reconcile(self, driver: Driver) -> None:
        """Ask now and then: what was lost with an agent while there was no master, nobody tells unasked (FW-08)."""
        self._ask_for_running(driver)
        driver.later(RECONCILE_NS, lambda: self._reconcile(driver))

    def _ask_for_running(self, driver: Driver) -> None:
        tasks = tuple(ReconciledTask(task_id=task, agent_id=agent) for task, agent in self._book.running_tasks())
        if tasks:  # None at all would ask for every task.
            driver.reconcile(tasks)

    def _want_offers(self, driver: Driver) -> None:
        """Work waits again: end the suppression and forget the refusals of idle times."""
        if self._suppressed:
            self._suppressed = False
            driver.revive()

    def _count(self) -> None:
        book = self._book
        self.progress = Progress(waiting=book.waiting, running=book.running, done=book.done, lost=book.lost)
