"""What an agent's core wants done. The shell performs them in order, in one exhaustive match (`slave/perform.py`)."""

from __future__ import annotations

from libprocess_py.message import Message, Record
from libprocess_py.pid import PID
from mesos_py.protocol.ids import ContainerId
from mesos_py.protocol.resources import Resources
from slave.containerizer.container import ContainerConfig
from slave.core.events import TimerEvent


class Send(Record):
    """Send a message."""

    to: PID
    message: Message


class Link(Record):
    """Watch an actor: its end comes back as `Exited`."""

    to: PID


class StartTimer(Record):
    """After `delay_ns`, `event` comes back. A timer of the same key that still runs is cancelled first."""

    key: str
    delay_ns: int
    event: TimerEvent


class CancelTimer(Record):
    """Cancel a timer; one that does not run is no error."""

    key: str


class Detect(Record):
    """Ask the detector for a leader other than `previous`; comes back as `MasterDetected`."""

    previous: PID | None


class LaunchContainer(Record):
    """Make the sandbox and launch. Comes back as `ContainerLaunched`, and its end as `ContainerEnded`."""

    config: ContainerConfig
    latest: str  # The path of a symbolic link to be pointed at the sandbox (AG-15).


class UpdateContainer(Record):
    """The container may use these resources from now on."""

    container_id: ContainerId
    resources: Resources


class DestroyContainer(Record):
    """End a container; its end comes back as `ContainerEnded`, once."""

    container_id: ContainerId
    grace_ns: int


class RemoveContainer(Record):
    """The containerizer may forget this container, which has ended."""

    container_id: ContainerId


class Note(Record):
    """A line for the log: an event name and its fields."""

    event: str
    fields: tuple[tuple[str, str], ...] = ()


class Exit(Record):
    """Nothing is left to do: the agent ends."""


Effect = (
    Send
    | Link
    | StartTimer
    | CancelTimer
    | Detect
    | LaunchContainer
    | UpdateContainer
    | DestroyContainer
    | RemoveContainer
    | Note
    | Exit
)
Effects = tuple[Effect, ...]

NOTHING: Effects = ()


def note(event: str, **fields: object) -> Note:
    """A `Note` from keyword arguments."""
    return Note(event=event, fields=tuple((name, str(value)) for name, value in fields.items()))
