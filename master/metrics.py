"""The master's metrics, under the names that Mesos gives them (MO-01).

What is in the books is read when somebody asks; what happens is counted as it happens. A counter that is listed here
shows from the start, so that a graph of it begins at zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from libprocess_py.message import Message
from libprocess_py.metrics.registry import Metrics
from master.core.books import Books
from master.core.entities import CONNECTED
from mesos_py.protocol.messages import master_agent as ma
from mesos_py.protocol.messages import master_framework as mf
from mesos_py.protocol.resources import NOTHING, Resources
from mesos_py.protocol.task import TaskState

PREFIX: Final = "master"
SECOND_NS: Final = 1_000_000_000

MESSAGES: Final[dict[type[Message], str]] = {
    mf.FrameworkSubscription: "messages_register_framework",
    mf.FrameworkUnsubscription: "messages_unregister_framework",
    mf.OfferAcceptance: "messages_launch_tasks",
    mf.OfferDecline: "messages_decline_offers",
    mf.OfferRevival: "messages_revive_offers",
    mf.OfferSuppression: "messages_suppress_offers",
    mf.TaskKillRequest: "messages_kill_task",
    mf.StatusAcknowledgement: "messages_status_update_acknowledgement",
    mf.Reconciliation: "messages_reconcile_tasks",
    mf.SchedulerToExecutor: "messages_framework_to_executor",
    mf.StatusUpdate: "messages_status_update",
    ma.AgentRegistration: "messages_register_slave",
    ma.AgentReregistration: "messages_reregister_slave",
    ma.AgentUnregistration: "messages_unregister_slave",
    ma.ExecutorExited: "messages_exited_executor",
}
REREGISTER_FRAMEWORK: Final = "messages_reregister_framework"

COUNTED: Final = (
    *MESSAGES.values(),
    REREGISTER_FRAMEWORK,
    "dropped_messages",
    "invalid_agent_registrations",
    "invalid_framework_subscriptions",
    "invalid_framework_to_executor_messages",
    "invalid_status_update_acknowledgements",
    "invalid_status_updates",
    "slave_registrations",
    "slave_removals",
    "slave_removals/reason_registered",
    "slave_removals/reason_unhealthy",
    "slave_removals/reason_unregistered",
    "slave_reregistrations",
    "slave_unreachable_canceled",
    "slave_unreachable_completed",
    "slave_unreachable_scheduled",
    "tasks_dropped",
    "tasks_error",
    "tasks_failed",
    "tasks_finished",
    "tasks_gone",
    "tasks_gone_by_operator",
    "tasks_killed",
    "tasks_launched",
    "tasks_lost",
    "valid_framework_to_executor_messages",
    "valid_status_update_acknowledgements",
    "valid_status_updates",
)
LIVE_STATES: Final = (TaskState.STAGING, TaskState.STARTING, TaskState.RUNNING, TaskState.KILLING)
RESOURCES: Final = ("cpus", "mem", "disk", "gpus")


class MasterMetrics:
    """Declares them for one master, and takes them away again."""

    def __init__(self, registry: Metrics, books: Books, *, now: Callable[[], int]) -> None:
        self._registry = registry
        self._books = books
        self._now = now
        for name in COUNTED:
            registry.counter(f"{PREFIX}/{name}")
        self._sums = Sums(books)
        self._gauges = dict(self._declared())
        for name, read in self._gauges.items():
            registry.gauge(f"{PREFIX}/{name}", read)

    def remove(self) -> None:
        for name in (*COUNTED, *self._gauges):
            self._registry.remove(f"{PREFIX}/{name}")

    def count(self, name: str) -> None:
        self._registry.counter(f"{PREFIX}/{name}").add()

    def count_message(self, message: Message) -> None:
        name = MESSAGES.get(type(message))
        if isinstance(message, mf.FrameworkSubscription) and message.framework.id is not None:
            name = REREGISTER_FRAMEWORK
        if name is not None:
            self.count(name)

    def _declared(self) -> Iterator[tuple[str, Callable[[], float]]]:
        books = self._books
        yield "uptime_secs", lambda: (self._now() - books.settings.started_ns) / SECOND_NS
        yield "elected", lambda: 1.0  # Only an elected master runs its rules.
        yield "slaves_connected", lambda: sum(agent.connected for agent in books.agents.values())
        yield "slaves_disconnected", lambda: sum(not agent.connected for agent in books.agents.values())
        yield "slaves_active", lambda: sum(agent.is_active for agent in books.agents.values())
        yield "slaves_inactive", lambda: sum(not agent.is_active for agent in books.agents.values())
        yield "slaves_unreachable", lambda: len(books.unreachable_agents)
        yield "frameworks_connected", lambda: sum(each.state is CONNECTED for each in books.frameworks.values())
        yield "frameworks_disconnected", lambda: sum(each.state is not CONNECTED for each in books.frameworks.values())
        yield "frameworks_active", lambda: sum(each.active for each in books.frameworks.values())
        yield "frameworks_inactive", lambda: sum(not each.active for each in books.frameworks.values())
        yield "outstanding_offers", lambda: len(books.offers)
        yield "tasks_unreachable", lambda: sum(len(each.unreachable) for each in books.frameworks.values())
        for state in LIVE_STATES:
            yield f"tasks_{state.name.lower()}", partial(_tasks, books, state)
        for name in RESOURCES:
            for infix, part in (("", Resources.non_revocable), ("_revocable", Resources.revocable)):
                yield f"{name}{infix}_total", partial(self._sums.total, name, part)
                yield f"{name}{infix}_used", partial(self._sums.used, name, part)
                yield f"{name}{infix}_percent", partial(self._sums.percent, name, part)


Part = Callable[[Resources], Resources]


class Sums:
    """What all agents have and what is used of it, added up once for all gauges that are read between two events."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._at: int | None = None  # The number of events at which the following was true.
        self._total = self._used = NOTHING

    def total(self, name: str, part: Part) -> float:
        """Of active agents."""
        return self._amount(self._added_up()[0], name, part=part)

    def used(self, name: str, part: Part) -> float:
        return self._amount(self._added_up()[1], name, part=part)

    def percent(self, name: str, part: Part) -> float:
        """Between 0 and 1, as in Mesos."""
        total = self.total(name, part)
        return self.used(name, part) / total if total else 0.0

    def _added_up(self) -> tuple[Resources, Resources]:
        books = self._books
        if self._at != books.events:
            agents = books.agents.values()
            self._total = Resources.sum(agent.info.resources for agent in agents if agent.is_active)
            self._used = Resources.sum(part for agent in agents for part in books.used_on(agent).values())
            self._at = books.events
        return self._total, self._used

    @staticmethod
    def _amount(resources: Resources, name: str, *, part: Part) -> float:
        return float(getattr(part(resources), name))


def _tasks(books: Books, state: TaskState) -> float:
    return sum(task.state is state for framework in books.frameworks.values() for task in framework.tasks.values())
