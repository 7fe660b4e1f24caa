"""The seam between a node and what drives it: real sockets and wall time, or a simulated network and virtual time.

A `Node` owns everything that is decided (mailboxes, run queue, timers, links, routes); a `Driver` owns everything that
is given (time, chance, bytes to and from other nodes). A driver calls `Node.step`, `Node.deliver`, `Node.request` and
`Node.connection_lost`; a node calls what is declared here. Nothing above this seam can tell which driver it has.
All calls, both ways, happen on the driver's one thread.
"""

from __future__ import annotations

import enum
from random import Random
from typing import TYPE_CHECKING, Protocol

from libprocess_py.future import Future
from libprocess_py.http.client import Endpoint, HttpConnection
from libprocess_py.pid import PID, Address

if TYPE_CHECKING:
    from ssl import SSLContext


class Delivery(enum.Enum):
    """What became of a message from outside; the wire answers 202, 404, 400, 403 or 503."""

    DELIVERED = "delivered"  # Also a name that nobody handles: libprocess answers 202 there, and so do we.
    NO_SUCH_PROCESS = "no such process"
    MALFORMED = "malformed"
    FULL = "mailbox full"
    FORBIDDEN = "forbidden"  # Its receiver takes messages of peers only that have proved who they are.


class Driver(Protocol):
    """What a node needs from the world. One driver serves one node."""

    def now(self) -> int:
        """Nanoseconds since the epoch. Never goes back."""

    def wake(self) -> None:
        """There is runnable work: call `node.step` soon. Asked once; asked again only after a step ran dry."""

    def arm(self, due: int | None) -> None:
        """The earliest timer is due then (None: there is none). Call `node.step` soon after, and never before."""

    def transmit(self, to: PID, sender: PID | None, *, name: str, body: bytes, trace: str = "") -> str | None:
        """Carry a message to another node: at most once, in order per pair of nodes. Never calls back at once.

        Why it was dropped already (see `core.drops`), if so, for its sender.
        `trace` is the header that a tracer there may want to see; it may be lost.
        """

    def connect(self, address: Address, *, anew: bool = False) -> None:
        """A process links to one at `address`: keep a connection, and tell `node.connection_lost` when it ends.

        Asked for every new link, so that a link made after a loss opens a connection anew; harmless while one is open,
        unless `anew`: then another one takes its place, and the end of the old one is no news. Never calls the node
        back at once.
        """

    def disconnect(self, address: Address) -> None:
        """No process here is linked to one at `address` any more."""

    def random(self, name: str) -> Random:
        """The random stream of that name: seeded from the run's seed and the name, or from the system."""

    def unique_id(self) -> str:
        """A new uuid4 in text form, from the run's seed or the system."""

    def abort(self, error: BaseException) -> None:
        """An actor failed under `Policy.ABORT_NODE`: stop this node as if its OS process had died; report `error`."""

    def reap(self, os_pid: int) -> Future[int | None]:
        """The exit status of a child process, None when it is not ours. Never fails. None at once in simulation."""

    def connect_http(self, endpoint: Endpoint, *, tls: SSLContext | None) -> HttpConnection:
        """Open a connection to ask something by HTTP. Whether it can be made shows later. A simulation knows no TLS."""
