"""Chance from one seed: named streams, so that a new use of chance changes no other.

A stream is seeded with a hash of the seed and its name, never with `hash()`, which differs from one OS process to the
next. With a decision log every draw is a record.
"""

from __future__ import annotations

from hashlib import blake2b
from random import Random
from typing import Final

from libprocess_py.core.decision_log import DecisionLog
from libprocess_py.sim.agenda import Agenda

_MASK: Final = (1 << 64) - 1


def seed_of(seed: int, name: str) -> int:
    """256 bits that depend on the seed and the name, and on nothing else."""
    return int.from_bytes(blake2b(f"{seed}/{name}".encode(), digest_size=32).digest(), "big")


class LoggedRandom(Random):
    """A stream whose draws are recorded. Every other method of `Random` draws through these two."""

    def __init__(self, seed: int, *, name: str, log: DecisionLog, agenda: Agenda) -> None:
        self._name = name
        self._log = log
        self._agenda = agenda
        super().__init__(seed)

    def random(self) -> float:
        drawn = super().random()
        self._log.record("random", repr(drawn), now=self._agenda.now, who=self._name)
        return drawn

    def getrandbits(self, k: int, /) -> int:
        drawn = super().getrandbits(k)
        self._log.record("random", str(drawn), now=self._agenda.now, who=self._name)
        return drawn


class Chance:
    """The streams of one simulation."""

    def __init__(self, seed: int, agenda: Agenda, *, log: DecisionLog | None) -> None:
        self.seed = seed
        self._agenda = agenda
        self._log = log

    def stream(self, name: str) -> Random:
        """A new stream. Asked for twice, the same numbers come twice."""
        seed = seed_of(self.seed, name)
        if self._log is None:
            return Random(seed)
        return LoggedRandom(seed, name=name, log=self._log, agenda=self._agenda)


class PairStream:
    """A stream of 64-bit numbers in a few bytes (splitmix64): each pair of nodes has one, and pairs may be many."""

    __slots__ = ("_state",)

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    def below(self, bound: int) -> int:
        """A number from 0 to `bound` - 1. The bias of the remainder is far below what a simulation can see."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return (mixed ^ (mixed >> 31)) % bound
