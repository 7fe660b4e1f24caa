"""Reliable status updates (TS-03, AG-13): all of a task's updates reach the master in order, at least once.

One stream per task. The head of a stream is forwarded and repeated, ten seconds later at first, then doubling up to
ten minutes, until its uuid is acknowledged; then the next becomes head. Nothing else of the stream travels meanwhile,
except that each forward says what the latest state is. While the agent has no master the streams pause; on
(re-)registration all heads are forwarded again at once. Acknowledgements that do not name the head are late repeats,
and ignored. The stream ends when the terminal update is acknowledged.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from libprocess_py.pid import PID
from mesos_py.protocol.ids import FrameworkId, TaskId
from mesos_py.protocol.messages.master_framework import StatusUpdate
from mesos_py.protocol.task import TaskStatus
from slave.core.effects import NOTHING, CancelTimer, Effect, Effects, Send, StartTimer
from slave.core.events import StatusUpdateRetryDue
from slave.core.problems import BadUpdate

RETRY_NS: Final = 10_000_000_000  # TS-03: long enough for a loaded scheduler, short enough for a lost message.
RETRY_NS_MAX: Final = 600_000_000_000  # TS-03: a scheduler that is away for long is not worth more than this.
PENDING_MAX: Final = (
    1_000  # Updates waiting in one stream; no sane task changes so much faster than its scheduler reads.
)
RECENT_MAX: Final = 64  # Acknowledged uuids remembered per stream; an executor repeats only its latest.
UUID_LENGTH: Final = 16

StreamKey = tuple[FrameworkId, TaskId]


class Known(Enum):
    """What a stream knows of an update that comes in."""

    NEW = "new"
    PENDING = "pending"
    ACKNOWLEDGED = "acknowledged"


@dataclass(slots=True)
class Stream:
    """The updates of one task that are not acknowledged yet, oldest first."""

    framework_id: FrameworkId
    task_id: TaskId
    pending: deque[TaskStatus] = field(default_factory=deque)
    recent: deque[bytes] = field(default_factory=lambda: deque(maxlen=RECENT_MAX))
    retry_ns: int = RETRY_NS
    ended: bool = False  # A terminal update was received; nothing may follow it.

    @property
    def timer(self) -> str:
        # Ids hold no slash, so different tasks have different keys.
        return f"status-update/{self.framework_id}/{self.task_id}"

    def uuid_of_head(self) -> bytes:
        uuid = self.pending[0].uuid
        assert uuid is not None
        return uuid


class StatusUpdates:
    """All streams of an agent, in the order in which their tasks first spoke."""

    def __init__(self) -> None:
        self._streams: dict[StreamKey, Stream] = {}
        self._master: PID | None = None

    @property
    def is_paused(self) -> bool:
        return self._master is None

    def __len__(self) -> int:
        return len(self._streams)

    def head(self, framework_id: FrameworkId, task_id: TaskId) -> TaskStatus | None:
        """The update that waits for its acknowledgement, if any."""
        stream = self._streams.get((framework_id, task_id))
        return stream.pending[0] if stream is not None and stream.pending else None

    def pending(self, framework_id: FrameworkId, task_id: TaskId) -> tuple[TaskStatus, ...]:
        """All updates of a task that are not acknowledged, oldest first."""
        stream = self._streams.get((framework_id, task_id))
        return tuple(stream.pending) if stream is not None else ()

    def has_stream(self, framework_id: FrameworkId, task_id: TaskId) -> bool:
        """Whether a task has spoken, and its end is not acknowledged."""
        return (framework_id, task_id) in self._streams

    def known(self, framework_id: FrameworkId, status: TaskStatus) -> Known:
        """Whether an update was received before. Raises BadUpdate for one without a proper uuid."""
        if status.uuid is None or len(status.uuid) != UUID_LENGTH:
            raise BadUpdate(f"status.uuid: expected {UUID_LENGTH} bytes, task {status.task_id}")
        stream = self._streams.get((framework_id, status.task_id))
        if stream is None:
            return Known.NEW
        if any(pending.uuid == status.uuid for pending in stream.pending):
            return Known.PENDING
        return Known.ACKNOWLEDGED if status.uuid in stream.recent else Known.NEW

    def problem(self, framework_id: FrameworkId, task_id: TaskId) -> str | None:
        """Why a stream takes no further update, or None."""
        stream = self._streams.get((framework_id, task_id))
        if stream is None:
            return None
        if stream.ended:
            return "the task has ended"
        return f"more than {PENDING_MAX} updates wait" if len(stream.pending) >= PENDING_MAX else None

    def add(self, framework_id: FrameworkId, status: TaskStatus) -> Effects:
        """Take a new update, for which `known` says NEW and `problem` None."""
        assert self.known(framework_id, status) is Known.NEW
        assert self.problem(framework_id, status.task_id) is None
        key = (framework_id, status.task_id)
        stream = self._streams.get(key)
        if stream is None:
            stream = self._streams[key] = Stream(framework_id, status.task_id)
        stream.pending.append(status)
        stream.ended = status.state.is_terminal
        return self._forward(stream) if len(stream.pending) == 1 else NOTHING

    def acknowledge(
        self, framework_id: FrameworkId, task_id: TaskId, *, uuid: bytes
    ) -> tuple[TaskStatus | None, Effects]:
        """The acknowledged update, if `uuid` names the head of the stream, and the forwarding of the next one."""
        key = (framework_id, task_id)
        stream = self._streams.get(key)
        if stream is None or not stream.pending or stream.pending[0].uuid != uuid:
            return None, NOTHING
        acknowledged = stream.pending.popleft()
        stream.recent.append(uuid)
        stream.retry_ns = RETRY_NS
        if stream.pending:
            return acknowledged, self._forward(stream)
        if stream.ended:
            del self._streams[key]
        return acknowledged, (CancelTimer(key=stream.timer),)

    def retry_due(self, due: StatusUpdateRetryDue) -> Effects:
        """Forward the head again, if it is still the one whose timer fired."""
        stream = self._streams.get((due.framework_id, due.task_id))
        if stream is None or not stream.pending or stream.pending[0].uuid != due.uuid:
            return NOTHING
        return self._forward(stream)

    def pause(self) -> Effects:
        """The master is away: keep everything, send nothing."""
        self._master = None
        return tuple(CancelTimer(key=stream.timer) for stream in self._streams.values() if stream.pending)

    def resume(self, master: PID) -> Effects:
        """A master has taken the agent in: forward every head, at once."""
        self._master = master
        effects: list[Effect] = []
        for stream in self._streams.values():
            stream.retry_ns = RETRY_NS
            if stream.pending:
                effects.extend(self._forward(stream))
        return tuple(effects)

    def repeat(self, framework_id: FrameworkId) -> Effects:
        """A scheduler listens again, after a time in which nobody did: forward every head of its framework, at once."""
        effects: list[Effect] = []
        for stream in self._streams.values():
            if stream.framework_id == framework_id and stream.pending:
                stream.retry_ns = RETRY_NS
                effects.extend(self._forward(stream))
        return tuple(effects)

    def remove_framework(self, framework_id: FrameworkId) -> Effects:
        """The framework is gone: nobody will ever acknowledge."""
        gone = [key for key in self._streams if key[0] == framework_id]
        return tuple(CancelTimer(key=self._streams.pop(key).timer) for key in gone)

    def _forward(self, stream: Stream) -> Effects:
        if self._master is None:
            return NOTHING
        update = StatusUpdate(
            framework_id=stream.framework_id, status=stream.pending[0], latest_state=stream.pending[-1].state.value
        )
        due = StatusUpdateRetryDue(framework_id=stream.framework_id, task_id=stream.task_id, uuid=stream.uuid_of_head())
        retry = StartTimer(key=stream.timer, delay_ns=stream.retry_ns, event=due)
        stream.retry_ns = min(2 * stream.retry_ns, RETRY_NS_MAX)
        return Send(to=self._master, message=update), retry

    def check(self) -> None:
        """Assert what must always hold."""
        for (framework_id, task_id), stream in self._streams.items():
            assert (stream.framework_id, stream.task_id) == (framework_id, task_id)
            assert stream.pending or not stream.ended, "an acknowledged terminal update ends its stream"
            assert len(stream.pending) <= PENDING_MAX
            assert not any(status.state.is_terminal for status in list(stream.pending)[:-1])
            uuids = [status.uuid for status in stream.pending]
            assert len(uuids) == len(set(uuids))
            assert RETRY_NS <= stream.retry_ns <= RETRY_NS_MAX
