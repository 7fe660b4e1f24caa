"""What the agent tells a container's supervisor and hears from it: one JSON document in, one JSON line per event out.

The document travels in a nameless file on the supervisor's standard input, because it holds the executor's token and
a command line can be read by everybody. Imports little: every container starts with it.
"""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

SPEC_FD: Final = 0
REPORT_FD: Final = 3


class LaunchSpec(NamedTuple):
    """What to start, where and as whom. `parent_pid` is the agent: without it there is nothing to supervise for."""

    program: str
    argv: list[str]
    environment: dict[str, str]
    sandbox: str
    user: str | None
    parent_pid: int

    def to_json(self) -> bytes:
        return json.dumps(self._asdict()).encode()

    @classmethod
    def from_json(cls, text: bytes) -> LaunchSpec:
        return cls(**json.loads(text))


class LaunchReport(NamedTuple):
    """What the supervisor has told so far; its own end tells the rest."""

    started_pid: int | None = None  # The command runs.
    problem: str = ""  # The command never ran: a sentence that says why.
    wait_status: int | None = None  # How the command ended, as `os.waitpid` gives it. Its whole tree is gone.

    def to_line(self) -> bytes:
        return (
            json.dumps({name: value for name, value in self._asdict().items() if value not in {None, ""}}).encode()
            + b"\n"
        )

    @classmethod
    def from_lines(cls, text: bytes) -> LaunchReport:
        """Later lines add to earlier ones. A last line that was cut short by the supervisor's death is left out."""
        told: dict[str, Any] = {}
        for line in text.split(b"\n")[:-1]:
            told.update(json.loads(line))
        return cls(**told)
