"""Frameworks, as they describe themselves to the master (MA-01)."""

from __future__ import annotations

from enum import Enum

from libprocess_py.message import Record
from mesos_py.protocol.durations import Nanoseconds
from mesos_py.protocol.ids import FrameworkId
from mesos_py.protocol.quantities import Quantities


class Capability(Enum):
    """What a framework says it can handle; without it the master hides or converts the thing (MA-31)."""

    REVOCABLE_RESOURCES = "REVOCABLE_RESOURCES"
    TASK_KILLING_STATE = "TASK_KILLING_STATE"
    GPU_RESOURCES = "GPU_RESOURCES"
    SHARED_RESOURCES = "SHARED_RESOURCES"
    PARTITION_AWARE = "PARTITION_AWARE"
    MULTI_ROLE = "MULTI_ROLE"
    RESERVATION_REFINEMENT = "RESERVATION_REFINEMENT"
    REGION_AWARE = "REGION_AWARE"


class RoleOfferFilters(Record):
    """What an offer under `role` must contain at least: one of these quantities; none: anything (AL-16)."""

    role: str
    min_allocatable: tuple[Quantities, ...] = ()


class FrameworkInfo(Record):
    """Who a framework is. `roles` needs MULTI_ROLE when there is more than one; empty means the default role `*`."""

    user: str
    name: str
    id: FrameworkId | None = None
    roles: tuple[str, ...] = ("*",)
    capabilities: tuple[Capability, ...] = ()
    failover_timeout_ns: Nanoseconds = 0  # MA-04: by default tasks die at once with their scheduler.
    checkpoint: bool = False
    hostname: str = ""
    webui_url: str = ""
    principal: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    offer_filters: tuple[RoleOfferFilters, ...] = ()  # Roles that are absent follow the master's flag.

    def has(self, capability: Capability) -> bool:
        return capability in self.capabilities
