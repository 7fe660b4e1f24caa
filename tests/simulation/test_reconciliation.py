"""A scheduler asks what became of its tasks (TS-06, TS-07)."""

from __future__ import annotations

import pytest

from mesos_py.protocol.framework import Capability
from mesos_py.protocol.task import Reason, TaskState
from tests.simulation.probe import MINUTE, SECOND, Stage, a_framework


def test_asking_about_everything_is_answered_with_each_task_that_has_not_ended() -> None:
    stage = Stage()
    stage.launch("long", "short")
    stage.cluster.advance(SECOND)

    answers = stage.reconcile()

    assert [(status.task_id, status.state) for status in answers] == [
        ("long", TaskState.RUNNING),
        ("short", TaskState.RUNNING),
    ]
    assert all(status.reason is Reason.RECONCILIATION and status.uuid is None for status in answers)


def test_an_ended_task_is_not_among_everything() -> None:
    stage = Stage()
    stage.launch("short", duration_ns=SECOND)
    stage.wait(lambda: stage.probe.states("short")[-1:] == [TaskState.FINISHED])
    stage.cluster.advance(SECOND)

    assert stage.reconcile() == []


def test_asking_about_one_task_is_answered_with_that_one() -> None:
    stage = Stage()
    stage.run("t", "u")

    assert [(s.task_id, s.state) for s in stage.reconcile("t")] == [("t", TaskState.RUNNING)]


@pytest.mark.parametrize(
    ("capabilities", "state"), [((), TaskState.LOST), ((Capability.PARTITION_AWARE,), TaskState.GONE)]
)
def test_a_task_that_its_agent_does_not_have_is_gone(capabilities: tuple[Capability, ...], state: TaskState) -> None:
    stage = Stage(a_framework(*capabilities))

    assert [(s.task_id, s.state) for s in stage.reconcile("never")] == [("never", state)]


def test_a_task_on_an_unreachable_agent_is_unreachable() -> None:
    stage = Stage(a_framework(Capability.PARTITION_AWARE))
    stage.run("t")
    stage.cluster.partition(stage.cluster.agents[0])
    stage.cluster.advance(3 * MINUTE)

    assert [(s.task_id, s.state) for s in stage.reconcile("t")] == [("t", TaskState.UNREACHABLE)]
    assert [(s.task_id, s.state) for s in stage.reconcile()] == [("t", TaskState.UNREACHABLE)]
