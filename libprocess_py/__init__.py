"""Actors in Python after libprocess: processes with mailboxes, addressed by PIDs, on this host or another.

This layer knows nothing of clusters and is usable alone. The names below are all that most programs need; besides them,
`libprocess_py.runtime` starts nodes on real sockets and `libprocess_py.sim` simulates many of them on virtual time.

They are imported when they are first used: launchers import one small module of this package, and live for one exec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from libprocess_py.lazy_names import lazily

if TYPE_CHECKING:
    from libprocess_py.coordination import (
        CountDownLatch,
        Group,
        Mutex,
        Once,
        Queue,
        QueueFull,
        ReadWriteLock,
        Sequence,
        StateMachine,
    )
    from libprocess_py.core.failures import ActorFailed, Policy
    from libprocess_py.core.timers import Timer
    from libprocess_py.errors import (
        ConnectionLost,
        MailboxClosed,
        MailboxFull,
        MalformedMessage,
        NoSuchProcess,
        ProtocolError,
        RemoteDispatch,
    )
    from libprocess_py.events import NOBODY
    from libprocess_py.future import (
        Break,
        Continue,
        Future,
        FutureDiscarded,
        FutureFailed,
        Promise,
        after,
        await_all,
        collect,
        loop,
    )
    from libprocess_py.message import Message, Record
    from libprocess_py.node import Node, NodeOptions
    from libprocess_py.pid import PID, Address
    from libprocess_py.process import Process
    from libprocess_py.rate_limiter import Rate, RateLimiter

_HOMES: Final = {
    "CountDownLatch": "libprocess_py.coordination",
    "Group": "libprocess_py.coordination",
    "Mutex": "libprocess_py.coordination",
    "Once": "libprocess_py.coordination",
    "Queue": "libprocess_py.coordination",
    "QueueFull": "libprocess_py.coordination",
    "ReadWriteLock": "libprocess_py.coordination",
    "Sequence": "libprocess_py.coordination",
    "StateMachine": "libprocess_py.coordination",
    "ActorFailed": "libprocess_py.core.failures",
    "Policy": "libprocess_py.core.failures",
    "Timer": "libprocess_py.core.timers",
    "ConnectionLost": "libprocess_py.errors",
    "MailboxClosed": "libprocess_py.errors",
    "MailboxFull": "libprocess_py.errors",
    "MalformedMessage": "libprocess_py.errors",
    "NoSuchProcess": "libprocess_py.errors",
    "ProtocolError": "libprocess_py.errors",
    "RemoteDispatch": "libprocess_py.errors",
    "NOBODY": "libprocess_py.events",
    "Break": "libprocess_py.future",
    "Continue": "libprocess_py.future",
    "Future": "libprocess_py.future",
    "FutureDiscarded": "libprocess_py.future",
    "FutureFailed": "libprocess_py.future",
    "Promise": "libprocess_py.future",
    "after": "libprocess_py.future",
    "await_all": "libprocess_py.future",
    "collect": "libprocess_py.future",
    "loop": "libprocess_py.future",
    "Message": "libprocess_py.message",
    "Record": "libprocess_py.message",
    "Node": "libprocess_py.node",
    "NodeOptions": "libprocess_py.node",
    "PID": "libprocess_py.pid",
    "Address": "libprocess_py.pid",
    "Process": "libprocess_py.process",
    "Rate": "libprocess_py.rate_limiter",
    "RateLimiter": "libprocess_py.rate_limiter",
}

__all__ = [
    "Process",
    "Message",
    "Record",
    "PID",
    "Address",
    "NOBODY",
    "Node",
    "NodeOptions",
    "Policy",
    "Future",
    "Promise",
    "collect",
    "await_all",
    "after",
    "loop",
    "Continue",
    "Break",
    "Timer",
    "Rate",
    "RateLimiter",
    "Sequence",
    "Mutex",
    "ReadWriteLock",
    "Queue",
    "QueueFull",
    "CountDownLatch",
    "Once",
    "Group",
    "StateMachine",
    "ProtocolError",
    "MalformedMessage",
    "ActorFailed",
    "FutureDiscarded",
    "FutureFailed",
    "MailboxClosed",
    "MailboxFull",
    "ConnectionLost",
    "NoSuchProcess",
    "RemoteDispatch",
]

if not TYPE_CHECKING:  # Type checkers would take every name for one of ours.
    __getattr__, __dir__ = lazily(__name__, _HOMES)
