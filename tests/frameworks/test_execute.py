"""`execute`: launches what was asked for, once each, and ends with the fate of the worst instance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesos_py.frameworks.execute import FATES, CommandScheduler, Fate, Work
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import Reason, Source, TaskState
from tests.support.offers import a_status, an_offer
from tests.support.recording_driver import RecordingDriver


def a_scheduler(*, instances: int = 1) -> tuple[CommandScheduler, RecordingDriver, list[str]]:
    said: list[str] = []
    work = Work(command="true", resources=Resources.parse("cpus:1"), instances=instances)
    return CommandScheduler(work, report=said.append), RecordingDriver(), said


def test_an_offer_is_filled_with_as_many_instances_as_fit() -> None:
    scheduler, driver, _ = a_scheduler(instances=3)

    scheduler.resource_offers(driver, (an_offer(1, resources="cpus:2.5"),))
    scheduler.resource_offers(driver, (an_offer(2, resources="cpus:8"), an_offer(3, resources="cpus:8")))

    assert [task.task_id for task in driver.launched] == ["execute-1", "execute-2", "execute-3"]
    assert [offer_id for offer_id, _ in driver.declined] == ["m-O3"]


def test_an_offer_that_is_too_small_is_declined_for_a_short_time_only() -> None:
    scheduler, driver, _ = a_scheduler()

    scheduler.resource_offers(driver, (an_offer(resources="cpus:0.5"),))

    assert driver.declined[0][1].effective_refuse_ns == 5_000_000_000


def test_what_is_waited_for_is_said_once() -> None:
    scheduler, driver, said = a_scheduler()

    for number in (1, 2):
        scheduler.resource_offers(driver, (an_offer(number, resources="cpus:0.5"),))

    assert said == [f"waiting for cpus:1: agent {an_offer().hostname} offers only cpus:0.5"]


@given(st.lists(st.sampled_from(sorted(FATES, key=lambda state: state.value)), min_size=1, max_size=5))
def test_the_worst_fate_is_the_exit_status(states: list[TaskState]) -> None:
    scheduler, driver, _ = a_scheduler(instances=len(states))
    scheduler.resource_offers(driver, (an_offer(resources="cpus:100"),))

    for task, state in zip(driver.launched, states, strict=True):
        assert driver.calls == []
        scheduler.status_update(driver, a_status(task.task_id, state))

    assert scheduler.fate == max(FATES[state] for state in states)
    assert driver.calls == ["stop"]


def test_a_repeated_status_is_reported_once() -> None:
    scheduler, driver, said = a_scheduler()
    scheduler.resource_offers(driver, (an_offer(),))
    said.clear()

    for _ in range(2):
        scheduler.status_update(driver, a_status("execute", TaskState.RUNNING))
    scheduler.status_update(driver, a_status("execute", TaskState.FAILED, message="exited with status 3"))

    assert said == ["task execute TASK_RUNNING", "task execute TASK_FAILED (exited with status 3)"]


def test_an_instance_whose_offer_was_taken_back_is_launched_with_the_next_one() -> None:
    scheduler, driver, said = a_scheduler(instances=2)
    scheduler.resource_offers(driver, (an_offer(1, resources="cpus:2"),))

    gone = a_status("execute-2", TaskState.LOST, source=Source.MASTER, reason=Reason.INVALID_OFFERS, message="no offer")
    scheduler.status_update(driver, gone)
    scheduler.resource_offers(driver, (an_offer(2, resources="cpus:2"),))

    assert [task.task_id for task in driver.launched] == ["execute-1", "execute-2", "execute-2"]
    assert driver.calls == ["revive"]
    assert "task execute-2 was not launched (no offer): waiting for another offer" in said


def test_a_refused_framework_ends_as_refused() -> None:
    scheduler, driver, said = a_scheduler()

    scheduler.error(driver, "role 'a b' contains a space")

    assert scheduler.fate is Fate.REFUSED
    assert "role 'a b'" in said[0]
    assert driver.calls == ["stop"]


@pytest.mark.parametrize("state", [state for state in TaskState if state.is_terminal])
def test_every_terminal_state_is_a_fate(state: TaskState) -> None:
    assert state in FATES
