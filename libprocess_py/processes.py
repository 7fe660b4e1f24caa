"""The actor `__processes__`: who lives on this node, and what each has still to do.

It reads the queues instead of asking their owners, so that no actor, dying or busy, can hold up the answer.
"""

from __future__ import annotations

from typing import Final

from libprocess_py.core.mailbox import Mailbox
from libprocess_py.events import KIND_NAMES, MESSAGE, Event, name_of
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.process import Process

PROCESSES_ID: Final = "__processes__"
EVENTS_SHOWN_MAX: Final = (
    1_000  # Per actor: whoever looks at a flooded mailbox wants to see the flood, not drown in it.
)


class ProcessesProcess(Process):
    """Answers `/__processes__`."""

    def __init__(self) -> None:
        super().__init__(PROCESSES_ID)

    def initialize(self) -> None:
        self.route("/", self.processes, help="The actors of this node with their queued events.")

    def processes(self, _: Request) -> Response:
        return Response.json([_shown(id, mailbox) for id, mailbox in self.node.kernel.mailboxes.items()])


def _shown(id: str, mailbox: Mailbox) -> dict[str, object]:
    events = mailbox.queued_events()
    shown: dict[str, object] = {"id": id, "events": [_event(event) for event in events[:EVENTS_SHOWN_MAX]]}
    return shown if len(events) <= EVENTS_SHOWN_MAX else {**shown, "events_total": len(events)}


def _event(event: Event) -> dict[str, str]:
    kind, what, _, _ = event
    shown = {"type": KIND_NAMES[kind].upper(), "name": name_of(event)}
    return {**shown, "from": str(what)} if kind == MESSAGE else shown
