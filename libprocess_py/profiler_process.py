"""The actors `profiler` and `memory-profiler`: what a running program spends its time and its memory on.

Neither is there unless the program spawns it: whoever can reach a profiler can slow the program down, by a half or more
while it runs. A profile covers the thread of the node, ends by itself, and is kept until the next one begins.
"""

from __future__ import annotations

import cProfile
import io
import marshal  # The format that `pstats` reads; nothing here ever does.
import pstats
import tracemalloc
from typing import Final

from libprocess_py.core.timers import Timer
from libprocess_py.duration import HOUR, MINUTE, SECOND, format_duration, parse_duration
from libprocess_py.http.authentication import WRITE_REALM
from libprocess_py.http.help import Help
from libprocess_py.http.request import Request
from libprocess_py.http.response import BINARY, Response
from libprocess_py.process import Process

DURATION: Final = 5 * MINUTE  # As in libprocess.
DURATION_MIN: Final = SECOND
DURATION_MAX: Final = 24 * HOUR
LINES: Final = 100  # Of a report: more is for tools, which take the raw profile.
FRAMES: Final = 10  # Of the stack, kept for each block of memory: enough to see who asked for it.
SORTS: Final = ("tottime", "cumtime", "ncalls")

_BOUNDS: Final = f"{format_duration(DURATION_MIN)} to {format_duration(DURATION_MAX)}"
_WINDOW: Final = f"`duration={format_duration(DURATION)}`, from {_BOUNDS}: when it ends by itself."


class _Window(Process):
    """Something that is on for a while."""

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self._timer: Timer | None = None

    @property
    def is_on(self) -> bool:
        return self._timer is not None

    def finalize(self) -> None:
        self._stop()

    def begin(self) -> None:
        """Start to measure."""
        raise NotImplementedError

    def end(self) -> None:
        """Stop, and keep what was measured."""
        raise NotImplementedError

    def start(self, request: Request) -> Response:
        if self.is_on:
            return Response.text(409, "It is running already.")
        try:
            duration = parse_duration(request.query.get("duration", format_duration(DURATION)))
        except ValueError as error:
            return Response.text(400, str(error))
        if not DURATION_MIN <= duration <= DURATION_MAX:
            return Response.text(400, f"duration: expected {_BOUNDS}")
        try:
            self.begin()
        except (ValueError, RuntimeError) as error:  # Somebody else measures already.
            return Response.text(409, str(error))
        self._timer = self.delay(duration, self._stop)
        self.log.info("profiler started", duration=format_duration(duration), by=request.principal or "-")
        return Response.text(200, f"running for {format_duration(duration)}")

    def stop(self, request: Request) -> Response:
        if not self.is_on:
            return Response.text(409, "It is not running.")
        self._stop()
        return self.report(request)

    def report(self, request: Request) -> Response:
        raise NotImplementedError

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self.end()
            self.log.info("profiler stopped")


class ProfilerProcess(_Window):
    """`/profiler/start`, `/profiler/stop` and `/profiler/report`: time, by function."""

    def __init__(self) -> None:
        super().__init__("profiler")
        self._profile: cProfile.Profile | None = None

    def initialize(self) -> None:
        started = Help(tldr="Begins to measure what time is spent on.", description=_WINDOW)
        self.route("/start", self.start, help=started, realm=WRITE_REALM)
        self.route("/stop", self.stop, help="Ends the measurement, and reports.", realm=WRITE_REALM)
        sorts = ", ".join(f"`sort={sort}`" for sort in SORTS)
        shown = Help(tldr="What was measured.", description=f"{sorts}; `format=raw`: for Python's `pstats`.")
        self.route("/report", self.report, help=shown, realm=WRITE_REALM)

    def begin(self) -> None:
        profile = cProfile.Profile()
        profile.enable()
        self._profile = profile

    def end(self) -> None:
        assert self._profile is not None
        self._profile.disable()

    def report(self, request: Request) -> Response:
        if self._profile is None or self.is_on:
            return Response.text(409, "There is no finished measurement.")
        if request.query.get("format") == "raw":
            self._profile.create_stats()
            return Response(200, marshal.dumps(self._profile.stats), BINARY)
        sort = request.query.get("sort", SORTS[0])
        if sort not in SORTS:
            return Response.text(400, f"sort: expected one of {', '.join(SORTS)}")
        text = io.StringIO()
        pstats.Stats(self._profile, stream=text).sort_stats(sort).print_stats(LINES)
        return Response.text(200, text.getvalue())


class MemoryProfilerProcess(_Window):
    """`/memory-profiler/start`, `/stop` and `/report`: blocks that were allocated since and are still held, by line."""

    def __init__(self) -> None:
        super().__init__("memory-profiler")
        self._text = ""

    def initialize(self) -> None:
        started = Help(tldr="Begins to note who allocates memory.", description=_WINDOW)
        self.route("/start", self.start, help=started, realm=WRITE_REALM)
        self.route("/stop", self.stop, help="Ends the measurement, and reports.", realm=WRITE_REALM)
        self.route("/report", self.report, help="What was allocated and is held, now or at the end.", realm=WRITE_REALM)

    def begin(self) -> None:
        if tracemalloc.is_tracing():
            raise RuntimeError("Somebody else traces memory already.")
        tracemalloc.start(FRAMES)

    def end(self) -> None:
        self._text = _memory()
        tracemalloc.stop()

    def report(self, request: Request) -> Response:
        text = _memory() if self.is_on else self._text
        return Response.text(200, text) if text else Response.text(409, "There is no measurement.")


def _memory() -> str:
    held, peak = tracemalloc.get_traced_memory()
    statistics = tracemalloc.take_snapshot().statistics("lineno")[:LINES]
    lines = [f"{held} bytes held, {peak} at most", *(str(statistic) for statistic in statistics)]
    return "\n".join(lines) + "\n"
