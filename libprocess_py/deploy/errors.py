"""What can go wrong on the way to another node, and there."""

from __future__ import annotations

from typing import Final

TRACEBACK_MAX: Final = 32_768  # Characters of a traceback that travel: its end, where the error is, is kept.


class ConnectFailed(Exception):
    """A node cannot be connected to. Its text says which, and what to look at."""


class SpawnFailed(Exception):
    """An actor was not spawned on another node: it is refused there, or its class or arguments cannot be sent."""


class RemoteError(Exception):
    """Something raised on another node. Its text is the type and the words; the traceback there is a note on it."""

    def __init__(self, kind: str, text: str, *, where: str, traceback: str = "") -> None:
        super().__init__(kind, text, where)
        self.kind = kind  # The name of the type there, with its module if it is not a built-in one.
        self.text = text
        self.where = where
        if traceback:
            self.add_note(f"On {where}:\n{traceback}")

    def __str__(self) -> str:
        return f"{self.kind}: {self.text} (on {self.where})"


def kind_of(error: BaseException) -> str:
    """What `RemoteError.kind` says about it."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
