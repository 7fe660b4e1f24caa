"""Who spawned whom: an observer that finds out without being told.

An actor that is new after a handler was spawned by it; one that is new before a handler came from outside any actor.
Ids can be taken again, so actors are known by the objects that they are.
"""

from __future__ import annotations

from libprocess_py.core.kernel import Kernel
from libprocess_py.core.mailbox import Mailbox
from libprocess_py.events import Event
from libprocess_py.pid import PID
from libprocess_py.process import Process


class Lineage:
    """The parents of actors. Observe every node from its beginning."""

    def __init__(self) -> None:
        self._parents: dict[PID, tuple[Mailbox, PID | None]] = {}

    def before(self, mailbox: Mailbox, event: Event) -> bool:
        self._look(mailbox, None)
        return True

    def after(self, mailbox: Mailbox, event: Event) -> None:
        self._look(mailbox, mailbox._process_pid)

    def parent_of(self, mailbox: Mailbox) -> PID | None:
        """The actor that spawned it; None if that happened outside any actor."""
        known = self._parents.get(mailbox._process_pid)
        return known[1] if known is not None and known[0] is mailbox else None

    def _look(self, mailbox: Mailbox, parent: PID | None) -> None:
        assert isinstance(mailbox, Process)
        kernel: Kernel = mailbox.node.kernel
        for new in reversed(kernel.mailboxes.values()):  # In the order of their spawning: the new ones are at the end.
            known = self._parents.get(new._process_pid)
            if known is not None and known[0] is new:
                return
            self._parents[new._process_pid] = (new, parent)
