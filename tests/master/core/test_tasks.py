"""Tasks: relayed updates, acknowledgements, kills (MA-20, MA-21)."""

from __future__ import annotations

import pytest

from master.core import effects as e
from master.core.errors import InvalidCall, StrangeSender
from master.core.tasks import NEXT_TASK_STATES
from mesos_py.protocol.ids import AgentId, FrameworkId, TaskId
from mesos_py.protocol.messages.master_agent import FrameworkShutdown, TaskKill
from mesos_py.protocol.messages.master_framework import (
    FrameworkUnsubscription,
    StatusAcknowledgement,
    StatusUpdate,
    TaskKillRequest,
)
from mesos_py.protocol.task import Reason, Source, TaskState, TaskStatus
from tests.master.builders import SECOND, a_pid, a_task_info, a_uuid, an_acceptance, an_update
from tests.master.core_cluster import CoreCluster

LIVE = ["STAGING", "STARTING", "RUNNING", "KILLING"]
ENDS = ["FINISHED", "FAILED", "KILLED", "ERROR", "LOST", "DROPPED", "GONE", "GONE_BY_OPERATOR"]
LEGAL = {(before, end) for before in [*LIVE, "UNREACHABLE"] for end in ENDS}
LEGAL |= {(before, "UNREACHABLE") for before in LIVE}
LEGAL |= {("UNREACHABLE", after) for after in LIVE}
LEGAL |= {(LIVE[i], LIVE[j]) for i in range(4) for j in range(i + 1, 4)}
FROM_AGENTS = [state for state in TaskState if state.name not in ("UNREACHABLE", "UNKNOWN", "GONE_BY_OPERATOR")]


@pytest.mark.parametrize("after", TaskState)
@pytest.mark.parametrize("before", TaskState)
def test_a_task_takes_exactly_the_steps_of_the_table(before: TaskState, after: TaskState) -> None:
    assert (after in NEXT_TASK_STATES[before]) == ((before.name, after.name) in LEGAL)


@pytest.mark.parametrize("second", FROM_AGENTS)
@pytest.mark.parametrize("first", FROM_AGENTS)
def test_every_update_is_forwarded_and_only_steps_of_the_table_move_the_task(
    first: TaskState, second: TaskState
) -> None:
    cluster = CoreCluster()
    agent, _ = cluster.an_agent()
    pid, id = cluster.a_framework()
    cluster.a_task(id)
    expected = TaskState.STAGING
    for state in (first, second):
        expected = state if (expected.name, state.name) in LEGAL else expected

    cluster.send(agent, an_update(id, "t", state=first))
    cluster.send(agent, an_update(id, "t", state=second))

    assert [status.state for status in cluster.statuses(pid)] == [first, second]
    assert cluster.task(id, "t").state is expected
    freed = [a for a in cluster.allocator.refusals if a[1] == cluster.task(id, "t").agent_id]
    assert len(freed) == 1  # What the launch left of the offer; CoreCluster checks what the end of the task frees.


def a_running_task() -> tuple[CoreCluster, FrameworkId]:
    cluster = CoreCluster()
    agent, _ = cluster.an_agent()
    _, id = cluster.a_framework()
    cluster.a_task(id)
    cluster.send(agent, an_update(id, "t", state=TaskState.RUNNING))
    cluster.forget()
    return cluster, id


AGENT, AGENT_ID, SCHEDULER = a_pid("slave(1)"), AgentId("m-S0"), a_pid("scheduler(1)", host=9)


def test_a_task_that_ends_frees_its_resources_once_however_often_it_is_reported() -> None:
    cluster, id = a_running_task()

    cluster.send(AGENT, an_update(id, "t", state=TaskState.FINISHED))
    first = [effect for effect in cluster.effects if isinstance(effect, e.RecoverUsed)]
    cluster.send(AGENT, an_update(id, "t", state=TaskState.FINISHED))
    second = [effect for effect in cluster.effects if isinstance(effect, e.RecoverUsed)]

    assert [effect.resources.cpus for effect in first] == [1]
    assert second == []
    assert cluster.counts["tasks_finished"] == 1


def test_the_latest_state_frees_the_resources_before_its_update_comes() -> None:
    cluster, id = a_running_task()

    cluster.send(AGENT, an_update(id, "t", state=TaskState.RUNNING, latest=TaskState.FINISHED))

    task = cluster.task(id, "t")
    assert (task.state, task.status_state) == (TaskState.FINISHED, TaskState.RUNNING)
    assert any(isinstance(effect, e.RecoverUsed) for effect in cluster.effects)


def test_the_acknowledgement_of_the_end_takes_the_task_off_the_books() -> None:
    cluster, id = a_running_task()
    cluster.send(AGENT, an_update(id, "t", state=TaskState.FINISHED, uuid=a_uuid(5)))
    acknowledgement = StatusAcknowledgement(framework_id=id, agent_id=AGENT_ID, task_id=TaskId("t"), uuid=a_uuid(5))

    cluster.send(SCHEDULER, acknowledgement)

    assert not cluster.books.frameworks[id].tasks
    assert [task.state for task in cluster.books.frameworks[id].completed] == [TaskState.FINISHED]
    assert cluster.last(AGENT, StatusAcknowledgement) == acknowledgement


