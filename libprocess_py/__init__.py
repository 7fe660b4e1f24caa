"""Actors in Python after libprocess: processes with mailboxes, addressed by PIDs, on this host or another.

This layer knows nothing of clusters and is usable alone. The names below are all that most programs need; besides them,
`libprocess_py.runtime` starts nodes on real sockets and `libprocess_py.sim` simulates many of them on virtual time.
"""

from libprocess_py.core.kernel import ActorFailed, Policy
from libprocess_py.core.timers import Timer
from libprocess_py.errors import MailboxClosed, MalformedMessage, ProtocolError, RemoteDispatch
from libprocess_py.events import NOBODY
from libprocess_py.future import Future, FutureDiscarded, FutureFailed, Promise, collect
from libprocess_py.message import Message, Record
from libprocess_py.node import Node, NodeOptions
from libprocess_py.pid import PID, Address
from libprocess_py.process import Process, install

__all__ = [
    "Process",
    "install",
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
    "Timer",
    "ProtocolError",
    "MalformedMessage",
    "ActorFailed",
    "FutureDiscarded",
    "FutureFailed",
    "MailboxClosed",
    "RemoteDispatch",
]
