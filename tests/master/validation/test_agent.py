"""What agents may say of themselves and report, beside what the tests of the rules refuse."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from master.validation.agent import agent_problem, reregistration_problem
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.ids import ContainerId, FrameworkId
from mesos_py.protocol.messages.master_agent import AgentReregistration, RunningExecutor
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import Source, Task, TaskState, TaskStatus
from tests.master.builders import a_framework_info, an_agent_info, an_executor_info
from tests.master.core.reports import OLD, OLD_AGENT, a_report, a_task

VALID = an_agent_info()
STATUS = TaskStatus(task_id=a_task(OLD).task_id, state=TaskState.RUNNING, source=Source.EXECUTOR, timestamp_ns=0)


def with_framework(**changes: object) -> AgentReregistration:
    """A report of a task of one framework, of which this is said."""
    framework: FrameworkInfo = a_framework_info(**{"id": OLD, **changes})
    return replace(a_report(a_task(OLD)), frameworks=(framework,))


def with_executor(executor_id: str) -> AgentReregistration:
    executor = an_executor_info(executor_id)
    running = RunningExecutor(framework_id=OLD, executor=executor, container_id=ContainerId("c"))
    return a_report(a_task(OLD), executors=(running,))


def problem_of(message: AgentReregistration) -> str | None:
    return reregistration_problem(message, lambda id: False)


@pytest.mark.parametrize(
    ("agent", "problem"),
    [
        (replace(VALID, region="r" * 2_000), "agent.region"),
        (replace(VALID, zone="z" * 2_000), "agent.zone"),
        (replace(VALID, capabilities=("C",) * 200), "agent.capabilities"),
        (replace(VALID, capabilities=("C" * 2_000,)), "agent.capabilities"),
        (replace(VALID, resources=Resources.of(cpus=1).allocate("a")), "agent.resources"),
    ],
)
def test_what_an_agent_says_of_itself_is_bounded(agent: AgentInfo, problem: str) -> None:
    assert agent_problem(VALID, "0.1.0") is None
    assert problem in (agent_problem(agent, "0.1.0") or "")


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (with_framework(id=None), "frameworks: each must have an id"),
        (with_framework(roles=()), "frameworks: framework.roles must be 1 to"),
        (with_framework(roles=("*/x",)), "frameworks: framework.roles: role '\\*/x'"),
        (with_framework(failover_timeout_ns=-1), "frameworks: framework.failover_timeout"),
        (with_executor(".."), "executors: executor_id must not be"),
        (with_executor(""), "executors: executor_id must not be empty"),
        (a_report(replace(a_task(OLD), statuses=(STATUS,) * 200)), "more than 100 statuses"),
        (a_report(*[a_task(OLD)] * 100_001), "tasks and executors must not be more than"),
        (a_report(completed=(a_task(OLD),) * 100_001), "completed_tasks must not be more than"),
    ],
)
def test_a_report_describes_only_what_a_master_would_have_let_in(message: AgentReregistration, problem: str) -> None:
    assert problem.replace("\\", "") in (problem_of(message) or "")


def test_a_report_of_what_an_agent_can_run_has_no_problem() -> None:
    task: Task = replace(a_task(OLD), statuses=(STATUS,))

    assert problem_of(replace(a_report(task), agent=an_agent_info(id=OLD_AGENT))) is None
    assert problem_of(with_executor("e")) is None


def test_frameworks_that_the_master_knows_need_no_description() -> None:
    message = replace(a_report(a_task(OLD)), frameworks=())

    assert reregistration_problem(message, lambda id: id == OLD) is None
    assert "is not described" in (reregistration_problem(message, lambda id: id == FrameworkId("x")) or "")