@pytest.mark.parametrize(("state", "uuid"), [(TaskState.RUNNING, a_uuid(5)), (TaskState.FINISHED, a_uuid(6))])
def test_other_acknowledgements_are_passed_on_and_keep_the_task(state: TaskState, uuid: bytes) -> None:
    cluster, id = a_running_task()
    cluster.send(AGENT, an_update(id, "t", state=state, uuid=a_uuid(5)))

    cluster.send(SCHEDULER, StatusAcknowledgement(framework_id=id, agent_id=AGENT_ID, task_id=TaskId("t"), uuid=uuid))

    assert cluster.books.frameworks[id].tasks
    assert cluster.received(AGENT, StatusAcknowledgement)


def test_an_acknowledgement_for_an_agent_that_is_away_is_dropped_and_counted() -> None:
    cluster, id = a_running_task()
    cluster.exit(AGENT)

    cluster.send(
        SCHEDULER, StatusAcknowledgement(framework_id=id, agent_id=AGENT_ID, task_id=TaskId("t"), uuid=a_uuid())
    )

    assert cluster.counts["invalid_status_update_acknowledgements"] == 1
    assert not cluster.received(AGENT, StatusAcknowledgement)


def test_an_acknowledgement_without_a_whole_uuid_is_refused() -> None:
    cluster, id = a_running_task()

    with pytest.raises(InvalidCall, match="uuid: expected 16 bytes"):
        cluster.send(
            SCHEDULER, StatusAcknowledgement(framework_id=id, agent_id=AGENT_ID, task_id=TaskId("t"), uuid=b"")
        )


def test_an_update_waits_at_the_agent_while_there_is_no_scheduler() -> None:
    cluster, id = a_running_task()
    cluster.exit(SCHEDULER)

    cluster.send(AGENT, an_update(id, "t", state=TaskState.FINISHED))

    task = cluster.task(id, "t")
    assert (task.state, task.status_state) == (TaskState.FINISHED, TaskState.RUNNING)
    assert not cluster.received(SCHEDULER, StatusUpdate)


def test_an_update_of_a_task_that_is_not_known_is_forwarded_so_that_it_can_be_acknowledged() -> None:
    cluster, id = a_running_task()

    cluster.send(AGENT, an_update(id, "nobody's", state=TaskState.FINISHED))

    assert [status.task_id for status in cluster.statuses(SCHEDULER)] == ["nobody's"]


def test_an_update_of_a_framework_that_has_ended_is_answered_with_its_end() -> None:
    cluster, id = a_running_task()
    cluster.send(SCHEDULER, FrameworkUnsubscription(framework_id=id))
    cluster.forget()

    cluster.send(AGENT, an_update(id, "t", state=TaskState.FINISHED))

    assert cluster.last(AGENT, FrameworkShutdown).framework_id == id


@pytest.mark.parametrize(
    ("update", "problem"),
    [
        (an_update(FrameworkId("m-0000"), "t", state=TaskState.UNREACHABLE), "status.state"),
        (an_update(FrameworkId("m-0000"), "t", state=TaskState.RUNNING, latest=TaskState.UNKNOWN), "latest_state"),
        (an_update(FrameworkId("m-0000"), "t", state=TaskState.RUNNING, uuid=b"short"), "status.uuid"),
        (an_update(FrameworkId("nobody"), "t", state=TaskState.RUNNING), "no such framework"),
    ],
)
def test_an_update_that_no_agent_can_mean_is_refused(update: StatusUpdate, problem: str) -> None:
    cluster, _ = a_running_task()

    with pytest.raises(InvalidCall, match=problem):
        cluster.send(AGENT, update)


def test_an_update_with_a_latest_state_that_is_none_is_refused() -> None:
    cluster, id = a_running_task()
    status = an_update(id, "t", state=TaskState.RUNNING).status

    with pytest.raises(InvalidCall, match="expected a task state"):
        cluster.send(AGENT, StatusUpdate(framework_id=id, status=status, latest_state="TASK_FLYING"))


def test_an_agent_reports_its_own_tasks_only() -> None:
    cluster, id = a_running_task()
    status = TaskStatus(
        task_id=TaskId("t"),
        state=TaskState.FAILED,
        source=Source.EXECUTOR,
        timestamp_ns=0,
        agent_id=AgentId("m-S9"),
    )

    with pytest.raises(InvalidCall, match="expected m-S0"):
        cluster.send(AGENT, StatusUpdate(framework_id=id, status=status))


