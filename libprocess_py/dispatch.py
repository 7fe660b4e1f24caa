"""Calling a method of another actor of this node: an event like any other, and a future for what it returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from libprocess_py.core.kernel import Kernel
from libprocess_py.errors import RemoteDispatch
from libprocess_py.events import DISPATCH, KEYWORDS
from libprocess_py.future import Promise
from libprocess_py.pid import PID

Method = Callable[..., Any]


def dispatch(kernel: Kernel, to: PID, *, method: Method, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Promise[Any]:
    """Queue the call. The future is abandoned if the actor is not there, or ends before it has served the call.

    Raises TypeError for what cannot be called: the actor that is called must not end by its caller's mistake.
    """
    if not callable(method):
        raise not_a_method(method, to)
    if to.address != kernel.address:
        return _dispatch_there(kernel, to, method=method, args=args, kwargs=kwargs)
    promise: Promise[Any] = Promise()
    kernel.tell(to.id, (KEYWORDS, method, (args, kwargs), promise) if kwargs else (DISPATCH, method, args, promise))
    return promise


def not_a_method(method: object, to: PID) -> TypeError:
    """What is said to whoever wants `method` called."""
    return TypeError(f"dispatch of {method!r} to {to}: expected a method, named through its class (Counter.add)")


def _dispatch_there(
    kernel: Kernel, to: PID, *, method: Method, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Promise[Any]:
    promise = None if kernel.reach is None else kernel.reach.dispatch(to, method, args=args, kwargs=kwargs)
    if promise is None:
        name = getattr(method, "__qualname__", method)
        raise RemoteDispatch(f"{name} was dispatched to {to}: a node that this one is not connected to (Node.connect)")
    return promise
