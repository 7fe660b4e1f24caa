"""Actors of simulated nodes: one that counts what it gets, and a small crowd for whole runs."""

from __future__ import annotations

from libprocess_py import PID, Message, Process


class Tick(Message):
    """A numbered message with something unordered in it."""

    number: int
    tags: frozenset[str] = frozenset()


class Counted(Process):
    """Keeps numbers with the time of their arrival."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id)
        self.numbers: list[int] = []
        self.times: list[int] = []
        self.lost: list[PID] = []
        self.finalized = False

    def finalize(self) -> None:
        self.finalized = True

    def exited(self, pid: PID) -> None:
        self.lost.append(pid)

    def tick(self, sender: PID, tick: Tick) -> None:
        self.numbers.append(tick.number)
        self.times.append(self.clock.now())

    def send_to(self, to: PID, *numbers: int) -> None:
        for number in numbers:
            self.send(to, Tick(number=number))

    def watch_anew(self, to: PID) -> None:
        self.link(to, reconnect=True)

    def watch(self, to: PID) -> None:
        self.link(to)


class Gossip(Process):
    """Sends what it hears on to somebody else, after a random while: every kind of decision in a few lines."""

    def __init__(self, others: list[PID]) -> None:
        super().__init__()
        self.others = others
        self.heard = 0

    def initialize(self) -> None:
        for other in self.others:
            self.link(other)
        self.delay(self.random("delay").randrange(1_000_000), self.say, 0)

    def say(self, number: int) -> None:
        to = self.random("choice").choice(self.others) if self.others else self.pid
        self.send(to, Tick(number=number, tags=frozenset({"alpha", "beta", "gamma", self.unique_id()})))

    def tick(self, sender: PID, tick: Tick) -> None:
        self.heard += 1
        self.delay(self.random("delay").randrange(40_000_000), self.say, tick.number + len(tick.tags))
        self.dispatch(self.pid, Gossip.note, {"sender": sender, "tags": tick.tags})

    def note(self, facts: dict[str, object]) -> int:
        return len(facts)

    def exited(self, pid: PID) -> None:
        self.others = [other for other in self.others if other != pid]
