"""Where events come from: a seam for what follows a request from actor to actor, and from node to node.

A node with a tracer has a kernel that shows it every event as it is queued, in the turn of whoever caused it; the
tracer's answer, the event with a mark on it, is what is queued. Messages to other nodes take a header along. A node
without one has the plain kernel, and pays nothing.
"""

from __future__ import annotations

from typing import Any, Protocol

from libprocess_py.core.failures import Policy
from libprocess_py.core.kernel import Host, Kernel
from libprocess_py.core.mailbox import Mailbox
from libprocess_py.core.observer import Observer
from libprocess_py.events import Event
from libprocess_py.pid import Address


class Marked(tuple[int, Any, Any, Any]):
    """An event that knows what caused it; `cause` means something to the tracer only."""

    cause: object

    @classmethod
    def of(cls, event: Event, cause: object) -> Marked:
        marked = cls(event)
        marked.cause = cause
        return marked


class Tracer(Observer, Protocol):
    """Sees events being queued and, as an observer, being served. One tracer may serve several nodes."""

    def queued(self, event: Event) -> Event:
        """The event as it is to be queued: a `Marked` one if something is known of its cause."""

    def header(self) -> str:
        """What a message to another node is to take along: a `traceparent`. Empty: nothing."""

    def arriving(self, header: str) -> None:
        """What is queued next was caused by somebody on another node, who sent this header; empty: no longer."""


class TracedKernel(Kernel):
    """Shows a tracer what is queued."""

    def __init__(self, host: Host, address: Address, *, policy: Policy, tracer: Tracer) -> None:
        super().__init__(host, address, policy=policy)
        self.by_reference = None  # Local messages take the way through `post`.
        self._tracer = tracer

    def post(self, mailbox: Mailbox, event: Event) -> None:
        super().post(mailbox, self._tracer.queued(event))
