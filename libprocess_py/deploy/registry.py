"""`Registry`: an actor that knows others by name. An entry goes when its actor ends or its host is lost.

Ask it by dispatch, from its own node or one that has connected to it: `register`, `unregister`, `lookup`, `names`.
`watch` has `Named` sent for every change of a name, the present state first.
"""

from __future__ import annotations

from typing import Any, Final

from libprocess_py.errors import ProtocolError
from libprocess_py.message import Message
from libprocess_py.pid import PID
from libprocess_py.process import Process

REGISTRY_ID: Final = "registry"
NAMES_MAX: Final = 100_000  # Some 50 MB. More names than actors in any deployment is a leak of whoever registers.


class NameTaken(ProtocolError):
    """The name belongs to another actor. Whoever asked is told, and the registry lives on."""


class TooManyNames(ProtocolError):
    """The registry is full."""


class Named(Message):
    """To watchers: who has a name now; nobody if `pid` is None."""

    name: str
    pid: PID | None = None


class Registry(Process):
    """Names of actors, each known only while its actor lives."""

    def __init__(self, id: str = REGISTRY_ID, *, names_max: int = NAMES_MAX) -> None:
        super().__init__(id)
        self._names_max = names_max
        self._pids: dict[str, PID] = {}
        self._names: dict[PID, dict[str, None]] = {}  # In the order of registration: one actor may have several.
        self._watchers: dict[str, dict[PID, None]] = {}

    def register(self, name: str, pid: PID) -> None:
        """Give the name to an actor. Fails with NameTaken; harmless if it has the name already."""
        holder = self._pids.get(name)
        if holder == pid:
            return
        if holder is not None:
            raise NameTaken(f"name {name!r}: it belongs to {holder}")
        if len(self._pids) >= self._names_max:
            raise TooManyNames(f"name {name!r}: there are {self._names_max} already")
        self._pids[name] = pid
        self._names.setdefault(pid, {})[name] = None
        self.link(pid)
        if pid.address != self.node.address:
            self.node.connect(pid.address)  # Where that is possible its end is told, and not only that of its host.
        self._tell(name)

    def unregister(self, name: str) -> bool:
        """Take the name back. Whether anybody had it."""
        pid = self._pids.pop(name, None)
        if pid is None:
            return False
        names = self._names[pid]
        del names[name]
        if not names:
            del self._names[pid]
        self._tell(name)
        return True

    def lookup(self, name: str) -> PID[Any] | None:
        """Who has the name."""
        return self._pids.get(name)

    def names(self) -> dict[str, PID]:
        """Everybody, in the order of registration."""
        return dict(self._pids)

    def watch(self, name: str, watcher: PID) -> None:
        """Have Named sent to `watcher` now and whenever the name changes hands, while it lives."""
        self._watchers.setdefault(name, {})[watcher] = None
        self.link(watcher)
        self.send(watcher, Named(name=name, pid=self._pids.get(name)))

    def exited(self, pid: PID) -> None:
        for name in self._names.pop(pid, ()):
            del self._pids[name]
            self._tell(name)
        for name, watchers in list(self._watchers.items()):
            watchers.pop(pid, None)
            if not watchers:
                del self._watchers[name]

    def _tell(self, name: str) -> None:
        for watcher in self._watchers.get(name, ()):
            self.send(watcher, Named(name=name, pid=self._pids.get(name)))
