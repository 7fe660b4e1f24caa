"""The command executor as a process: real commands, an agent that listens."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mesos_py.frameworks.cluster_executor.executor import EXECUTOR_COMMAND
from mesos_py.frameworks.executor.running import EXIT_ENVIRONMENT
from mesos_py.protocol.task import CommandInfo, Reason, TaskState
from slave.core.settings import COMMAND_EXECUTOR
from tests.frameworks.executor.agents import PATIENCE_S, ROOT, executor_program
from tests.frameworks.executor.builders import a_task

MODULE = "mesos_py.frameworks.executor.command_main"
STARTING, RUNNING = TaskState.STARTING, TaskState.RUNNING
FINISHED, FAILED, KILLED = TaskState.FINISHED, TaskState.FAILED, TaskState.KILLED


def test_a_command_runs_to_its_end_and_the_executor_exits_when_that_is_acknowledged(tmp_path: Path) -> None:
    with executor_program(MODULE, tmp_path) as conversation:
        conversation.launch(a_task(command='pwd; echo "$MESOS_TASK_ID"; echo problem >&2'))
        end = conversation.until_over("task")
        code = conversation.until_exit()

    assert (end.state, end.message) == (FINISHED, "Command exited with status 0")
    assert conversation.states("task") == [STARTING, RUNNING, FINISHED]
    assert code == 0
    assert (tmp_path / "stdout").read_text() == f"{tmp_path.resolve()}\ntask\n"
    assert (tmp_path / "stderr").read_text() == "problem\n"


@pytest.mark.parametrize(
    ("command", "message"),
    [("exit 3", "Command exited with status 3"), ("kill -SEGV $$", "Command terminated with signal SIGSEGV")],
)
def test_a_command_that_ends_badly_fails_with_the_reason_in_words(tmp_path: Path, command: str, message: str) -> None:
    with executor_program(MODULE, tmp_path) as conversation:
        conversation.launch(a_task(command=command))
        end = conversation.until_over("task")

    assert (end.state, end.message) == (FAILED, message)
    assert end.reason is Reason.COMMAND_EXECUTOR_FAILED


def test_arguments_are_the_argv_of_a_command_without_a_shell(tmp_path: Path) -> None:
    command = CommandInfo(value="echo", shell=False, arguments=("echo", "$HOME", "two words"))

    with executor_program(MODULE, tmp_path) as conversation:
        conversation.launch(a_task(command=command))
        end = conversation.until_over("task")

    assert end.state is FINISHED
    assert (tmp_path / "stdout").read_text() == "$HOME two words\n"


def test_a_program_that_does_not_exist_fails_in_words(tmp_path: Path) -> None:
    with executor_program(MODULE, tmp_path) as conversation:
        conversation.launch(a_task(command=CommandInfo(value="no-such-program", shell=False)))
        end = conversation.until_over("task")

    assert end.state is FAILED
    assert end.message == "Command did not start: no-such-program: No such file, or it is not a program"
    assert conversation.states("task") == [STARTING, FAILED]


def test_the_task_sees_its_environment_but_not_the_executors_token(tmp_path: Path) -> None:
    command = CommandInfo(value="env", environment=(("COLOUR", "blue"), ("MESOS_SANDBOX", "mine")))

    with executor_program(MODULE, tmp_path) as conversation:
        conversation.launch(a_task(command=command))
        conversation.until_over("task")

    lines = (tmp_path / "stdout").read_text().splitlines()
    assert "COLOUR=blue" in lines
    assert "MESOS_SANDBOX=mine" in lines
    assert "MESOS_FRAMEWORK_ID=framework" in lines
    assert not [line for line in lines if "TOKEN" in line]


def test_a_command_that_is_too_long_for_the_system_fails_in_few_words(tmp_path: Path) -> None:
    with executor_program(MODULE, tmp_path) as conversation:
        conversation.launch(a_task(command="true #" + "x" * 300_000))
        end = conversation.until_over("task")

    assert end.state is FAILED
    assert end.message.endswith("...: Argument list too long")
    assert len(end.message) < 1_000


@pytest.mark.parametrize("command", [COMMAND_EXECUTOR, EXECUTOR_COMMAND])
def test_a_file_in_the_sandbox_does_not_take_the_place_of_a_module(tmp_path: Path, command: str) -> None:
    for name in ("logging", "libprocess_py", "mesos_py"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('taken in')")

    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=tmp_path,
        env={"MESOS_PYTHON": sys.executable, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )

    assert (done.returncode, "MESOS_FRAMEWORK_ID is not set" in done.stderr) == (EXIT_ENVIRONMENT, True), done.stderr


def test_a_polite_command_is_killed_within_its_grace(tmp_path: Path) -> None:
    with executor_program(MODULE, tmp_path) as conversation:
        conversation.launch(a_task(command="exec sleep 1000"))
        conversation.until("task", RUNNING)
        conversation.kill("task")
        end = conversation.until_over("task")

    assert (end.state, end.message) == (KILLED, "Command terminated with signal SIGTERM")


def test_a_stubborn_command_is_killed_with_its_group_after_the_grace(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "child")

    with executor_program(MODULE, tmp_path) as conversation:
        conversation.launch(a_task(command="trap '' TERM; sleep 1000 & echo $! > child; wait; wait"))
        child = os.pidfd_open(int((tmp_path / "child").read_text()))
        conversation.kill("task", grace_ns=1_000_000)
        end = conversation.until_over("task")
        gone = select.select([child], [], [], PATIENCE_S)[0]
        os.close(child)

    assert gone
    assert (end.state, end.message) == (KILLED, "Command terminated with signal SIGKILL")


def test_a_shutdown_kills_the_task_and_ends_the_executor(tmp_path: Path) -> None:
    with executor_program(MODULE, tmp_path) as conversation:
        conversation.launch(a_task(command="exec sleep 1000"))
        conversation.until("task", RUNNING)
        conversation.shut_down()
        end = conversation.until_over("task")
        code = conversation.until_exit()

    assert end.state is KILLED
    assert code == 0


def test_an_executor_whose_agent_died_kills_its_task_and_exits(tmp_path: Path) -> None:
    with executor_program(MODULE, tmp_path, MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD="50ms") as conversation:
        conversation.launch(a_task(command="trap '' TERM; while :; do sleep 1000; done"))
        conversation.until("task", RUNNING)
        conversation.background.stop()
        code = conversation.until_exit()

    assert code == 0


def test_an_executor_lingers_until_the_end_is_acknowledged(tmp_path: Path) -> None:
    with executor_program(MODULE, tmp_path, acknowledges=False) as conversation:
        conversation.launch(a_task(command="true"))
        conversation.until_over("task")
        lingers = conversation.program.poll() is None
        conversation.background.call(conversation.acknowledge_all).result()
        code = conversation.until_exit()

    assert lingers
    assert code == 0


def test_without_an_agents_environment_the_missing_variable_is_named() -> None:
    program = subprocess.run(
        [sys.executable, "-m", MODULE], env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )

    assert program.returncode == EXIT_ENVIRONMENT
    assert program.stderr == ("MESOS_FRAMEWORK_ID is not set: executors are started by an agent, which sets it\n")


def test_a_terminated_executor_takes_its_command_along(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pid")

    with executor_program(MODULE, tmp_path) as conversation:
        conversation.launch(a_task(command="trap '' TERM; echo $$ > pid; while :; do sleep 1000; done"))
        handle = os.pidfd_open(int((tmp_path / "pid").read_text()))
        conversation.program.send_signal(signal.SIGTERM)
        conversation.until_exit()

    gone = select.select([handle], [], [], PATIENCE_S)[0]
    os.close(handle)
    assert gone
