"""Log lines as events with fields, on the standard library's logging, stamped with the node's time and the actor.

`log.info("agent registered", hostname="a1", attempt=2)` becomes `agent registered hostname=a1 attempt=2 pid=...`. The
record also carries `node_ns` and `actor` as attributes, for formatters: in simulation its wall time means nothing.
"""

from __future__ import annotations

import logging
from typing import Final

from libprocess_py.clock import Clock

_LOGGER: Final = logging.getLogger("libprocess_py")
_PLAIN: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.,:;/@()[]{}+*%#~<>|&!?")


class EventLog:
    """The log of one actor, or of a node."""

    __slots__ = ("_clock", "_logger", "_who")

    def __init__(self, clock: Clock, who: object, *, logger: logging.Logger = _LOGGER) -> None:
        self._clock = clock
        self._who = who
        self._logger = logger

    def debug(self, event: str, **fields: object) -> None:
        self._write(logging.DEBUG, event, fields=fields)

    def info(self, event: str, **fields: object) -> None:
        self._write(logging.INFO, event, fields=fields)

    def warning(self, event: str, **fields: object) -> None:
        self._write(logging.WARNING, event, fields=fields)

    def error(self, event: str, *, error: BaseException | None = None, **fields: object) -> None:
        """With `error`, its traceback follows the line."""
        self._write(logging.ERROR, event, fields=fields, error=error)

    def _write(self, level: int, event: str, *, fields: dict[str, object], error: BaseException | None = None) -> None:
        if not self._logger.isEnabledFor(level):
            return
        words = [event, *(f"{key}={_field(value)}" for key, value in fields.items()), f"pid={self._who}"]
        extra = {"node_ns": self._clock.now(), "actor": str(self._who)}
        self._logger.log(level, "%s", " ".join(words), extra=extra, exc_info=error)


def _field(value: object) -> str:
    """As it is if it is one plain word, quoted otherwise: peers choose some of these texts."""
    text = str(value)
    return text if text and _PLAIN.issuperset(text) else repr(text)
