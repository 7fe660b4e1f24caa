"""What a forked child has of its parent's nodes: nothing.

A fork copies every descriptor. A child that kept its parent's sockets would keep the parent's connections alive after
the parent's death, and nobody linked to it would learn of that; it could even take connections meant for it. So in a
child that was forked without `exec` the sockets of all nodes are replaced by `/dev/null`. They are replaced, not
closed: their numbers stay taken, so that whatever still believes to own one closes nobody else's file. The nodes are of
no use there; a child that wants one starts its own, on an event loop of its own.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterable
from typing import Final, Protocol


class Owner(Protocol):
    """Has sockets."""

    def disown(self) -> Iterable[int]:
        """Give the numbers of their descriptors, and do nothing with them any more."""


# Of this OS process; the one thing that nodes have in common, because a fork is one of the process.
_OWNERS: Final[weakref.WeakSet[Owner]] = weakref.WeakSet()


def watch_forks(owner: Owner) -> None:
    """Have its sockets taken away in forked children, as long as it lives."""
    _OWNERS.add(owner)


def _in_child() -> None:
    owners = tuple(_OWNERS)
    _OWNERS.clear()
    if not owners:
        return
    nothing = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    for owner in owners:
        for descriptor in owner.disown():
            os.dup2(nothing, descriptor, inheritable=False)
    os.close(nothing)


os.register_at_fork(after_in_child=_in_child)
