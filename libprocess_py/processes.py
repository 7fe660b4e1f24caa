"""The actor `__processes__`: who lives on this node, what each has still to do, and where time goes.

It reads the queues instead of asking their owners, so that no actor, dying or busy, can hold up the answer. Ages and
times are found out only while somebody asks for `/__processes__/activity`: see `libprocess_py.introspection`.
"""

from __future__ import annotations

import time
from typing import Final

from libprocess_py.core.mailbox import Mailbox
from libprocess_py.core.timers import Timer
from libprocess_py.duration import parse_duration
from libprocess_py.events import KIND_NAMES, MESSAGE, Event, name_of
from libprocess_py.http.authentication import READ_REALM
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.introspection.ages import Ages, depth
from libprocess_py.introspection.timing import NS_PER_MS, HandlerTime, Timing
from libprocess_py.process import Process

PROCESSES_ID: Final = "__processes__"
EVENTS_SHOWN_MAX: Final = (
    1_000  # Per actor: whoever looks at a flooded mailbox wants to see the flood, not drown in it.
)
ACTORS_SHOWN_MAX: Final = 2_000  # In `activity`, the busiest: a table has no room for more.
LOOK_NS: Final = 100_000_000  # Between two looks at what waits: ages are that exact.
DURATION_MAX_NS: Final = 600_000_000_000  # Ten minutes: who went away must not leave a node timing itself for ever.


class ProcessesProcess(Process):
    """Answers `/__processes__`."""

    def __init__(self) -> None:
        super().__init__(PROCESSES_ID)
        self._ages = Ages()
        self._timing: Timing | None = None
        self._until = 0
        self._looking: Timer | None = None

    def initialize(self) -> None:
        self.route("/", self.processes, help="The actors of this node with their queued events.", realm=READ_REALM)
        self.route(
            "/activity",
            self.activity,
            help="Depths, ages, counts and times by actor. ?duration=10secs times all handlers for so long from now.",
            realm=READ_REALM,
        )

    def finalize(self) -> None:
        self._rest()

    def processes(self, _: Request) -> Response:
        self._look()
        return Response.json([self._shown(mailbox) for mailbox in self.node.kernel.mailboxes.values()])

    def activity(self, request: Request) -> Response:
        """What `mesos-py actors top` shows. Counts and times are sums since timing was switched on."""
        try:
            duration = parse_duration(request.query["duration"]) if "duration" in request.query else None
        except ValueError as error:
            return Response.text(400, f"duration: {error}")
        self._look()
        if duration is not None:
            self._time_for(min(duration, DURATION_MAX_NS))
        actors = [self._activity(mailbox) for mailbox in self.node.kernel.mailboxes.values()]
        busiest = sorted(actors, key=_activity_order)[:ACTORS_SHOWN_MAX]
        totals = {"actors_total": len(actors), "timing": self._timing is not None, "now_ns": self.clock.now()}
        return Response.json({"address": str(self.node.address), **totals, "actors": busiest})

    def _shown(self, mailbox: Mailbox) -> dict[str, object]:
        events = mailbox.queued_events()
        shown: dict[str, object] = {
            "id": mailbox._process_pid.id,
            "events": [_event(event) for event in events[:EVENTS_SHOWN_MAX]],
        }
        if len(events) > EVENTS_SHOWN_MAX:
            shown["events_total"] = len(events)
        shown |= self._waiting(mailbox)
        if self._timing is not None:
            shown["handlers"] = {name: _time(each) for name, each in self._timing.of(mailbox._process_pid.id).items()}
        return shown

    def _activity(self, mailbox: Mailbox) -> dict[str, object]:
        id = mailbox._process_pid.id
        handlers = self._timing.of(id) if self._timing is not None else {}
        shown: dict[str, object] = {"id": id, **self._waiting(mailbox)}
        shown["count"] = sum(each.count for each in handlers.values())
        shown["total_ms"] = sum(each.total_ns for each in handlers.values()) / NS_PER_MS
        if handlers:
            name = max(handlers, key=lambda name: handlers[name].total_ns)
            shown["costliest"] = {"name": name, **_time(handlers[name])}
        return shown

    def _waiting(self, mailbox: Mailbox) -> dict[str, object]:
        waiting: dict[str, object] = {"depth": depth(mailbox)}
        oldest = self._ages.oldest_ns(mailbox, self.clock.now())
        if oldest is not None:
            waiting["oldest_ms"] = oldest / NS_PER_MS
        elsewhere = mailbox._process_elsewhere()
        if elsewhere:
            waiting["calls"] = elsewhere
        return waiting

    # Looking

    def _look(self) -> None:
        self._ages.look(self.node.kernel.runnable, self.clock.now())

    def _time_for(self, ns: int) -> None:
        self._until = self.clock.now() + ns
        if self._timing is None:
            self._timing = Timing(time.perf_counter_ns, log=self.node.log)
            self.node.observe(self._timing)
            self._looking = self.delay(LOOK_NS, self._look_again)

    def _look_again(self) -> None:
        if self.clock.now() >= self._until:
            self._rest()
        else:
            self._look()
            self._looking = self.delay(LOOK_NS, self._look_again)

    def _rest(self) -> None:
        if self._timing is not None:
            self.node.unobserve(self._timing)
            self._timing = None
        if self._looking is not None:
            self._looking.cancel()


def _event(event: Event) -> dict[str, str]:
    kind, what, _, _ = event
    shown = {"type": KIND_NAMES[kind].upper(), "name": name_of(event)}
    return {**shown, "from": str(what)} if kind == MESSAGE else shown


def _time(handler: HandlerTime) -> dict[str, float]:
    return {
        "count": handler.count,
        "total_ms": handler.total_ns / NS_PER_MS,
        "longest_ms": handler.longest_ns / NS_PER_MS,
    }


def _activity_order(actor: dict[str, object]) -> tuple[float, float, str]:
    total_ms, depth = actor["total_ms"], actor["depth"]
    assert isinstance(total_ms, float)
    assert isinstance(depth, int)
    return -total_ms, -depth, str(actor["id"])
