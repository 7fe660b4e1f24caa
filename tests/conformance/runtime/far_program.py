"""A program: a node on real sockets that does what its parent asks for on standard input, one request after the other.

A request is a function of the node, as it is when the request is read; the answer is what it returns.
"""

from __future__ import annotations

import asyncio
import pickle
import sys
from collections.abc import Callable
from typing import Any, Final

import cloudpickle

from libprocess_py.runtime.loop_node import start_node
from libprocess_py.runtime.program import new_event_loop
from libprocess_py.runtime.settings import NodeSettings

LENGTH_BYTES: Final = 4  # Before each request and each answer: how long it is.


def framed(value: object) -> bytes:
    body: bytes = cloudpickle.dumps(value)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


async def serve() -> None:
    requests = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(requests), sys.stdin)
    settings: NodeSettings = await _next(requests)
    async with await start_node(settings) as node:
        _answer(node.address)
        while True:
            try:
                request: Callable[[Any], object] = await _next(requests)
            except asyncio.IncompleteReadError:
                return  # The parent is through with us.
            _answer(request(node))


async def _next(requests: asyncio.StreamReader) -> Any:
    length = int.from_bytes(await requests.readexactly(LENGTH_BYTES), "big")
    return pickle.loads(await requests.readexactly(length))  # noqa: S301  # From our own parent.


def _answer(value: object) -> None:
    sys.stdout.buffer.write(framed(value))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(serve())
