"""What an allocator tells of itself, by Mesos' names (AL-28).

| below `allocator/mesos/`                       | it is                                                               |
|------------------------------------------------|---------------------------------------------------------------------|
| `allocation_runs`                              | how many runs there were                                            |
| `allocation_run_ms`, `.../p99` and so on       | how long they took                                                  |
| `allocation_run_latency_ms` and so on          | from the first request for a run until it began                     |
| `event_queue_dispatches`                       | calls that wait for the allocator                                   |
| `resources/<name>/total`                       | scalars of all agents                                               |
| `resources/<name>/offered_or_allocated`        | those that somebody holds                                           |
| `roles/<role>/shares/dominant`                 | the dominant share by weight, as the role competes with             |
| `offer_filters/roles/<role>/active`            | refusals in force of its frameworks                                 |
| `quota/roles/<role>/resources/<name>/...`      | `guarantee`, `limit`, `consumed`, and `offered_or_allocated`        |

Figures of a role are there while a framework has it or holds something under it, those of quota while the role has one.
`consumed` is what a run begins with: reservations for the role and below, and plain scalars held there;
`offered_or_allocated` leaves the reservations out.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from allocators.allocator import Allocator
from allocators.explain.explained import ExplainedPolicy
from allocators.explain.scene import Scene
from libprocess_py.metrics.registry import Metrics
from mesos_py.protocol.ids import FrameworkId
from mesos_py.protocol.quantities import Quantities
from mesos_py.protocol.quota import Quota
from mesos_py.protocol.values import from_milli

PREFIX: Final = "allocator/mesos"
COUNTED: Final = ("cpus", "mem", "disk", "gpus")  # Names that have gauges from the start, whoever has any.


class AllocatorMetrics:
    """Declares the gauges, and drops those of roles and quotas that are gone."""

    def __init__(self, metrics: Metrics, allocator: Allocator, *, dispatches: Callable[[], float]) -> None:
        self.runs = metrics.counter(f"{PREFIX}/allocation_runs")
        self.run_time = metrics.timer(f"{PREFIX}/allocation_run_ms")
        self.latency = metrics.timer(f"{PREFIX}/allocation_run_latency_ms")
        self._metrics = metrics
        self._of_quotas: dict[str, tuple[str, ...]] = {}  # Names of gauges by role.
        metrics.gauge(f"{PREFIX}/event_queue_dispatches", dispatches)
        for name in COUNTED:
            of_name = f"{PREFIX}/resources/{name}"
            metrics.gauge(f"{of_name}/total", partial(_of, allocator.total, name))
            metrics.gauge(f"{of_name}/offered_or_allocated", partial(_of, allocator.offered_or_allocated, name))
        if isinstance(allocator, ExplainedPolicy):
            self._scene: Scene = allocator.scene()
            self._scene.books.listener = self
            for role in self._scene.books.framework_sorters:
                self.role_added(role)
            for role, quota in self._scene.books.roles.quotas.items():
                self.quota_set(role, quota)

    def role_added(self, role: str) -> None:
        """Somebody has the role now."""
        books = self._scene.books
        self._metrics.gauge(f"{PREFIX}/roles/{role}/shares/dominant", partial(books.role_sorter.share, role))
        self._metrics.gauge(f"{PREFIX}/offer_filters/roles/{role}/active", partial(self._refusals, role))

    def role_removed(self, role: str) -> None:
        """Nobody has it any more."""
        self._metrics.remove(f"{PREFIX}/roles/{role}/shares/dominant")
        self._metrics.remove(f"{PREFIX}/offer_filters/roles/{role}/active")

    def quota_set(self, role: str, quota: Quota) -> None:
        """The quota is that from now on; the default one is none."""
        for gauge in self._of_quotas.pop(role, ()):
            self._metrics.remove(gauge)
        if quota.is_default:
            return
        guarantees, limits = dict(quota.guarantees.items()), dict(quota.limits.items())
        gauges: dict[str, Callable[[], float]] = {}
        for name in dict.fromkeys((*guarantees, *limits)):
            of_name = f"{PREFIX}/quota/roles/{role}/resources/{name}"
            if name in guarantees:
                gauges[f"{of_name}/guarantee"] = partial(from_milli, guarantees[name])
            if name in limits:
                gauges[f"{of_name}/limit"] = partial(from_milli, limits[name])
            gauges[f"{of_name}/consumed"] = partial(self._consumed, role, name)
            gauges[f"{of_name}/offered_or_allocated"] = partial(self._held, role, name)
        for gauge, read in gauges.items():
            self._metrics.gauge(gauge, read)
        self._of_quotas[role] = tuple(gauges)

    def _refusals(self, role: str) -> float:
        count_of = self._scene.refusals.count_of
        return sum(count_of(FrameworkId(each), role) for each in self._scene.books.framework_sorters[role].clients())

    def _consumed(self, role: str, name: str) -> float:
        return from_milli(self._scene.books.roles.consumed(role).get(name, 0))

    def _held(self, role: str, name: str) -> float:
        return from_milli(self._scene.books.roles.held_below(role).get(name, 0))


def _of(read: Callable[[], Quantities], name: str) -> float:
    return from_milli(read()[name])
