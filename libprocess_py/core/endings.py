"""How an actor leaves: `finalize`, removal, the drop of whatever is still queued (the future of a dropped dispatch is
abandoned), notices to linked actors, and then whoever waits for it.

Callbacks of others run meanwhile. Whatever they raise, nothing here is left undone: the first exception leaves at the
end. And whatever they do, it concerns what comes now, if only the next actor of the same id: the books are in order.
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
    waiters = kernel.waiters.pop(pid.id, None) if kernel.waiters else None
    linkers = _unlinked(kernel, pid) if kernel.links.linkers else ()
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
                for linker in linkers:
                    kernel.tell(linker, (EXITED, pid, failure, None))
                if waiters is not None:
                    run_all(partial(waiter.set, True) for waiter in waiters)


def purge(kernel: Kernel, mailbox: Mailbox, *, reason: str) -> None:
    """Drop what the actor has not served."""
    drop_all(kernel, unserved(kernel, mailbox), reason=reason, to=mailbox._process_pid.id)


def unserved(kernel: Kernel, mailbox: Mailbox) -> list[Event]:
    """Take out what the actor has not served. The lists stay where the run queue expects them, only empty."""
    events: list[Event] = []
    if mailbox is kernel.current:
        events += _cut(kernel.turn_box, kernel.turn_events)
    elif mailbox._process_rest is not None:
        events += _cut(*mailbox._process_rest)
    if mailbox._process_box is not None:
        events += mailbox._process_box
        mailbox._process_box.clear()
    return events


def drop_all(kernel: Kernel, events: list[Event], *, reason: str, to: str) -> None:
    """Drop them in their order. Callbacks of others run."""
    if events:
        run_all(partial(kernel.drop, event, reason=reason, to=to) for event in events)


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


def _unlinked(kernel: Kernel, pid: PID) -> list[str]:
    """End its links in both directions. Returns who is to be told."""
    for address in kernel.links.linker_ended(pid.id):
        kernel.host.unlinked(address)
    return kernel.links.target_ended(pid)


def _cut(box: list[Event], events: Iterator[Event]) -> list[Event]:
    """Take out of the list what its iterator has not come to."""
    left = length_hint(events)
    if not left:
        return []
    cut = box[-left:]
    del box[-left:]
    return cut
