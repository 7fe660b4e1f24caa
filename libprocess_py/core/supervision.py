"""Who is started, stopped and restarted by a supervisor: decisions only.

A child is DOWN, STARTING, UP, STOPPING, or WAITING for its backoff to pass. What is told here moves one child, and
`_advance` says what follows for all: first the *doomed* go down, the last one first and one at a time, then those that
are wanted start, first one first. Where the order counts (every strategy but one-for-one) nobody starts before all that
come before are up, and nobody before all the doomed are down.

A restart is counted when it is decided. More than `restarts_max` within `window_ns` mean that restarting does not help:
the supervisor stops everybody and fails, for whoever is linked to it to do better.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from libprocess_py.duration import MILLISECOND, MINUTE, SECOND, format_duration
from libprocess_py.errors import ProtocolError

ATTEMPTS_MAX: Final = 64  # Of which the backoff takes note: by then any doubling has met its bound.


class ChildExists(ProtocolError):
    """A child was to be added under an id that one has: whoever asked is at fault, and the supervisor lives on."""


class Restart(enum.Enum):
    """What the end of a child means."""

    PERMANENT = "permanent"  # It is started again, however it ended.
    TRANSIENT = "transient"  # It is started again if it failed; its work may be done.
    TEMPORARY = "temporary"  # It is gone.


class Strategy(enum.Enum):
    """Who else is started anew with a child that is restarted."""

    ONE_FOR_ONE = "one_for_one"
    REST_FOR_ONE = "rest_for_one"  # Those that come after it: they may depend on it.
    ONE_FOR_ALL = "one_for_all"


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long a child waits for its next start. It begins anew when a child has stayed up for `max_ns`."""

    first_ns: int = 100 * MILLISECOND
    max_ns: int = 30 * SECOND
    factor: int = 2
    jitter: float = 0.5  # Up to this part is taken off by chance: many that failed together come back apart.

    def delay(self, attempt: int, draw: float) -> int:
        """Before restart number `attempt`, from 0; `draw` is a random number from 0 to 1."""
        factor: int = self.factor ** min(attempt, ATTEMPTS_MAX)
        full = min(self.max_ns, self.first_ns * factor)
        return full - int(full * self.jitter * draw)


@dataclass(frozen=True, slots=True)
class Rules:
    """How a supervisor goes about it."""

    strategy: Strategy = Strategy.ONE_FOR_ONE
    restarts_max: int = 5  # With the backoff above these take three seconds: what passes by itself has passed.
    window_ns: int = MINUTE
    backoff: Backoff = Backoff()


@dataclass(frozen=True, slots=True)
class Start:
    """Start that child; tell `started` or `ended`."""

    id: str


