"""Identifiers: plain text with a type of its own, and the forms that Mesos gives them (RS-08)."""

from __future__ import annotations

from typing import Final, NewType

MasterId = NewType("MasterId", str)
FrameworkId = NewType("FrameworkId", str)
AgentId = NewType("AgentId", str)
OfferId = NewType("OfferId", str)
TaskId = NewType("TaskId", str)
ExecutorId = NewType("ExecutorId", str)
ContainerId = NewType("ContainerId", str)

ID_LENGTH_MAX: Final = 255  # Ids become file names in the sandbox layout, and those end at 255 bytes.


def framework_id(master: MasterId, number: int) -> FrameworkId:
    return FrameworkId(f"{master}-{number:04d}")


def agent_id(master: MasterId, number: int) -> AgentId:
    return AgentId(f"{master}-S{number}")


def offer_id(master: MasterId, number: int) -> OfferId:
    return OfferId(f"{master}-O{number}")


def id_problem(value: str) -> str | None:
    """What is wrong with an id that a peer chose, or None. Ids are file names too, so no path may hide in one."""
    if not value:
        return "must not be empty"
    if len(value.encode()) > ID_LENGTH_MAX:
        return f"must not be longer than {ID_LENGTH_MAX} bytes"
    if value in {".", ".."} or "/" in value:
        return "must not be '.', '..' or contain '/'"
    if not value.isprintable():
        return "must not contain control characters"
    return None
