"""The framework behind a ClusterExecutor: what it asks of its driver, and when."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable
from typing import Any

import pytest

from libprocess_py.pid import PID
from mesos_py.frameworks import function_payload
from mesos_py.frameworks.cluster_executor.scheduler import RECONCILE_NS, CallScheduler
from mesos_py.protocol.agent import MasterInfo
from mesos_py.protocol.ids import AgentId, ExecutorId, FrameworkId, MasterId, TaskId
from mesos_py.protocol.messages.master_framework import ReconciledTask
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import CommandInfo, ExecutorInfo, Source, TaskState
from tests.support.offers import a_status, an_offer
from tests.support.recording_driver import RecordingDriver

KEY = bytes(function_payload.KEY_BYTES)
MASTER = MasterInfo(id=MasterId("m"), pid=PID.parse("master@10.0.0.1:5050"), hostname="one", version="0.1.0")


def at_once(complete: Callable[[], None]) -> None:
    complete()


def a_scheduler() -> tuple[CallScheduler, RecordingDriver]:
    runner = ExecutorInfo(executor_id=ExecutorId("functions"), command=CommandInfo(value="run"))
    scheduler = CallScheduler(Resources.parse("cpus:1"), runner, key=KEY, attempts_max=2, answer=at_once)
    driver = RecordingDriver()
    scheduler.registered(driver, FrameworkId("m-0000"), master=MASTER)
    return scheduler, driver


def submit(scheduler: CallScheduler, driver: RecordingDriver) -> concurrent.futures.Future[Any]:
    future: concurrent.futures.Future[Any] = concurrent.futures.Future()
    scheduler.submit(driver, function_payload.pack_call(abs, (-1,), kwargs={}), future=future)
    return future


def test_without_work_offers_are_suppressed_until_there_is_some() -> None:
    scheduler, driver = a_scheduler()

    scheduler.resource_offers(driver, (an_offer(),))
    submit(scheduler, driver)

    assert driver.calls == ["suppress", "revive"]
    assert driver.declined[0][1].effective_refuse_ns == 3_600_000_000_000


def test_running_calls_are_asked_for_every_minute_and_when_a_master_is_found_again() -> None:
    scheduler, driver = a_scheduler()
    submit(scheduler, driver)
    scheduler.resource_offers(driver, (an_offer(),))
    running = ReconciledTask(task_id=TaskId("1.1"), agent_id=AgentId("m-S0"))

    scheduler.reregistered(driver, MASTER)
    assert driver.reconciled == [running]
    (due, ask) = driver.timers.pop()
    ask()

    assert driver.reconciled == [running, running]
    assert (due, len(driver.timers)) == (RECONCILE_NS, 1)


def test_with_nothing_running_nothing_is_asked_for() -> None:
    scheduler, driver = a_scheduler()

    scheduler.reregistered(driver, MASTER)
    driver.timers.pop()[1]()

    assert driver.reconciled == []


def test_a_call_that_nobody_remembers_is_run_again() -> None:
    scheduler, driver = a_scheduler()
    future = submit(scheduler, driver)
    scheduler.resource_offers(driver, (an_offer(1),))

    scheduler.status_update(driver, a_status("1.1", TaskState.LOST, source=Source.MASTER))
    scheduler.resource_offers(driver, (an_offer(2),))

    assert [task.task_id for task in driver.launched] == ["1.1", "1.2"]
    assert not future.done()
    assert scheduler.progress.lost == 1


def test_calls_that_fit_nowhere_are_told_once(caplog: pytest.LogCaptureFixture) -> None:
    scheduler, driver = a_scheduler()
    submit(scheduler, driver)

    for number in range(3):
        scheduler.resource_offers(driver, (an_offer(number, resources="cpus:0.5"),))

    assert [record.getMessage() for record in caplog.records] == [
        "calls_fit_nowhere needed=cpus:1 largest_offer=cpus:0.5"
    ]


def test_calls_that_wait_for_others_to_end_are_no_cause_for_complaint(caplog: pytest.LogCaptureFixture) -> None:
    scheduler, driver = a_scheduler()
    submit(scheduler, driver)
    submit(scheduler, driver)

    scheduler.resource_offers(driver, (an_offer(1, resources="cpus:1"),))
    scheduler.resource_offers(driver, (an_offer(2, resources="cpus:0.5"),))

    assert caplog.records == []
