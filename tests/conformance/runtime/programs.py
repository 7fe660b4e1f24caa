"""Random programs of actors, and what has to come of them on any set-up.

What differs between set-ups is who runs when. So the model says what must hold whatever the order: each pair of actors
keeps its order, an actor that lives gets all that was sent to it and one that ends a beginning of it, a link is told of
once, a call is answered unless its actor ends, and then it is abandoned.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from libprocess_py import PID, Future, Process
from libprocess_py.node import Node
from tests.conformance.runtime.actors import Note
from tests.conformance.runtime.harness import Harness

MS: Final = 1_000_000
PLACES: Final = 2
FAR: Final = 1  # The place that may crash.


class Puppet(Process):
    """Does what it is told and writes down what happens to it."""

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.got: list[tuple[str, int]] = []
        self.lost: list[str] = []
        self.rung: list[tuple[int, int]] = []

    def say(self, to: PID, numbers: range) -> None:
        for number in numbers:
            self.send(to, Note(number=number))

    def note(self, sender: PID, note: Note) -> None:
        self.got.append((sender.id, note.number))

    def watch(self, to: PID) -> None:
        self.link(to)

    def exited(self, pid: PID) -> None:
        self.lost.append(pid.id)

    def add(self, left: int, right: int) -> int:
        return left + right

    def arm(self, number: int, delays_ms: tuple[int, ...]) -> None:
        for index, delay_ms in enumerate(delays_ms):
            self.delay(delay_ms * MS, self.ring, number, index)

    def ring(self, number: int, index: int) -> None:
        self.rung.append((number, index))

    def fail(self) -> None:
        raise RuntimeError("as the program says")


class World:
    """One set-up with its nodes, puppets and futures."""

    def __init__(self, harness: Harness) -> None:
        self.harness = harness
        self.nodes: list[Node] = [harness.node() for _ in range(PLACES)]
        self.puppets: dict[str, Puppet] = {}
        self.pids: dict[str, PID] = {}
        self.calls: dict[int, Future[int]] = {}

    def spawn(self, id: str, place: int) -> None:
        puppet = self.puppets[id] = Puppet(id)
        self.pids[id] = self.nodes[place].spawn(puppet)


@dataclass
class Actor:
    """What the model knows of one."""

    id: str
    place: int
    is_alive: bool = True
    is_ending: bool = False  # Since the last barrier: what it was told since then it may have done or not.


@dataclass
class Stream:
    """What one actor sent another: numbers from zero."""

    sent: int = 0
    certain: int = 0  # So many have arrived, whatever happens.


@dataclass
class Link:
    """How often one actor is told of the end of another: at least, at most."""

    is_made: bool = False  # Before the last barrier, and not told of since.
    is_new: bool = False
    least: int = 0
    most: int = 0


@dataclass
class Model:
    """The program so far."""

    actors: dict[str, Actor] = field(default_factory=dict)
    streams: dict[tuple[str, str], Stream] = field(default_factory=dict)
    links: dict[tuple[str, str], Link] = field(default_factory=dict)
    calls: dict[int, tuple[Actor, int]] = field(default_factory=dict)
    alarms: dict[int, tuple[Actor, list[int]]] = field(default_factory=dict)  # Indices in the order of their delays.
    is_far_crashed: bool = False

    def living(self) -> list[str]:
        return [id for id, actor in self.actors.items() if actor.is_alive and not actor.is_ending]

    def known(self, place: int | None = None) -> list[str]:
        return [id for id, actor in self.actors.items() if place in (None, actor.place)]

    def add(self, id: str, place: int) -> None:
        self.actors[id] = Actor(id, place)

    def say(self, sender: str, receiver: str, *, count: int) -> range:
        """Returns the numbers that are to be sent."""
        stream = self.streams.setdefault((sender, receiver), Stream())
        stream.sent += count
        return range(stream.sent - count, stream.sent)

    def watch(self, linker: str, target: str) -> bool:
        """False if it was told so since the last barrier: then nobody can say how often it will be told."""
        link = self.links.setdefault((linker, target), Link())
        is_first, link.is_new = not link.is_new, True
        return is_first

    def end(self, id: str) -> None:
        self.actors[id].is_ending = True

    def crash_far(self) -> None:
        self.is_far_crashed = True
        for id in self.known(FAR):
            if self.actors[id].is_alive:
                self.end(id)

    def barrier(self) -> None:
        """All that was told has been done: what can be known now?"""
        for (sender, receiver), stream in self.streams.items():
            if self._are_well(sender, receiver):
                stream.certain = stream.sent
        for (linker, target), link in self.links.items():
            self._settle_link(link, linker=self.actors[linker], target=self.actors[target])
        for actor in self.actors.values():
            if actor.is_ending:
                actor.is_alive = actor.is_ending = False

    def _are_well(self, *ids: str) -> bool:
        return all(self.actors[id].is_alive and not self.actors[id].is_ending for id in ids)

    def _settle_link(self, link: Link, *, linker: Actor, target: Actor) -> None:
        """An end is told of on the same node; on another one only the end of the connection, and so of the node."""
        if self._are_well(target.id) or not (linker.is_alive and (link.is_made or link.is_new)):
            link.is_made = (link.is_made or link.is_new) and linker.is_alive
        elif linker.place == target.place or (target.place == FAR and self.is_far_crashed):
            link.most += link.is_made + link.is_new
            link.least += not linker.is_ending
            link.is_made = False
        else:
            link.is_made = True
        link.is_new = False


def disagreements(model: Model, world: World) -> Iterator[str]:
    """What this world should have done, or should not."""
    yield from _wrong_streams(model, world)
    for (linker, target), link in model.links.items():
        told = Counter(world.puppets[linker].lost)[target]
        if not link.least <= told <= link.most:
            yield f"{linker} was told {told} times of the end of {target}, not {link.least} to {link.most}"
    for id, puppet in world.puppets.items():
        strangers = set(puppet.lost) - {target for linker, target in model.links if linker == id}
        if strangers:
            yield f"{id} was told of {strangers}, to whom it has no link"
    yield from _wrong_calls(model, world)
    for number, (actor, order) in model.alarms.items():
        rung = [index for alarm, index in world.puppets[actor.id].rung if alarm == number]
        if rung != order[: len(rung)] or (len(rung) < len(order) and actor.is_alive and not actor.is_ending):
            yield f"alarms {number} of {actor.id} rang {rung}, not {order}"


def _wrong_streams(model: Model, world: World) -> Iterator[str]:
    for id, puppet in world.puppets.items():
        streams: dict[str, list[int]] = {}
        for sender, number in puppet.got:
            streams.setdefault(sender, []).append(number)
        for sender in {*streams, *(one for one, to in model.streams if to == id)}:
            numbers, stream = streams.get(sender, []), model.streams.get((sender, id), Stream())
            if numbers != list(range(len(numbers))) or not stream.certain <= len(numbers) <= stream.sent:
                yield f"{id} got {numbers} of {sender}, not the first {stream.certain} to {stream.sent} numbers"


def _wrong_calls(model: Model, world: World) -> Iterator[str]:
    for number, (actor, expected) in model.calls.items():
        call = world.calls[number]
        if model.is_far_crashed and actor.place == FAR:
            continue  # Whoever had asked is gone, too.
        if call.is_ready and call.get() != expected:
            yield f"call {number} returned {call.get()}, not {expected}"
        elif not call.is_ready and not (call.abandoned and not actor.is_alive):
            yield f"call {number} of {actor.id} is {call}"
