"""Who wants to hear of whose end. One way, once each, in the order in which the links were made.

A link outlives neither its linker (which then needs no notice) nor its target (of which notice was given).
Links to other nodes stand for one connection per address: the book says when the last of them goes.
"""

from __future__ import annotations

from libprocess_py.pid import PID, Address


class Links:
    """The links that actors of one node hold. Linkers are ids, since they are always local."""

    __slots__ = ("_remote", "_targets", "linkers")

    def __init__(self) -> None:
        # Dicts for their order: the order of a set of texts differs from one run to the next.
        self.linkers: dict[PID, dict[str, None]] = {}  # By target. Empty: nobody is linked to anybody.
        self._targets: dict[str, dict[PID, None]] = {}
        self._remote: dict[Address, dict[PID, None]] = {}

    def add(self, linker: str, target: PID, *, remote: bool) -> bool:
        """Note the link. False if it was there already."""
        linkers = self.linkers.setdefault(target, {})
        if linker in linkers:
            return False
        linkers[linker] = None
        self._targets.setdefault(linker, {})[target] = None
        if remote:
            self._remote.setdefault(target.address, {})[target] = None
        return True

    def remove(self, linker: str, target: PID) -> bool:
        """Take one link back, to an actor of another node. Whether no link to that node is left, but was."""
        linkers = self.linkers.get(target, {})
        if linker not in linkers:
            return False
        del linkers[linker]
        self._forget(linker, target)
        if linkers:
            return False
        del self.linkers[target]
        return self._last_there(target)

    def target_ended(self, target: PID) -> list[str]:
        """Remove the links to it. Returns who must be told."""
        linkers = list(self.linkers.pop(target, ()))
        for linker in linkers:
            self._forget(linker, target)
        return linkers

    def remote_ended(self, target: PID) -> tuple[list[str], bool]:
        """The same for an actor of another node, with whether no link to that node is left."""
        return self.target_ended(target), self._last_there(target)

    def connection_lost(self, address: Address) -> list[tuple[str, PID]]:
        """Remove the links to all actors there. Returns who must be told of which."""
        targets = self._remote.pop(address, {})
        return [(linker, target) for target in targets for linker in self.target_ended(target)]

    def linker_ended(self, linker: str) -> list[Address]:
        """Remove the links that it held. Returns the addresses to which no link is left."""
        left = []
        for target in self._targets.pop(linker, ()):
            linkers = self.linkers[target]
            del linkers[linker]
            if not linkers:
                del self.linkers[target]
                if self._last_there(target):
                    left.append(target.address)
        return left

    def targets_at(self, address: Address) -> list[PID]:
        """Whom somebody here is linked to on that node."""
        return list(self._remote.get(address, ()))

    def addresses(self) -> list[Address]:
        """The other nodes that somebody here is linked to."""
        return list(self._remote)

    def check(self) -> None:
        """What must hold at any time: both directions tell the same, and nothing empty is kept."""
        forward = {(linker, target) for target, linkers in self.linkers.items() for linker in linkers}
        backward = {(linker, target) for linker, targets in self._targets.items() for target in targets}
        assert forward == backward, "links and their reverse differ"
        assert all(self.linkers.values()), "a target without linkers was kept"
        assert all(self._targets.values()), "a linker without targets was kept"
        for address, targets in self._remote.items():
            assert targets, f"{address}: no link is left, but its connection is kept"
            assert all(target in self.linkers for target in targets), f"{address}: a target without linkers"

    def _forget(self, linker: str, target: PID) -> None:
        targets = self._targets[linker]
        del targets[target]
        if not targets:
            del self._targets[linker]

    def _last_there(self, target: PID) -> bool:
        targets = self._remote.get(target.address)
        if targets is None:
            return False
        targets.pop(target, None)
        if targets:
            return False
        del self._remote[target.address]
        return True
