"""The node that `flood` floods: actors that take the flood, and one that notes what the others notice of it.

What is waited for is counted by an actor and asked for with `?at=NUMBER`: the answer comes when the count is there, so
that nobody asks again and again, who would be a flood of its own.
"""

from __future__ import annotations

import json
import time
from typing import Final

import psutil

from bench.actors.sides import pin, stand_by
from libprocess_py.duration import MILLISECOND
from libprocess_py.future import Future, Promise
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.message import Message
from libprocess_py.pid import PID, Address
from libprocess_py.process import Process
from libprocess_py.runtime.loop_node import LoopNode
from libprocess_py.runtime.program import run

MESSAGES: Final = 1_000_000  # That a `Flooder` sends.
BURST: Final = 1_000  # So many of them in a turn.
SLOW_HANDLER_S: Final = 50e-6
PAGE: Final = 1_000_000
PULSE_NS: Final = 2 * MILLISECOND
ROUNDS_PER_LOOK: Final = 10  # At the memory: a look is a system call.


class Tell(Message):
    padding: str = ""


class Counting(Process):
    """Counts, and answers who waits for a number. One may wait at a time."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id)
        self.counted = 0
        self._awaited = 0
        self._answer: Promise[Response] = Promise()

    def text(self) -> str:
        """The answer, when the number is reached."""
        return str(self.counted)

    def wait_for(self, request: Request) -> Future[Response]:
        self._awaited, self._answer = int(request.query["at"]), Promise()
        answer = self._answer
        self.count(0)
        return answer

    def count(self, number: int) -> None:
        self.counted += number
        if self.counted >= self._awaited and self._answer.is_pending:
            self._answer.set(Response.text(200, self.text()))


class Sink(Counting):
    """Takes what it is told, and counts it."""

    def __init__(self, id: str = "sink") -> None:
        super().__init__(id)

    def initialize(self) -> None:
        self.route("/told", self.wait_for, help="How many messages came, when so many did.")
        self.route("/page", self.page, help="A megabyte.")

    def tell(self, sender: PID, message: Tell) -> None:
        self.count(1)

    def page(self, _: Request) -> Response:
        return Response(200, bytes(PAGE))


class Slow(Sink):
    """Needs its time for each."""

    def __init__(self) -> None:
        super().__init__("slow")

    def tell(self, sender: PID, message: Tell) -> None:
        end = time.perf_counter() + SLOW_HANDLER_S
        while time.perf_counter() < end:
            pass
        self.count(1)


class Neighbour(Process):
    def answer(self) -> None:
        """Nothing: the round is what counts."""


class Pulse(Counting):
    """Notes every round how late its timer and its neighbour were, and how large the process is."""

    def __init__(self, neighbour: PID) -> None:
        super().__init__("pulse")
        self.neighbour = neighbour
        self.late_ns: list[int] = []
        self.largest = 0
        self.me = psutil.Process()
        self.due = 0

    def initialize(self) -> None:
        self.route("/report", self.wait_for, help="What was noted, when so many rounds are made.")
        self.begin()

    def begin(self) -> None:
        self.due = self.clock.now() + PULSE_NS
        self.delay(PULSE_NS, self.beat)

    def beat(self) -> None:
        self.dispatch(self.neighbour, Neighbour.answer).on_ready(lambda _: self.note())

    def note(self) -> None:
        self.late_ns.append(self.clock.now() - self.due)
        if self.counted % ROUNDS_PER_LOOK == 0:
            self.largest = max(self.largest, self.me.memory_info().rss)
        self.count(1)
        self.begin()

    def text(self) -> str:
        late = sorted(self.late_ns)
        told = {"p99_s": late[len(late) * 99 // 100] / 1e9, "max_s": late[-1] / 1e9, "rss": self.largest}
        return json.dumps(told | {"rounds": self.counted})


class Flooder(Counting):
    """Sends more to a peer than that one reads."""

    def __init__(self, peer: PID) -> None:
        super().__init__()
        self.peer = peer

    def initialize(self) -> None:
        self.route("/sent", self.wait_for, help="How many messages were sent, when so many are.")
        self.go_on()

    def go_on(self) -> None:
        for _ in range(BURST):
            self.send(self.peer, Tell(padding="x" * 100))
        self.count(BURST)
        if self.counted < MESSAGES:
            self.dispatch(self.pid, Flooder.go_on)


class Front(Process):
    """Starts what a scenario asks for."""

    def __init__(self) -> None:
        super().__init__("front")

    def initialize(self) -> None:
        self.route("/flood", self.flood, help="Send a million messages to the address in the body.")

    def flood(self, request: Request) -> Response:
        peer = PID("sink", Address.parse(request.body.decode()))
        return Response.text(200, str(self.node.spawn(Flooder(peer)).id))


async def serve(node: LoopNode) -> int:
    """Be the node under test."""
    node.spawn(Sink())
    node.spawn(Slow())
    node.spawn(Front())
    node.spawn(Pulse(node.spawn(Neighbour())))
    return await stand_by(node.address)


if __name__ == "__main__":
    pin(1)
    run(serve)
