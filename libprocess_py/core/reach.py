"""What reaches actors of other nodes for more than messages and the loss of connections.

A kernel alone dispatches to, ends, and truly watches actors of its own node only. Where the other node agrees, somebody
above (`libprocess_py.deploy`) carries all three there; then the same calls work wherever a PID lives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from libprocess_py.future import Promise
from libprocess_py.pid import PID


class Reach(Protocol):
    """Asked for PIDs of other nodes only."""

    def linked(self, to: PID) -> None:
        """Somebody here links to it for the first time: have `Kernel.remote_ended` called when it ends."""

    def dispatch(
        self, to: PID, method: Callable[..., Any], *, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Promise[Any] | None:
        """Call a method there. None if that node is out of reach."""

    def terminate(self, to: PID, *, inject: bool) -> bool:
        """End it. False if its node is out of reach."""
