"""What futures of time and of turns ask of an actor: `Process` has it, which this layer does not know."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol

if TYPE_CHECKING:
    from libprocess_py.core.timers import Timer
    from libprocess_py.future.promise import Future

P = ParamSpec("P")


class Turns(Protocol):
    """An actor, as far as it can be asked to do something in a turn of its own."""

    def delay(self, ns: int, method: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> Timer: ...
    def defer(self, method: Callable[..., Any], *bound: Any) -> Callable[..., Future[Any]]: ...
