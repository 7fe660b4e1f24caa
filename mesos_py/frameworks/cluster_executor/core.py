"""The work of a `ClusterExecutor`, pure: calls waiting, calls running, and what offers and statuses do to them.

A call is WAITING until it is packed into an offer, RUNNING until its task ends, and then either DONE or WAITING
again: a task that is lost with its agent or executor is tried again, under a new task id, at most `attempts_max`
times. A task id is `<call>.<attempt>`; statuses of earlier attempts count for nothing, and an earlier attempt that
turns up again is killed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, TypeAlias

from mesos_py.protocol.ids import AgentId, ExecutorId, OfferId, TaskId
from mesos_py.protocol.offer import Offer
from mesos_py.protocol.resources import Resources
from mesos_py.protocol.task import ExecutorInfo, Reason, Source, TaskInfo, TaskState, TaskStatus

ATTEMPTS_MAX: Final = 5  # A call that loses five agents in a row is more likely to be their ruin than their victim.

# The function was not at fault and may be run again: the task never started, or went down with what carried it.
LOST_STATES: Final = frozenset(
    {
        TaskState.LOST,
        TaskState.DROPPED,
        TaskState.UNREACHABLE,
        TaskState.GONE,
        TaskState.GONE_BY_OPERATOR,
        TaskState.UNKNOWN,
    }
)
LOST_REASONS: Final = frozenset(
    {
        Reason.EXECUTOR_TERMINATED,
        Reason.EXECUTOR_UNREGISTERED,
        Reason.EXECUTOR_REGISTRATION_TIMEOUT,
        Reason.CONTAINER_LAUNCH_FAILED,
    }
)


class CallState(Enum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"


@dataclass(slots=True)
class Call:
    """One function call: its sealed form is made per task, so the payload is kept as it was."""

    number: int
    payload: bytes
    attempt: int = 0
    state: CallState = CallState.WAITING
    agent_id: AgentId | None = None

    @property
    def task_id(self) -> TaskId:
        return TaskId(f"{self.number}.{self.attempt}")


@dataclass(frozen=True, slots=True)
class Placement:
    """Calls to launch on one agent with these offers, all of it in one acceptance."""

    agent_id: AgentId
    offer_ids: tuple[OfferId, ...]
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Finished:
    """The executor ran the call; `data` is its sealed answer."""

    number: int
    task_id: TaskId
    data: bytes


@dataclass(frozen=True, slots=True)
class Failed:
    """The call cannot be answered; `message` says why, for the user."""

    number: int
    message: str


@dataclass(frozen=True, slots=True)
class Resubmitted:
    """The task was lost and its call waits again."""

    number: int
    attempt: int
    message: str


@dataclass(frozen=True, slots=True)
class Stray:
    """A task that nobody wants: kill it."""

    task_id: TaskId
    agent_id: AgentId | None


Outcome: TypeAlias = Finished | Failed | Resubmitted | Stray | None


@dataclass(slots=True)
class CallBook:
    """All calls of one executor, each in exactly one state."""

    resources: Resources
    executor: ExecutorInfo
    attempts_max: int = ATTEMPTS_MAX
    lost: int = 0
    done: int = 0
    _calls: dict[int, Call] = field(default_factory=dict)
    _waiting: deque[int] = field(default_factory=deque)
    _running: dict[TaskId, Call] = field(default_factory=dict)
    _executors: dict[AgentId, ExecutorId] = field(default_factory=dict)
    _numbers: int = 0

    def submit(self, payload: bytes) -> int:
        """Add a call; the number names it from now on."""
        self._numbers += 1
        self._calls[self._numbers] = Call(self._numbers, payload)
        self._waiting.append(self._numbers)
        return self._numbers

    def cancel(self, number: int) -> bool:
        """Drop a call that waits. False if it runs or is done."""
        call = self._calls.get(number)
        if call is None or call.state is not CallState.WAITING:
            return False
        self._waiting.remove(number)
        self._finish(call)
        return True

    def withdraw(self, call: Call) -> None:
        """A placed call that is not to be launched after all."""
        self._finish(call)

    def place(self, offers: Iterable[Offer]) -> tuple[list[Placement], list[OfferId]]:
        """Pack waiting calls into offers, as many as fit. Returns what to launch, and the offers of no use."""
        placements: list[Placement] = []
        unused: list[OfferId] = []
        for agent_id, together in _by_agent(offers):
            offered = sum((offer.resources for offer in together), Resources()).unallocate()
            calls = self._fill(agent_id, offered)
            offer_ids = tuple(offer.id for offer in together)
            if calls:
                placements.append(Placement(agent_id, offer_ids, tuple(calls)))
            else:
                unused.extend(offer_ids)
        return placements, unused

    def task(self, call: Call, data: bytes) -> TaskInfo:
        """The task that runs a placed call, with its sealed payload."""
        assert call.state is CallState.RUNNING
        assert call.agent_id is not None
        return TaskInfo(
            task_id=call.task_id,
            name=f"call {call.number}",
            agent_id=call.agent_id,
            resources=self.resources,
            executor=self.executor,
            data=data,
        )

    def status(self, status: TaskStatus) -> Outcome:
        """What a status means for its call; None if it changes nothing."""
        call = self._running.get(status.task_id)
        if call is None:
            alive = not status.state.is_terminal and status.state not in LOST_STATES
            return Stray(status.task_id, status.agent_id) if alive else None
        if status.state in LOST_STATES or (status.source is not Source.EXECUTOR and status.reason in LOST_REASONS):
            return self._lose(call, status)
        if status.state is TaskState.FINISHED:
            if not status.data:
                return None  # A master's answer to a reconciliation has no data; the agent repeats the one that has.
            self._finish(call)
            return Finished(call.number, status.task_id, status.data)
        if status.state.is_terminal:
            self._finish(call)
            return Failed(call.number, status.message or f"the task ended as {status.state.value}")
        return None

    def executor_lost(self, agent_id: AgentId) -> None:
        """The next tasks there need room for a new executor."""
        self._executors.pop(agent_id, None)

    def fail_all(self, message: str) -> list[Failed]:
        """The framework is refused: no call will ever be answered."""
        failed = [Failed(number, message) for number in list(self._calls)]
        for call in list(self._calls.values()):
            self._finish(call)
        self._waiting.clear()
        return failed

    @property
    def needed(self) -> Resources:
        """What the first call on an agent takes: its own resources and those of the executor."""
        return self.resources + self.executor.resources

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def running(self) -> int:
        return len(self._running)

    def running_tasks(self) -> Iterator[tuple[TaskId, AgentId | None]]:
        return ((task_id, call.agent_id) for task_id, call in self._running.items())

    def check(self) -> None:
        """Each open call waits or runs, never both; none is beyond its attempts."""
        waiting = set(self._waiting)
        running = {call.number for call in self._running.values()}
        assert len(waiting) == len(self._waiting), "a call waits once"
        assert not waiting & running, "a call does not wait while it runs"
        assert waiting | running == set(self._calls), "every open call waits or runs"
        assert all(call.attempt <= self.attempts_max for call in self._calls.values())
        assert all(call.task_id == task_id for task_id, call in self._running.items())

    def _fill(self, agent_id: AgentId, offered: Resources) -> list[Call]:
        left = offered
        if agent_id not in self._executors:
            if not left.contains(self.executor.resources):
                return []
            left = left - self.executor.resources
        placed: list[Call] = []
        while self._waiting and left.contains(self.resources):
            left = left - self.resources
            call = self._calls[self._waiting.popleft()]
            call.attempt += 1
            call.state, call.agent_id = CallState.RUNNING, agent_id
            self._running[call.task_id] = call
            placed.append(call)
        if placed:
            self._executors[agent_id] = self.executor.executor_id
        return placed

    def _lose(self, call: Call, status: TaskStatus) -> Outcome:
        self.lost += 1
        why = status.message or (status.reason.value if status.reason else status.state.value)
        if call.attempt >= self.attempts_max:
            self._finish(call)
            return Failed(call.number, f"lost {call.attempt} times, the last time: {why}")
        del self._running[call.task_id]
        call.state, call.agent_id = CallState.WAITING, None
        self._waiting.appendleft(call.number)
        return Resubmitted(call.number, call.attempt, why)

    def _finish(self, call: Call) -> None:
        self._running.pop(call.task_id, None)
        call.state = CallState.DONE
        del self._calls[call.number]
        self.done += 1


def _by_agent(offers: Iterable[Offer]) -> Iterable[tuple[AgentId, list[Offer]]]:
    grouped: dict[AgentId, list[Offer]] = {}
    for offer in offers:
        grouped.setdefault(offer.agent_id, []).append(offer)
    return grouped.items()
