"""The actor `metrics`: `/metrics/snapshot` is one flat JSON object of everything that the node counts and gauges."""

from __future__ import annotations

from typing import Final

from libprocess_py.duration import parse_duration
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.metrics.registry import Gauge
from libprocess_py.process import Process

METRICS_ID: Final = "metrics"


class MetricsProcess(Process):
    """Reads the metrics of its node on request."""

    def __init__(self) -> None:
        super().__init__(METRICS_ID)

    def initialize(self) -> None:
        self.route("/snapshot", self.snapshot, help="All metrics, flat. ?timeout=1secs leaves out gauges after that.")

    def snapshot(self, request: Request) -> Response:
        """Gauges that fail are left out and logged; so are those that the time allowed does not reach."""
        deadline = None
        if "timeout" in request.query:
            try:
                deadline = self.clock.now() + parse_duration(request.query["timeout"])
            except ValueError as error:
                return Response.text(400, f"timeout: {error}")
        values: dict[str, float] = dict(self.metrics.counters())
        for name, gauge in self.metrics.gauges().items():
            value = None if deadline is not None and self.clock.now() > deadline else self._read(name, gauge)
            if value is not None:
                values[name] = value
        return Response.json(dict(sorted(values.items())))

    def _read(self, name: str, gauge: Gauge) -> float | None:
        try:
            return gauge()
        except Exception as error:  # Somebody else's code: one bad gauge must not hide the others.
            self.log.warning("gauge failed", name=name, error=f"{type(error).__name__}: {error}")
            return None
