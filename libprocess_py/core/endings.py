"""How an actor leaves: `finalize`, removal, the drop of whatever is still queued (the future of a dropped dispatch is
abandoned), notices to linked actors, and then whoever waits for it.

Callbacks of others run meanwhile. Whatever they raise, nothing here is left undone: the first exception leaves at the
end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from operator import length_hint
from typing import TYPE_CHECKING

from libprocess_py.core.drops import TERMINATED
from libprocess_py.core.mailbox import ENDED, Mailbox
from libprocess_py.events import EXITED, Event
from libprocess_py.pid import PID

if TYPE_CHECKING:
    from libprocess_py.core.kernel import Kernel


def end(kernel: Kernel, mailbox: Mailbox, *, failure: Exception | None = None) -> None:
    """The actor is no more. `failure` is what it failed with, for those who are linked to it."""
    pid = mailbox._process_pid
    mailbox._process_phase = ENDED
    del kernel.mailboxes[pid.id]
    if kernel.policies:
        kernel.policies.pop(pid.id, None)
    if kernel.crowds.marks:
        kernel.crowds.forget(pid.id)
    try:
        if pid.id in kernel.coroutines.suspended:
            run_all(kernel.coroutines.ends_of(pid.id))
    finally:
        try:
            if mailbox is not kernel.current or mailbox._process_box or length_hint(kernel.turn_events):
                purge(kernel, mailbox, reason=TERMINATED)
        finally:
            try:
                kernel.host.ended(pid)
            finally:
                _tell(kernel, pid, failure=failure)


def purge(kernel: Kernel, mailbox: Mailbox, *, reason: str) -> None:
    """Drop what the actor has not served. The lists stay where the run queue expects them, only empty."""
    dropped: list[Event] = []
    if mailbox is kernel.current:
        dropped += _cut(kernel.turn_box, kernel.turn_events)
    elif mailbox._process_rest is not None:
        dropped += _cut(*mailbox._process_rest)
    if mailbox._process_box is not None:
        dropped += mailbox._process_box
        mailbox._process_box.clear()
    if dropped:
        run_all(partial(kernel.drop, event, reason=reason, to=mailbox._process_pid.id) for event in dropped)


def run_all(steps: Iterable[Callable[[], object]]) -> None:
    """Take every step even if one raises; the first exception leaves when all were taken."""
    first: Exception | None = None
    for step in steps:
        try:
            step()
        except Exception as error:
            first = first or error
    if first is not None:
        raise first


def _tell(kernel: Kernel, pid: PID, *, failure: Exception | None) -> None:
    if kernel.links.linkers:
        for address in kernel.links.linker_ended(pid.id):
            kernel.host.unlinked(address)
        for linker in kernel.links.target_ended(pid):
            kernel.tell(linker, (EXITED, pid, failure, None))
    if kernel.waiters:
        waiters = kernel.waiters.pop(pid.id, None)
        if waiters is not None:
            run_all(partial(waiter.set, True) for waiter in waiters)


def _cut(box: list[Event], events: Iterator[Event]) -> list[Event]:
    """Take out of the list what its iterator has not come to."""
    left = length_hint(events)
    if not left:
        return []
    cut = box[-left:]
    del box[-left:]
    return cut
