"""The drawn state machines are those that the code runs on."""

from __future__ import annotations

from enum import Enum

from tests.tidy.state_machine_page import PAGE, Machine, page, section


class Light(Enum):
    RED = 1
    GREEN = 2
    BROKEN = 3


def test_the_page_is_drawn_from_the_tables() -> None:
    assert PAGE.read_text() == page(), "rewrite it: python -m tests.tidy.state_machine_page"


def test_a_diagram_has_every_step_and_marks_beginnings_and_ends() -> None:
    table = {Light.RED: frozenset({Light.GREEN, Light.BROKEN}), Light.GREEN: frozenset({Light.BROKEN})}
    table[Light.BROKEN] = frozenset()

    lines = section(Machine("Light", "words", table)).splitlines()

    assert lines[lines.index("stateDiagram-v2") + 1 : -1] == [
        "    [*] --> RED",
        "    RED --> GREEN",
        "    RED --> BROKEN",
        "    GREEN --> BROKEN",
        "    BROKEN --> [*]",
    ]
