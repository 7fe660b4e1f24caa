"""All outputs of the master's rules: what the shell is to do, in order. perform.py does it."""

from __future__ import annotations

from typing import TypeAlias

from libprocess_py.message import Message, Record
from libprocess_py.pid import PID
from master.core.events import Event
from mesos_py.protocol.agent import AgentInfo
from mesos_py.protocol.framework import FrameworkInfo
from mesos_py.protocol.ids import AgentId, FrameworkId
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import TaskInfo

# To the world.


class Send(Record, kw_only=False):
    """Send a message."""

    to: PID
    message: Message


class Link(Record, kw_only=False):
    """Tell of the end of this peer, or of its connection: it comes back as `Exited`."""

    pid: PID


class StartTimer(Record, kw_only=False):
    """Let `event` come back after `ns`. A key names one timer: starting it again replaces it."""

    key: str
    ns: int
    event: Event


class CancelTimer(Record, kw_only=False):
    """That timer is not needed any more. Its event may be on its way already."""

    key: str


class Persist(Record, kw_only=False):
    """Put a fact on record, then let `event` come back.

    The registry belongs here; until then it is on record at once.
    """

    event: Event


class Authorize(Record, kw_only=False):
    """May this framework's user launch these tasks? `AcceptanceAuthorized` under this number is the answer."""

    number: int
    framework: FrameworkInfo
    tasks: tuple[TaskInfo, ...]


class Count(Record, kw_only=False):
    """Something happened that is counted under this name, which metrics.py lists."""

    name: str


# To the allocator (AL-01).


class AddFramework(Record, kw_only=False):
    framework_id: FrameworkId
    framework: FrameworkInfo
    active: bool
    suppressed_roles: tuple[str, ...]


class UpdateFramework(Record, kw_only=False):
    framework_id: FrameworkId
    framework: FrameworkInfo
    suppressed_roles: tuple[str, ...]


class RemoveFramework(Record, kw_only=False):
    framework_id: FrameworkId


class ActivateFramework(Record, kw_only=False):
    framework_id: FrameworkId


class DeactivateFramework(Record, kw_only=False):
    framework_id: FrameworkId


class AddAgent(Record, kw_only=False):
    """Comes back as `AgentBooked` of this instance."""

    agent_id: AgentId
    agent: AgentInfo
    used: tuple[tuple[FrameworkId, Resources], ...]
    instance: int


class UpdateAgent(Record, kw_only=False):
    agent_id: AgentId
    agent: AgentInfo


class RemoveAgent(Record, kw_only=False):
    agent_id: AgentId


class ActivateAgent(Record, kw_only=False):
    agent_id: AgentId


class DeactivateAgent(Record, kw_only=False):
    agent_id: AgentId


class UseResources(Record, kw_only=False):
    """Part of an offer is in use now."""

    framework_id: FrameworkId
    agent_id: AgentId
    resources: Resources


class RecoverOffered(Record, kw_only=False):
    """Offered resources come back, not to be offered to the same framework for `refuse_ns` (0: no refusal)."""

    framework_id: FrameworkId
    agent_id: AgentId
    resources: Resources
    refuse_ns: int


class RecoverUsed(Record, kw_only=False):
    """Resources that a task or executor used come back."""

    framework_id: FrameworkId
    agent_id: AgentId
    resources: Resources


class SuppressOffers(Record, kw_only=False):
    framework_id: FrameworkId
    roles: tuple[str, ...]


class ReviveOffers(Record, kw_only=False):
    framework_id: FrameworkId
    roles: tuple[str, ...]


AllocatorCall: TypeAlias = (
    AddFramework
    | UpdateFramework
    | RemoveFramework
    | ActivateFramework
    | DeactivateFramework
    | AddAgent
    | UpdateAgent
    | RemoveAgent
    | ActivateAgent
    | DeactivateAgent
    | UseResources
    | RecoverOffered
    | RecoverUsed
    | SuppressOffers
    | ReviveOffers
)

Effect: TypeAlias = Send | Link | StartTimer | CancelTimer | Persist | Authorize | Count | AllocatorCall
Effects: TypeAlias = list[Effect]
