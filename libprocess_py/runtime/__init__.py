"""The real driver: runs the kernel on an event loop with sockets, wall time, child processes and signals.

The names below are what programs use; they are imported when they are first used. Must never know what the messages
mean, nor anything that only a simulation needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from libprocess_py.lazy_names import lazily

if TYPE_CHECKING:
    from libprocess_py.runtime.adopted import adopt
    from libprocess_py.runtime.awaiting import from_asyncio, result
    from libprocess_py.runtime.background import BackgroundNode
    from libprocess_py.runtime.command import Command, Stdio
    from libprocess_py.runtime.executor import Executor, run_async
    from libprocess_py.runtime.listening import ListenError
    from libprocess_py.runtime.loop_node import LoopNode, start_node
    from libprocess_py.runtime.program import run
    from libprocess_py.runtime.settings import NodeSettings
    from libprocess_py.runtime.subprocess import LaunchError, Subprocess, launch
    from libprocess_py.runtime.threads import ThreadedProcess

_HOMES: Final = {
    "BackgroundNode": "libprocess_py.runtime.background",
    "Command": "libprocess_py.runtime.command",
    "Executor": "libprocess_py.runtime.executor",
    "LaunchError": "libprocess_py.runtime.subprocess",
    "ListenError": "libprocess_py.runtime.listening",
    "LoopNode": "libprocess_py.runtime.loop_node",
    "NodeSettings": "libprocess_py.runtime.settings",
    "Stdio": "libprocess_py.runtime.command",
    "Subprocess": "libprocess_py.runtime.subprocess",
    "ThreadedProcess": "libprocess_py.runtime.threads",
    "adopt": "libprocess_py.runtime.adopted",
    "from_asyncio": "libprocess_py.runtime.awaiting",
    "launch": "libprocess_py.runtime.subprocess",
    "result": "libprocess_py.runtime.awaiting",
    "run": "libprocess_py.runtime.program",
    "run_async": "libprocess_py.runtime.executor",
    "start_node": "libprocess_py.runtime.loop_node",
}

__all__ = [
    "NodeSettings",
    "run",
    "result",
    "from_asyncio",
    "start_node",
    "LoopNode",
    "ListenError",
    "BackgroundNode",
    "ThreadedProcess",
    "adopt",
    "Executor",
    "run_async",
    "launch",
    "Command",
    "Stdio",
    "Subprocess",
    "LaunchError",
]

if not TYPE_CHECKING:  # Type checkers would take every name for one of ours.
    __getattr__, __dir__ = lazily(__name__, _HOMES)
