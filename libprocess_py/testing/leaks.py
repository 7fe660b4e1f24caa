"""What a test leaves behind: actors that outlive who spawned them, timers, futures that nobody completes, sockets.

`Watch` is entered before the test and asked after it. It ends what the test itself spawned, as the end of a program
would, and tells what is left then; when `strict`, the test has to end its actors itself.

Pending futures are found by the garbage collector, so that the runtime need not keep a list of them; where each was
made is noted only while somebody watches.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

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
        self._made: dict[int, str] = {}  # By identity: a promise that takes the place of another is noted anew.
        self._sockets: frozenset[str] = frozenset()

    def __enter__(self) -> Watch:
        assert _INIT not in Promise.__dict__, "somebody else watches already"
        self._sockets = _open_sockets()
        made, begin = self._made, Promise.__init__

        def noted(promise: Promise[Any]) -> None:
            begin(promise)
            made[id(promise)] = _caller()

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

    def _futures(self) -> Iterator[Leak]:
        gc.collect()
        for found in gc.get_objects():
            if type(found) is Promise and not found.is_settled and id(found) in self._made:
                yield Leak(FUTURES, f"pending, made {self._made[id(found)]}")


def told(leaks: Iterable[Leak]) -> str:
    """One line for each, equal ones counted."""
    lines: dict[str, int] = {}
    for leak in leaks:
        lines[str(leak)] = lines.get(str(leak), 0) + 1
    return "\n".join(line if count == 1 else f"{line} ({count} times)" for line, count in lines.items())


def _actors(node: Node) -> list[Process]:
    return [mailbox for mailbox in node.kernel.mailboxes.values() if isinstance(mailbox, Process)]


def _caller() -> str:
    """The nearest place outside of the runtime, or the nearest one in it if the runtime did it by itself."""
    nearest = frame = sys._getframe(2)
    while frame.f_code.co_filename.startswith(PACKAGE):
        if frame.f_back is None:
            return _place(nearest)
        frame = frame.f_back
    return _place(frame)


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
