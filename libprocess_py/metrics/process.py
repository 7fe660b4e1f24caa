"""The actor `metrics`: `/metrics/snapshot` is one flat JSON object of everything that the node counts and gauges.

Gauges may be costly, so snapshots are taken at a bounded rate: who asks more often waits, in order, or is sent away.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final, cast

from libprocess_py.duration import parse_duration
from libprocess_py.future import Future, collect, ready
from libprocess_py.http.authentication import READ_REALM
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.metrics.registry import Gauge, PullGauge
from libprocess_py.process import Process
from libprocess_py.rate_limiter import Rate, RateLimiter, TooManyWaiting

METRICS_ID: Final = "metrics"
HELP: Final = "All metrics, flat. ?timeout=1secs leaves out gauges after that."
METRICS_RATE: Final = Rate(2)  # Per second, as in libprocess: a page that refreshes is served, a loop is slowed down.


class MetricsProcess(Process):
    """Reads the metrics of its node on request."""

    def __init__(self) -> None:
        super().__init__(METRICS_ID)
        self._limiter: RateLimiter | None = None

    def initialize(self) -> None:
        if self.node.metrics_rate is not None:
            limiter = self._limiter = RateLimiter(self, self.node.metrics_rate)
            # Not `finalize`, which an actor that fails does not come to.
            self.node.wait(self.pid).on_ready(lambda _: limiter.close())
        self.route("/snapshot", self.snapshot, help=HELP, realm=READ_REALM)

    def snapshot(self, request: Request) -> Future[Response]:
        """Gauges that fail are left out and logged; so are those that the time allowed does not reach."""
        try:
            timeout = parse_duration(request.query["timeout"]) if "timeout" in request.query else None
        except ValueError as error:
            return ready(Response.text(400, f"timeout: {error}"))
        permit = ready(None) if self._limiter is None else self._limiter.acquire()
        return permit.then(partial(self._snapshot, timeout)).repair(_sent_away)

    def _snapshot(self, timeout: int | None, _: None) -> Future[Response]:
        """Ask first, so that whoever is asked can answer while the others are read."""
        asked = {name: self._ask(name, ask) for name, ask in self.metrics.pull_gauges().items()}
        deadline = None if timeout is None else self.clock.now() + timeout
        values: dict[str, float] = {**self.metrics.counters(), **self.metrics.timings()}
        for name, gauge in self.metrics.gauges().items():
            value = None if deadline is not None and self.clock.now() > deadline else self._read(name, gauge)
            if value is not None:
                values[name] = value
        answered: Future[Any] = collect(asked.values())
        if timeout is not None:
            answered = answered.after(timeout, lambda _: [], on=self)
        return answered.then(lambda _: _response(values, asked))

    def _read(self, name: str, gauge: Gauge) -> float | None:
        try:
            return gauge()
        except Exception as error:  # Somebody else's code: one bad gauge must not hide the others.
            self._log_failure(name, error)
            return None

    def _ask(self, name: str, ask: PullGauge) -> Future[float | None]:
        """Ready with None if there is no value to be had: the actor ended, or its gauge failed."""

        def without(source: Future[float | None]) -> None:
            if source.failure is not None:
                self._log_failure(name, source.failure)

        return ready(None).then(lambda _: cast(Future[float | None], ask())).recover(without)

    def _log_failure(self, name: str, error: BaseException) -> None:
        self.log.warning("gauge failed", name=name, error=f"{type(error).__name__}: {error}")


def _response(values: dict[str, float], asked: dict[str, Future[float | None]]) -> Response:
    """With the gauges that have answered by now."""
    for name, future in asked.items():
        value = future.get() if future.is_ready else None
        if value is not None:
            values[name] = value
    return Response.json(dict(sorted(values.items())))


def _sent_away(permit: Future[Response]) -> Response:
    if isinstance(permit.failure, TooManyWaiting):
        return Response.text(429, str(permit.failure))
    permit.get()  # Raises: anything else is a mistake of ours.
    raise AssertionError("a failed future has no value")
