"""What a test leaves behind: actors that outlive who spawned them, timers, futures that nobody completes, sockets.

`Watch` is entered before the test and asked after it. It ends what the test itself spawned, as the end of a program
would, and tells what is left then; when `strict`, the test has to end its actors itself.

A future is lost when somebody waits for it and nobody is left to complete it: it is pending, and not abandoned, after
all actors have ended. What was made on a node that crashed is not looked at: it went down with it. Promises are noted
only while somebody watches, by a constructor that takes the place of their own, so that the runtime keeps no list.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

from libprocess_py.core.kernel import Kernel
from libprocess_py.core.mailbox import ENDED
from libprocess_py.future import Promise
from libprocess_py.node import Node
from libprocess_py.process import Process
from libprocess_py.sim.simulation import Simulation
from libprocess_py.testing.lineage import Lineage

ACTORS: Final = "actors"
TIMERS: Final = "timers"
FUTURES: Final = "futures"
SOCKETS: Final = "sockets"
KINDS: Final = (ACTORS, TIMERS, FUTURES, SOCKETS)

DESCRIPTORS: Final = Path("/proc/self/fd")  # On Linux; elsewhere sockets are not looked for.
SWEEP_MIN: Final = 1_000  # Promises that are kept before the settled ones are let go.
PACKAGE: Final = str(Path(__file__).parents[1]) + os.sep

_INIT: Final = "__init__"


@dataclass(frozen=True, slots=True)
class Leak:
    """One thing that was left."""

    kind: str  # One of KINDS.
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


class Watch:
    """What is there when it is entered is none of its business. Watches do not nest."""

    def __init__(self) -> None:
        self.lineage = Lineage()
        self._made: list[_Made] = []
        self._sweep_at = SWEEP_MIN
        self._sockets: frozenset[str] = frozenset()

    def __enter__(self) -> Watch:
        assert _INIT not in Promise.__dict__, "somebody else watches already"
        self._sockets = _open_sockets()
        begin = Promise.__init__

        def noted(promise: Promise[Any]) -> None:
            begin(promise)
            self._note(promise)

        setattr(Promise, _INIT, noted)
        return self

    def __exit__(self, *_: object) -> None:
        delattr(Promise, _INIT)

    def leaks(self, simulation: Simulation | None = None, *, strict: bool = False) -> list[Leak]:
        """End the actors of the simulation and tell what is left, of it and of everything else."""
        found = [] if simulation is None else list(self._of_simulation(simulation, strict=strict))
        return [*found, *self._futures(), *(Leak(SOCKETS, name) for name in sorted(_open_sockets() - self._sockets))]

    def _of_simulation(self, simulation: Simulation, *, strict: bool) -> Iterator[Leak]:
        if not strict:
            self._end_roots(simulation)
        for node in simulation.nodes:
            for process in _actors(node):
                parent = self.lineage.parent_of(process)
                yield Leak(ACTORS, f"{process.pid}" + (f", spawned by {parent}" if parent else ""))
            for timer in node.kernel.timers:
                if timer.owner._process_phase is not ENDED or strict:
                    yield Leak(TIMERS, f"{timer.name} of {timer.owner._process_pid}")
        for node in simulation.nodes:
            node.finalize()
        simulation.settle()

    def _end_roots(self, simulation: Simulation) -> None:
        """What was spawned from outside ends, the newest first: it is up to each to end what it spawned."""
        for node in reversed(simulation.nodes):
            for process in reversed(_actors(node)):
                if self.lineage.parent_of(process) is None:
                    node.terminate(process.pid)
            simulation.settle()

    def _note(self, promise: Promise[Any]) -> None:
        """Keep it, so that it can be found when its owner has forgotten it."""
        self._made.append(_made(promise))
        if len(self._made) >= self._sweep_at:
            self._made = [made for made in self._made if not made.promise.is_settled]
            self._sweep_at = max(SWEEP_MIN, 2 * len(self._made))

    def _futures(self) -> Iterator[Leak]:
        for made in self._made:
            went_down = made.kernel is not None and bool(made.kernel.mailboxes)
            if made.promise.is_awaited and not made.promise.is_settled and not went_down:
                yield Leak(FUTURES, f"somebody waits for one that was made {made.place}")


@dataclass(frozen=True, slots=True)
class _Made:
    """A promise, where it was made, and on which node, if it was on one."""

    promise: Promise[Any]
    place: str
    kernel: Kernel | None


def told(leaks: Iterable[Leak]) -> str:
    """One line for each, equal ones counted."""
    lines: dict[str, int] = {}
    for leak in leaks:
        lines[str(leak)] = lines.get(str(leak), 0) + 1
    return "\n".join(line if count == 1 else f"{line} ({count} times)" for line, count in lines.items())


def _actors(node: Node) -> list[Process]:
    return [mailbox for mailbox in node.kernel.mailboxes.values() if isinstance(mailbox, Process)]


def _made(promise: Promise[Any]) -> _Made:
    """By the nearest place outside of the runtime, or the nearest one in it if the runtime did it by itself."""
    frame: FrameType | None = sys._getframe(3)
    nearest, outside, kernel = frame, None, None
    while frame is not None and (outside is None or kernel is None):
        if not frame.f_code.co_filename.startswith(PACKAGE):
            outside = outside or frame
        elif kernel is None:
            local = frame.f_locals
            kernel = next((one for one in (local.get("kernel"), local.get("self")) if isinstance(one, Kernel)), None)
        frame = frame.f_back
    place = outside or nearest
    assert place is not None
    return _Made(promise, _place(place), kernel)


def _place(frame: FrameType) -> str:
    return f"in {frame.f_code.co_qualname}, {Path(frame.f_code.co_filename).name}:{frame.f_lineno}"


def _open_sockets() -> frozenset[str]:
    """The sockets that this OS process holds, by the kernel's own numbers."""
    names = set()
    try:
        entries = list(DESCRIPTORS.iterdir())
    except OSError:
        return frozenset()
    for entry in entries:
        try:
            name = os.readlink(entry)  # No path: `socket:[4711]`.
        except OSError:
            continue  # It was closed meanwhile: the descriptor of the listing, always.
        if name.startswith("socket:"):
            names.add(name)
    return frozenset(names)
