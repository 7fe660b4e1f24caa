"""A driver for tests of what is above the seam: time stands still until a test moves it, and nothing runs by itself."""

from __future__ import annotations

from random import Random
from ssl import SSLContext

from libprocess_py import PID, Address, Future, Node, NodeOptions
from libprocess_py.future import ready
from libprocess_py.http.client import Endpoint, HttpConnection


class StillDriver:
    """Remembers what it was asked for."""

    def __init__(self) -> None:
        self.time = 1_000
        self.wakes = 0
        self.armed: int | None = None
        self.sent: list[tuple[PID, PID | None, str, bytes]] = []
        self.calls: list[tuple[str, Address]] = []
        self.error: BaseException | None = None
        self.refuses: str | None = None  # Why nothing is sent.

    def now(self) -> int:
        return self.time

    def wake(self) -> None:
        self.wakes += 1

    def arm(self, due: int | None) -> None:
        self.armed = due

    def transmit(self, to: PID, sender: PID | None, *, name: str, body: bytes, trace: str = "") -> str | None:
        if self.refuses is None:
            self.sent.append((to, sender, name, body))
        return self.refuses

    def connect(self, address: Address, *, anew: bool = False) -> None:
        self.calls.append(("connect", address))

    def disconnect(self, address: Address) -> None:
        self.calls.append(("disconnect", address))

    def random(self, name: str) -> Random:
        return Random(name)

    def unique_id(self) -> str:
        return "00000000-0000-4000-8000-000000000000"

    def abort(self, error: BaseException) -> None:
        self.error = error

    def connect_http(self, endpoint: Endpoint, *, tls: SSLContext | None) -> HttpConnection:
        raise AssertionError(f"nothing here asks {endpoint.host}")

    def reap(self, os_pid: int) -> Future[int | None]:
        return ready(None)


def a_node(options: NodeOptions | None = None) -> tuple[Node, StillDriver]:
    driver = StillDriver()
    return Node(Address("10.0.0.1", 5050), driver, options=options), driver


def run(node: Node) -> None:
    """Step until nothing is left to do."""
    while node.step():
        pass
