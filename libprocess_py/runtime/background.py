"""A node on a thread of its own, for programs that are not asynchronous."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, ParamSpec, Self, TypeVar, overload

from libprocess_py.future import Future
from libprocess_py.runtime.awaiting import result
from libprocess_py.runtime.loop_node import LoopNode, start_node
from libprocess_py.runtime.program import new_event_loop
from libprocess_py.runtime.settings import NodeSettings

P = ParamSpec("P")
R = TypeVar("R")

THREAD_NAME: Final = "libprocess"


class BackgroundNode:
    """Start it, `call` into it, stop it. Every method but those of `node` may be used from any thread."""

    def __init__(self, settings: NodeSettings | None = None) -> None:
        self._settings = settings or NodeSettings()
        self._started: concurrent.futures.Future[LoopNode] = concurrent.futures.Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop_asked: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name=THREAD_NAME, daemon=True)

    @property
    def node(self) -> LoopNode:
        """The node. Its methods belong to its own thread: use them inside `call`."""
        return self._started.result()

    def start(self) -> Self:
        """Returns when the node listens. Raises what kept it from starting."""
        self._thread.start()
        self._started.result()
        return self

    def stop(self) -> None:
        """Stop the node and end the thread. Harmless when it has stopped already."""
        loop, stop_asked = self._loop, self._stop_asked
        if loop is not None and stop_asked is not None and self._thread.is_alive():
            try:
                loop.call_soon_threadsafe(stop_asked.set)
            except RuntimeError:
                pass  # It closed its loop between the two lines.
        if self._thread.ident is not None and threading.current_thread() is not self._thread:
            self._thread.join()

    @overload
    def call(
        self, function: Callable[P, Future[R]], *args: P.args, **kwargs: P.kwargs
    ) -> concurrent.futures.Future[R]: ...
    @overload
    def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> concurrent.futures.Future[R]: ...
    def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> concurrent.futures.Future[Any]:
        """Run a function on the node's thread. A libprocess future that it returns is waited for there.

        Cancelling asks that future to be discarded. Raises RuntimeError when the node is not running.
        """
        loop = self._loop
        if loop is None or loop.is_closed():
            raise RuntimeError("the node is not running")
        return asyncio.run_coroutine_threadsafe(_call(function, args=args, kwargs=kwargs), loop)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=new_event_loop) as runner:
                runner.run(self._serve())
        except BaseException as error:
            if self._started.done():
                raise
            self._started.set_exception(error)

    async def _serve(self) -> None:
        self._stop_asked = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        async with await start_node(self._settings) as node:
            self._started.set_result(node)
            await self._stop_asked.wait()


async def _call(function: Callable[..., Any], *, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    value = function(*args, **kwargs)
    return await result(value) if isinstance(value, Future) else value
