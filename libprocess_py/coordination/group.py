"""`Group`: a set of actors, here or elsewhere, that one actor speaks to as one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING

from libprocess_py.coordination.waiters import serve_all
from libprocess_py.future import Future, Promise, ready
from libprocess_py.message import Message
from libprocess_py.pid import PID

if TYPE_CHECKING:
    from libprocess_py.process import Process


class Group:
    """Members in the order in which they joined; their owner sends in its own name, and is linked to each.

    A link that ends is no leave: the connection may be lost while the member lives. Owners that think otherwise call
    `remove` in their `exited`.
    """

    def __init__(self, owner: Process, members: Iterable[PID] = ()) -> None:
        self._owner = owner
        self._members: dict[PID, None] = {}
        self._watches: dict[Promise[int], Callable[[int], bool]] = {}
        for member in members:
            self.add(member)

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, pid: PID) -> bool:
        return pid in self._members

    @property
    def members(self) -> tuple[PID, ...]:
        return tuple(self._members)

    def add(self, member: PID) -> None:
        """Link to it and count it in; nothing happens if it is in already."""
        if member not in self._members:
            self._owner.link(member)
            self._members[member] = None
            self._tell()

    def remove(self, member: PID) -> None:
        """Nothing happens if it is not in."""
        if member in self._members:
            del self._members[member]
            self._tell()

    def watch(self, condition: Callable[[int], bool]) -> Future[int]:
        """The size of the group as soon as it meets the condition: `group.watch(lambda size: size >= 3)`."""
        if condition(len(self._members)):
            return ready(len(self._members))
        promise: Promise[int] = Promise()
        self._watches[promise] = condition
        promise.on_discard(lambda _: self._unwatch(promise))
        return promise

    def broadcast(self, message: Message, *, without: Collection[PID] = ()) -> int:
        """Send to every member but those. Returns to how many: each delivery is at most once, as ever."""
        receivers = [member for member in self._members if member not in without]
        for member in receivers:
            self._owner.send(member, message)
        return len(receivers)

    def _unwatch(self, promise: Promise[int]) -> None:
        if self._watches.pop(promise, None) is not None:
            promise.set_discarded()

    def _tell(self) -> None:
        size = len(self._members)
        met = [promise for promise, condition in self._watches.items() if condition(size)]
        for promise in met:
            del self._watches[promise]
        serve_all(met, size)
