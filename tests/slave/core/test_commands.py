"""Commands that no machine can run."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from mesos_py.protocol.task import CommandInfo, Reason, TaskState
from slave.core.commands import command_problem
from tests.slave.builders import RecordedAgent, a_command_launch, a_framework, a_launch, an_executor_info, updates

BAD = [
    CommandInfo(value="a\0b"),
    CommandInfo(value="a", shell=False, arguments=("a", "b\0")),
    CommandInfo(value="a", environment=(("A", "b\0c"),)),
    CommandInfo(value="a", environment=(("A=B", "c"),)),
    CommandInfo(value="a", environment=(("", "c"),)),
    CommandInfo(value="a", environment=(("A\0", "c"),)),
    CommandInfo(value="a", user="ro\0ot"),
    CommandInfo(value="a", user="../root"),
]


@pytest.mark.parametrize("command", BAD)
def test_a_task_whose_command_nobody_can_run_is_an_error(command: CommandInfo) -> None:
    agent = RecordedAgent().register()
    launch = a_command_launch()

    (status,) = updates(agent.receive(replace(launch, task=replace(launch.task, command=command))))

    assert (status.state, status.reason) == (TaskState.ERROR, Reason.TASK_INVALID)
    assert status.message.startswith("command")
    assert agent.books.frameworks == {}


@pytest.mark.parametrize("command", BAD)
def test_a_task_whose_executor_nobody_can_run_is_an_error(command: CommandInfo) -> None:
    agent = RecordedAgent().register()

    (status,) = updates(agent.receive(a_launch(executor=an_executor_info(command=command))))

    assert status.state is TaskState.ERROR


def test_a_framework_whose_user_is_no_name_gets_an_error() -> None:
    agent = RecordedAgent().register()

    (status,) = updates(agent.receive(a_launch(framework=replace(a_framework(), user="a\0b"))))

    assert status.message.startswith("framework.user")


@pytest.mark.parametrize("grace_ns", [-1, 2**63])
def test_a_grace_that_is_no_duration_is_an_error(grace_ns: int) -> None:
    agent = RecordedAgent().register()
    executor = replace(an_executor_info(), shutdown_grace_ns=grace_ns)
    kill = replace(a_launch("t2").task, kill_grace_ns=grace_ns)

    for launch in (a_launch(executor=executor), replace(a_launch(), task=kill)):
        (status,) = updates(agent.receive(launch))
        assert "grace_ns" in status.message


def test_an_ordinary_command_has_no_problem() -> None:
    command = CommandInfo(value="echo a\nb", arguments=("",), environment=(("A", "=\n"),), user="alice")

    assert command_problem(command) is None
