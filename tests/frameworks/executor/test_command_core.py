"""The command executor's rules: phases against a second table, and what each end is called."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from mesos_py.frameworks.executor.command_core import (
    COMMAND_SHOWN_MAX,
    LINGER_NS,
    NEXT,
    CommandState,
    Effects,
    ForceKill,
    Phase,
    Report,
    StartGrace,
    StartProcess,
    Stop,
    Terminate,
)
from mesos_py.frameworks.executor.core import Update
from mesos_py.protocol.ids import TaskId
from mesos_py.protocol.task import CommandInfo, Reason, TaskState
from tests.frameworks.executor.builders import GRACE_NS, a_task

IDLE, STARTING, RUNNING, KILLING, ENDED = Phase
NOW = 1_000


def in_phase(phase: Phase) -> CommandState:
    state = CommandState()
    if phase is IDLE:
        return state
    state.launched(a_task())
    if phase is STARTING:
        return state
    state.started()
    if phase is KILLING:
        state.killed(GRACE_NS, now=NOW)
    if phase is ENDED:
        state.exited(0)
    assert state.phase is phase
    return state


def updates(effects: Effects) -> list[tuple[TaskState, str]]:
    return [(effect.update.state, effect.update.message) for effect in effects if isinstance(effect, Report)]


# What may come in each phase, and where it leads. A start is answered in the turn that asked for it, so that nothing
# else comes while STARTING, and a process ends only after it was started.
EVENTS: dict[str, Callable[[CommandState], object]] = {
    "launched": lambda state: state.launched(a_task("next")),
    "started": lambda state: state.started(),
    "start failed": lambda state: state.start_failed("no"),
    "killed": lambda state: state.killed(GRACE_NS, now=NOW),
    "grace over": lambda state: state.grace_over(1),
    "exited": lambda state: state.exited(0),
    "shut down": lambda state: state.shut_down(now=NOW),
}
EXPECTED: dict[Phase, dict[str, Phase | None]] = {
    IDLE: {
        "launched": STARTING,
        "started": None,
        "start failed": None,
        "killed": IDLE,
        "grace over": IDLE,
        "exited": None,
        "shut down": ENDED,
    },
    STARTING: {
        "launched": STARTING,
        "started": RUNNING,
        "start failed": ENDED,
        "killed": STARTING,
        "grace over": STARTING,
        "exited": ENDED,
        "shut down": STARTING,
    },
    RUNNING: {
        "launched": RUNNING,
        "started": None,
        "start failed": ENDED,
        "killed": KILLING,
        "grace over": RUNNING,
        "exited": ENDED,
        "shut down": KILLING,
    },
    KILLING: {
        "launched": KILLING,
        "started": None,
        "start failed": ENDED,
        "killed": KILLING,
        "grace over": KILLING,
        "exited": ENDED,
        "shut down": KILLING,
    },
    ENDED: {
        "launched": ENDED,
        "started": None,
        "start failed": None,
        "killed": ENDED,
        "grace over": ENDED,
        "exited": None,
        "shut down": ENDED,
    },
}


@pytest.mark.parametrize(("phase", "event"), list(itertools.product(Phase, EVENTS)))
def test_each_phase_follows_each_event_as_the_table_says(phase: Phase, event: str) -> None:
    state = in_phase(phase)
    expected = EXPECTED[phase][event]

    if expected is None:
        with pytest.raises(AssertionError):
            EVENTS[event](state)
        return
    EVENTS[event](state)

    assert state.phase is expected
    assert expected is phase or expected in NEXT[phase]
    state.check()


def test_a_task_starts_and_runs() -> None:
    state = CommandState()
    task = a_task()
    assert task.command is not None

    assert state.launched(task) == (
        Report(update=Update(task_id=TaskId("task"), state=TaskState.STARTING)),
        StartProcess(task_id=TaskId("task"), command=task.command),
    )
    assert updates(state.started()) == [(TaskState.RUNNING, "")]


@pytest.mark.parametrize(
    ("status", "state", "message"),
    [
        (0, TaskState.FINISHED, "Command exited with status 0"),
        (3, TaskState.FAILED, "Command exited with status 3"),
        (-9, TaskState.FAILED, "Command terminated with signal SIGKILL"),
        (-40, TaskState.FAILED, "Command terminated with signal 40"),
        (None, TaskState.FAILED, "Command ended, nobody knows how"),
    ],
)
def test_each_end_is_told_in_words(status: int | None, state: TaskState, message: str) -> None:
    effects = in_phase(RUNNING).exited(status)

    assert updates(effects) == [(state, message)]
    assert effects[0] == ForceKill(), "what the command left in its group goes with it"
    assert effects[-1] == Stop(linger_ns=LINGER_NS)


@pytest.mark.parametrize("status", [0, 1, -15, -9])
def test_a_command_that_was_killed_is_killed_however_it_ended(status: int) -> None:
    ((state, _),) = updates(in_phase(KILLING).exited(status))

    assert state is TaskState.KILLED


def test_a_kill_asks_and_then_forces() -> None:
    state = in_phase(RUNNING)

    assert state.killed(GRACE_NS, now=NOW) == (Terminate(), StartGrace(after_ns=GRACE_NS, number=1))
    assert state.grace_over(1) == (ForceKill(),)


def test_a_second_kill_can_only_shorten_the_grace() -> None:
    state = in_phase(RUNNING)
    state.killed(100, now=NOW)

    assert state.killed(100, now=NOW + 1) == ()
    assert state.killed(10, now=NOW + 1) == (StartGrace(after_ns=10, number=2),)
    assert state.grace_over(1) == ()
    assert state.grace_over(2) == (ForceKill(),)


def test_killing_is_told_to_frameworks_that_know_it() -> None:
    state = in_phase(RUNNING)
    state.tells_killing = True

    assert updates(state.killed(GRACE_NS, now=NOW)) == [(TaskState.KILLING, "")]


def test_a_command_that_does_not_start_fails_in_words() -> None:
    state = CommandState()
    state.launched(a_task(command=CommandInfo(value="thing")))

    effects = state.start_failed("No such file")

    assert updates(effects) == [(TaskState.FAILED, "Command did not start: thing: No such file")]
    assert effects[-1] == Stop(linger_ns=LINGER_NS)


def test_a_long_command_is_cut_in_words() -> None:
    state = CommandState()
    state.launched(a_task(command=CommandInfo(value="x" * 300_000)))

    ((_, message),) = updates(state.start_failed("Argument list too long"))

    assert message == f"Command did not start: {'x' * COMMAND_SHOWN_MAX}...: Argument list too long"


def test_a_second_task_and_a_task_without_a_command_fail() -> None:
    second = in_phase(RUNNING).launched(a_task("second"))
    empty = CommandState().launched(a_task(command=None))

    assert updates(second) == [(TaskState.FAILED, "The command executor runs one task, and has had it")]
    assert updates(empty) == [(TaskState.FAILED, "The task has no command")]
    assert all(
        e.update.reason is Reason.COMMAND_EXECUTOR_FAILED for e in (second[0], empty[0]) if isinstance(e, Report)
    )


def test_a_shutdown_kills_with_the_grace_of_the_task() -> None:
    state = CommandState()
    state.launched(a_task(command=CommandInfo(value="true"), kill_grace_ns=7))
    state.started()

    assert state.shut_down(now=NOW) == (Terminate(), StartGrace(after_ns=7, number=1))


def test_a_shutdown_before_any_task_stops_at_once() -> None:
    assert CommandState().shut_down(now=NOW) == (Stop(linger_ns=0),)
