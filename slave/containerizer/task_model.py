"""How a simulated task behaves, as text: `simulate duration=30secs exit=0`. Pure.

The text is a task's command, or its label `simulate`, or an executor's command. What is no such text stands for a task
that ends well at once, so that any workload can be simulated.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from libprocess_py.message import Record
from mesos_py.protocol.durations import parse_duration
from mesos_py.protocol.task import TaskInfo

WORD: Final = "simulate"
EXIT_STATUS_MAX: Final = 255


class Fate(Enum):
    """What a task does besides ending by itself."""

    ENDS = "ends"
    CRASHES_EXECUTOR = "crashes"  # Its executor ends with it, without a word.
    RUNS_FOREVER = "forever"  # Until it is killed.
    NEVER_STARTS = "never"  # The launch of a container fails; a task fails before it runs.


class TaskModel(Record):
    """A duration, an exit status and a fate."""

    duration_ns: int = 0
    exit_status: int = 0
    fate: Fate = Fate.ENDS


def is_model(text: str) -> bool:
    return text.split(maxsplit=1)[:1] == [WORD]


def parse_model(text: str) -> TaskModel:
    """Read `simulate duration=... exit=... fate=...`. Raises ValueError naming the part that is wrong."""
    duration_ns, exit_status, fate = 0, 0, Fate.ENDS
    for part in text.split()[1:]:
        name, _, value = part.partition("=")
        match name:
            case "duration":
                duration_ns = parse_duration(value)
            case "exit":
                exit_status = _exit_status(value)
            case "fate":
                fate = _fate(value)
            case _:
                raise ValueError(f"{text!r}: expected duration=, exit= or fate=, got {part!r}")
    return TaskModel(duration_ns=duration_ns, exit_status=exit_status, fate=fate)


def model_of(task: TaskInfo) -> TaskModel:
    """A task's model: from its label, else from its command, else that of a task that ends well at once."""
    for key, value in task.labels:
        if key == WORD:
            return parse_model(f"{WORD} {value}")
    if task.command is not None and is_model(task.command.value):
        return parse_model(task.command.value)
    return TaskModel()


def _exit_status(value: str) -> int:
    if not value.isdigit() or int(value) > EXIT_STATUS_MAX:
        raise ValueError(f"exit={value}: expected a number from 0 to {EXIT_STATUS_MAX}")
    return int(value)


def _fate(value: str) -> Fate:
    try:
        return Fate(value)
    except ValueError:
        raise ValueError(f"fate={value}: expected one of {', '.join(fate.value for fate in Fate)}") from None
