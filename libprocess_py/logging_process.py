"""The actor `logging`: the level of the log can be changed while the program runs, for a while.

The log belongs to the OS process, not to a node: what is set here holds for all nodes of the process.
"""

from __future__ import annotations

import logging
from typing import Final

from libprocess_py.core.timers import Timer
from libprocess_py.duration import DAY, SECOND, format_duration, parse_duration
from libprocess_py.http.authentication import WRITE_REALM
from libprocess_py.http.help import Help
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.process import Process

LOGGING_ID: Final = "logging"
LOGGER: Final = "libprocess_py"  # Everything that actors log goes through it.
DURATION_MAX: Final = DAY  # Whoever needs more should start the program with that level.
LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}

HELP: Final = Help(
    tldr="Sets the level of the log for a while.",
    description=(
        "`level=debug` (or `info`, `warning`, `error`; a number as in libprocess: 0 is `info`, more is `debug`) and\n"
        f"`duration=10mins`, from 1secs to {format_duration(DURATION_MAX)}; afterwards it is what it was.\n"
        "Without either: shows the level."
    ),
)


class LoggingProcess(Process):
    """Remembers what the level was, and restores it in time, at its own end at the latest."""

    def __init__(self) -> None:
        super().__init__(LOGGING_ID)
        self._logger = logging.getLogger(LOGGER)
        self._before: int | None = None
        self._timer: Timer | None = None

    def initialize(self) -> None:
        self.route("/toggle", self.toggle, help=HELP, realm=WRITE_REALM)

    def finalize(self) -> None:
        self.revert()

    def toggle(self, request: Request) -> Response:
        query = request.query
        if "level" not in query and "duration" not in query:
            return Response.text(200, logging.getLevelName(self._logger.getEffectiveLevel()).lower())
        try:
            level, duration = parse_level(query.get("level", "")), parse_duration(query.get("duration", ""))
        except ValueError as error:
            return Response.text(400, str(error))
        if not SECOND <= duration <= DURATION_MAX:
            return Response.text(400, f"duration: expected 1secs to {format_duration(DURATION_MAX)}")
        if self._before is None:
            self._before = self._logger.level
        if self._timer is not None:
            self._timer.cancel()
        self._logger.setLevel(level)
        self._timer = self.delay(duration, self.revert)
        name = logging.getLevelName(level).lower()
        self.log.info("log level set", level=name, duration=format_duration(duration), by=request.principal or "-")
        return Response.text(200, f"{name} for {format_duration(duration)}")

    def revert(self) -> None:
        """What it was before the first change that still holds."""
        if self._before is not None:
            self._logger.setLevel(self._before)
            self._before = None


def parse_level(text: str) -> int:
    """A level of the `logging` module. Raises ValueError."""
    if text in LEVELS:
        return LEVELS[text]
    if text.isascii() and text.isdigit() and len(text) == 1:
        return logging.DEBUG if int(text) else logging.INFO
    raise ValueError(f"level {text!r}: expected one of {', '.join(LEVELS)}, or a digit")
