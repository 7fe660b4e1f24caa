"""Two nodes on real sockets, one of which has a spawner, and payloads that tell whether they were unpickled."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final

from libprocess_py.auth.core.secret import Secret
from libprocess_py.deploy import Spawner
from libprocess_py.deploy.messages import SPAWNER_ID, Call, Spawn
from libprocess_py.deploy.remotes import Remotes
from libprocess_py.deploy.shipping import here, name_of
from libprocess_py.pid import PID
from libprocess_py.runtime.loop_node import LoopNode, start_node
from libprocess_py.runtime.settings import NodeSettings
from tests.libprocess_py.deploy.actors import Counter
from tests.support.event_loop import until

OURS: Final = NodeSettings(secrets=(Secret(b"ours" * 8),))
OTHER: Final = NodeSettings(secrets=(Secret(b"other" * 8),))
PLAIN: Final = replace(OURS, plain_peers=(ip_network("127.0.0.0/8"),))  # Those may talk, but have proved nothing.


class Mark(int):
    """Unpickling it leaves a file. For type checkers it is a number, so that actors of numbers take it."""

    def __new__(cls, path: Path) -> Mark:
        return super().__new__(cls)

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.touch, (self._path,)


def a_spawn(payload: bytes, *, digest: str = "") -> Spawn:
    """Of a counter."""
    return Spawn(call="1", kind=name_of(Counter), digest=digest, python=here().python, payload=payload)


@asynccontextmanager
async def two_nodes(
    ours: NodeSettings = OURS, theirs: NodeSettings | None = None, *, allow: bool = True
) -> AsyncIterator[tuple[LoopNode, LoopNode]]:
    """One that uses the other, which has a spawner. Their settings are the same if nothing else is said."""
    async with await start_node(ours) as node, await start_node(theirs or ours) as other:
        other.spawn(Spawner(allow=allow))
        yield node, other


async def is_refused(other: LoopNode, *questions: Spawn | Call, to: LoopNode) -> None:
    """An authenticated `other` puts those to the spawner of `to`, and each is counted there as refused."""
    for question in questions:
        other.send(PID(SPAWNER_ID, to.address), question, sender=Remotes.of(other).pid)
    await until(lambda: to.metrics.counter("libprocess/deploy/refused").value == len(questions))