@dataclass(frozen=True, slots=True)
class Stop:
    """End that child, or give up its start; tell `ended`."""

    id: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Tell `waited` after that time."""

    id: str
    ns: int


@dataclass(frozen=True, slots=True)
class End:
    """Nobody is left: the supervisor ends, as a failure if there is one."""

    failure: str | None


Effect = Start | Stop | Wait | End
Effects = tuple[Effect, ...]


class Phase(enum.Enum):
    """Where a child stands."""

    DOWN = "down"
    STARTING = "starting"
    UP = "up"
    STOPPING = "stopping"
    WAITING = "waiting"


@dataclass(slots=True)
class _Child:
    id: str
    restart: Restart
    phase: Phase = Phase.DOWN
    wanted: bool = True
    doomed: bool = False  # It has to go down, whether or not it comes back.
    attempts: int = 0  # Restarts since it last stayed up.
    since: int = 0  # When it came up.


class Supervision:
    """The books of one supervisor. Every method returns what is to be done."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._children: dict[str, _Child] = {}  # In the order in which they start.
        self._restarts: list[int] = []  # When those of the window were decided.
        self._stopping = self._over = False
        self._failure: str | None = None

    def phases(self) -> dict[str, Phase]:
        """Every child that there is, in order."""
        return {id: child.phase for id, child in self._children.items()}

    def add(self, *children: tuple[str, Restart]) -> Effects:
        """More children, after those that there are. Raises ChildExists, and adds none then."""
        if self._stopping:
            return ()
        added: dict[str, _Child] = {}
        for id, restart in children:
            if id in self._children or id in added:
                raise ChildExists(f"child {id!r}: there is one of that id")
            added[id] = _Child(id, restart)
        self._children |= added
        return self._advance()

    def remove(self, id: str) -> Effects:
        """That child is no longer wanted; its end is awaited like any other."""
        child = self._children.get(id)
        if child is not None:
            self._dismiss(child)
        return self._advance()

    def started(self, id: str, *, now: int) -> Effects:
        """The start that was asked for succeeded."""
        child = self._children.get(id)
        if child is None or child.phase is not Phase.STARTING:
            return ()
        child.phase, child.since = Phase.UP, now
        return self._advance()

    def ended(self, id: str, *, failed: bool, now: int, draw: float, counts: bool = True) -> Effects:
        """A child ended, or its start failed. `draw` is a random number from 0 to 1.

        Without `counts` it was none of its doing: it is started again however often that was so lately.
        """
        child = self._children.get(id)
        if child is None or child.phase in (Phase.DOWN, Phase.WAITING):
            return ()
        expected = child.doomed
        was_up_for = now - child.since if child.phase is Phase.UP else 0
        child.phase, child.doomed = Phase.DOWN, False
        waits: Effects = ()
        if expected:
            child.wanted = child.wanted and child.restart is not Restart.TEMPORARY
        elif child.restart is Restart.PERMANENT or (failed and child.restart is Restart.TRANSIENT):
            waits = self._restart(child, was_up_for, now=now, draw=draw, counts=counts)
        else:
            child.wanted = False
        if not child.wanted:
            self._children.pop(id, None)
        return waits + self._advance()

    def waited(self, id: str) -> Effects:
        """The time that a child had to wait is over."""
        child = self._children.get(id)
        if child is None or child.phase is not Phase.WAITING:
            return ()
        child.phase = Phase.DOWN
        return self._advance()

    def stop(self) -> Effects:
        """Nobody is wanted any more, and the supervisor neither."""
        self._give_up()
        return self._advance()

    def check(self) -> None:
        """What must hold at any time."""
        for id, child in self._children.items():
            assert id == child.id
            assert child.wanted or child.doomed, f"{id}: nobody wants it, and it stays"
            if child.doomed:
                assert child.phase not in (Phase.DOWN, Phase.WAITING), f"{id}: it is down already"
            assert child.doomed or child.phase is not Phase.STOPPING, f"{id}: it goes down for no reason"
        assert len(self._restarts) <= self._rules.restarts_max, "more restarts than there may be"

    def _restart(self, child: _Child, was_up_for: int, *, now: int, draw: float, counts: bool) -> Effects:
        rules = self._rules
        self._restarts = [at for at in self._restarts if now - at < rules.window_ns]
        if counts and len(self._restarts) >= rules.restarts_max:
            window = format_duration(rules.window_ns)
            self._failure = f"{child.id} needs a restart after {rules.restarts_max} of them within {window}"
            self._give_up()
            return ()
        if counts:
            self._restarts.append(now)
        if was_up_for >= rules.backoff.max_ns:
            child.attempts = 0
        delay = rules.backoff.delay(child.attempts, draw)
        child.attempts += 1
        child.phase = Phase.WAITING
        for other in self._siblings(child):
            other.doomed = other.phase not in (Phase.DOWN, Phase.WAITING)
        return (Wait(child.id, delay),)

    def _give_up(self) -> None:
        self._stopping = True
        for child in list(self._children.values()):
            self._dismiss(child)

    def _siblings(self, child: _Child) -> list[_Child]:
        """Who is started anew with it."""
        children = list(self._children.values())
        if self._rules.strategy is Strategy.ONE_FOR_ONE:
            return []
        if self._rules.strategy is Strategy.REST_FOR_ONE:
            return children[children.index(child) + 1 :]
        return children

    def _dismiss(self, child: _Child) -> None:
        child.wanted = False
        child.doomed = child.phase not in (Phase.DOWN, Phase.WAITING)
        if not child.doomed:
            self._children.pop(child.id, None)

    def _advance(self) -> Effects:
        doomed = [child for child in self._children.values() if child.doomed]
        effects: list[Effect] = []
        falling = any(child.phase is Phase.STOPPING for child in doomed)
        if doomed and not falling:
            doomed[-1].phase = Phase.STOPPING
            effects.append(Stop(doomed[-1].id))
        if self._stopping:
            if not doomed and not self._over:
                self._over = True
                effects.append(End(self._failure))
            return tuple(effects)
        ordered = self._rules.strategy is not Strategy.ONE_FOR_ONE
        if ordered and doomed:
            return tuple(effects)
        for child in self._children.values():
            if child.phase is Phase.DOWN and child.wanted:
                child.phase = Phase.STARTING
                effects.append(Start(child.id))
            if ordered and child.phase is not Phase.UP:
                break
        return tuple(effects)
