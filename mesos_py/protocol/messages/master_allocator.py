"""What an allocator tells its master. The other way the master dispatches to `AllocatorProcess`, in the same node."""

from __future__ import annotations

from libprocess_py.message import Message, Record
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.maintenance import Unavailability
from mesos_py.protocol.resources import Resources


# A cluster's worth of them comes with each run; none can be part of a cycle, so the collector need not look.
class Allocation(Record, gc=False):
    """Resources of one agent, now held by one framework under one role, to be offered to it."""

    framework_id: FrameworkId
    agent_id: AgentId
    role: str
    resources: Resources  # Allocated to `role` (RS-05).


class ResourcesAllocated(Message):
    """The outcome of one allocation run, grouped by framework in the order in which they were served."""

    allocations: tuple[Allocation, ...]


class InverseAllocation(Record):
    """A framework that holds something on an agent whose machine will be away, to be asked to leave."""

    framework_id: FrameworkId
    agent_id: AgentId
    unavailability: Unavailability


class InverseOffersDue(Message):
    """The frameworks to send inverse offers to after a run."""

    inverse_allocations: tuple[InverseAllocation, ...]
