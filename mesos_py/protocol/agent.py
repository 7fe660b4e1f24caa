"""Agents and masters, as they describe themselves."""

from __future__ import annotations

from libprocess_py.message import Record
from libprocess_py.pid import PID
from mesos_py.protocol.attributes import Attributes
from mesos_py.protocol.ids import AgentId, MasterId
from mesos_py.protocol.resources import Resources


class AgentInfo(Record):
    """A machine's offer to the pool: its name, port, all its resources and its attributes."""

    hostname: str
    port: int
    resources: Resources
    id: AgentId | None = None
    attributes: Attributes = Attributes()
    capabilities: tuple[str, ...] = ("MULTI_ROLE", "HIERARCHICAL_ROLE", "RESERVATION_REFINEMENT")
    region: str | None = None
    zone: str | None = None


class MasterInfo(Record):
    """Which master leads, and where it is reached."""

    id: MasterId
    pid: PID
    hostname: str
    version: str