def test_another_agent_cannot_end_a_task_and_its_word_does_not_reach_the_scheduler() -> None:
    cluster, id = a_running_task()
    other, other_id = cluster.an_agent("slave(1)", host=3)
    cluster.forget()

    cluster.send(other, an_update(id, "t", state=TaskState.FAILED))

    assert cluster.task(id, "t").state is TaskState.RUNNING
    assert not cluster.statuses(a_pid("scheduler(1)", host=9))
    acknowledged = StatusAcknowledgement(framework_id=id, agent_id=other_id, task_id=TaskId("t"), uuid=a_uuid())
    assert cluster.inboxes[other] == [acknowledged]
    assert cluster.counts["invalid_status_updates"] == 1


def test_an_update_of_anothers_task_without_uuid_is_only_counted() -> None:
    cluster, id = a_running_task()
    other, _ = cluster.an_agent("slave(1)", host=3)
    cluster.forget()

    cluster.send(other, an_update(id, "t", state=TaskState.FAILED, uuid=None))

    assert not cluster.inboxes
    assert cluster.counts["invalid_status_updates"] == 1


def test_another_agent_cannot_end_a_task_that_is_being_launched() -> None:
    cluster = CoreCluster()
    cluster.an_agent()
    pid, id = cluster.a_framework()
    offer = cluster.an_offer(id)
    other, _ = cluster.an_agent("slave(1)", host=3)
    cluster.holds_answers = True
    cluster.send(pid, an_acceptance(offer, a_task_info("t", offer.agent_id)))

    cluster.send(other, an_update(id, "t", state=TaskState.FAILED))

    assert not cluster.statuses(pid)
    cluster.answer()
    assert cluster.task(id, "t").state is TaskState.STAGING


def test_a_stranger_cannot_report_at_all() -> None:
    cluster, id = a_running_task()

    with pytest.raises(StrangeSender):
        cluster.send(a_pid("slave(9)"), an_update(id, "t", state=TaskState.FAILED))


def test_the_books_keep_the_newest_status_of_each_state_without_its_data() -> None:
    cluster, id = a_running_task()
    status = TaskStatus(
        task_id=TaskId("t"), state=TaskState.RUNNING, source=Source.EXECUTOR, timestamp_ns=7, data=b"large"
    )

    cluster.send(AGENT, StatusUpdate(framework_id=id, status=status))

    kept = cluster.task(id, "t").statuses
    assert [(each.state, each.timestamp_ns, each.data) for each in kept] == [(TaskState.RUNNING, 7, b"")]
    assert cluster.statuses(SCHEDULER)[0].data == b"large"


def kill(id: FrameworkId, task_id: str = "t", *, agent_id: AgentId | None = None) -> TaskKillRequest:
    return TaskKillRequest(framework_id=id, task_id=TaskId(task_id), agent_id=agent_id)


def test_a_kill_goes_to_the_agent() -> None:
    cluster, id = a_running_task()

    cluster.send(SCHEDULER, kill(id))

    assert cluster.received(AGENT, TaskKill) == [TaskKill(framework_id=id, task_id=TaskId("t"))]


def test_a_kill_on_the_wrong_agent_is_refused() -> None:
    cluster, id = a_running_task()

    with pytest.raises(InvalidCall, match="the task is on m-S0"):
        cluster.send(SCHEDULER, kill(id, agent_id=AgentId("m-S7")))


def test_a_kill_of_an_unknown_task_is_answered_like_reconciliation() -> None:
    cluster, id = a_running_task()

    cluster.send(SCHEDULER, kill(id, "nobody's", agent_id=AGENT_ID))

    status = cluster.statuses(SCHEDULER)[0]
    assert (status.state, status.reason, status.uuid) == (TaskState.LOST, Reason.RECONCILIATION, None)


def test_a_task_that_is_killed_while_it_is_authorized_never_leaves_the_master() -> None:
    cluster = CoreCluster()
    cluster.an_agent()
    pid, id = cluster.a_framework()
    offer = cluster.an_offer(id)
    cluster.holds_answers = True
    cluster.send(pid, an_acceptance(offer, a_task_info("t", offer.agent_id), a_task_info("u", offer.agent_id)))

    cluster.send(pid, kill(id))
    cluster.answer()

    status = cluster.statuses(pid)[0]
    assert (status.state, status.reason) == (TaskState.KILLED, Reason.TASK_KILLED_DURING_LAUNCH)
    assert list(cluster.books.frameworks[id].tasks) == ["u"]


def test_of_each_framework_only_the_last_ended_tasks_are_remembered() -> None:
    cluster = CoreCluster(max_completed_tasks_per_framework=2)
    agent, _ = cluster.an_agent()
    pid, id = cluster.a_framework()
    for name in ("a", "b", "c"):
        cluster.advance(SECOND)
        task = cluster.a_task(id, name)
        cluster.send(agent, an_update(id, name, state=TaskState.FINISHED))
        cluster.send(
            pid, StatusAcknowledgement(framework_id=id, agent_id=task.agent_id, task_id=task.task_id, uuid=a_uuid())
        )

    assert [task.task_id for task in cluster.books.frameworks[id].completed] == ["b", "c"]
