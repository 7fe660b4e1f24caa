"""Draws `docs/state_machines.md` out of the tables that the code runs on. Rewrite the page with
`python -m tests.tidy.state_machine_page` after changing one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Final, NamedTuple

from master.core.entities import NEXT_FRAMEWORK_STATES
from master.core.tasks import NEXT_TASK_STATES
from mesos_py.frameworks.scheduler.core import NEXT_STATUS
from slave.core import executors, registration

PAGE: Final = Path(__file__).parents[2] / "docs" / "state_machines.md"
INTRODUCTION: Final = """\
# State machines

Drawn from the tables that the code runs on (`python -m tests.tidy.state_machine_page`). A step that is not in a table
is an assertion failure if it is ours, and refused and counted if a peer asks for it.
"""


class Machine(NamedTuple):
    """A table and what to say of it.

    It begins with the first state; a first "state" None stands for the beginning itself.
    """

    title: str
    words: str
    table: Mapping[Any, frozenset[Any]]


def machines() -> list[Machine]:
    return [
        Machine(
            "A task, in the master",
            "The latest state that its agent reported (`master/core/tasks.py`). Only UNREACHABLE is left again.",
            NEXT_TASK_STATES,
        ),
        Machine(
            "A framework, in the master",
            "RECOVERED: known only from agents that came back after a failover (`master/core/entities.py`).",
            NEXT_FRAMEWORK_STATES,
        ),
        Machine(
            "An agent, as it sees itself",
            "DISCONNECTED: no master has answered yet, or it was lost (`slave/core/registration.py`).",
            registration.NEXT,
        ),
        Machine("An executor, in its agent", "See `slave/core/executors.py`.", executors.NEXT),
        Machine(
            "A scheduler driver",
            "What its author sees (`mesos_py/frameworks/scheduler/core.py`).",
            NEXT_STATUS,
        ),
    ]


def page() -> str:
    return "\n".join([INTRODUCTION, *(section(machine) for machine in machines())])


def section(machine: Machine) -> str:
    """One diagram, with its beginning and its ends marked."""
    lines = [f"## {machine.title}", "", machine.words, "", "```mermaid", "stateDiagram-v2"]
    entered = {after for nexts in machine.table.values() for after in nexts}
    first = next(iter(machine.table))
    if first is not None:
        lines.append(f"    [*] --> {first.name}")
    for before, nexts in machine.table.items():
        lines += [f"    {'[*]' if before is None else before.name} --> {after.name}" for after in _in_order(nexts)]
        if before is not None and before in entered and not nexts:
            lines.append(f"    {before.name} --> [*]")
    return "\n".join([*lines, "```", ""])


def _in_order(states: Iterable[Enum]) -> list[Enum]:
    return sorted(states, key=lambda state: list(state.__class__).index(state))


if __name__ == "__main__":
    PAGE.write_text(page())
