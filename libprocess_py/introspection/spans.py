"""OpenTelemetry spans: one for each event that an actor is served, below the span of whatever caused it.

Needs the extra `otel`. Give a node a `Spans` as its tracer, and whatever one request causes is one trace, from actor to
actor and from node to node: a message takes W3C's `traceparent` along, which nodes without a tracer ignore. While a
handler runs its span is the current one, so that spans of other libraries and log lines with a trace id find it. A
coroutine has a span for each of its turns. Times are the node's own, so a simulation's are virtual.
"""

from __future__ import annotations

from contextvars import Token
from typing import Final

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from libprocess_py.clock import Clock
from libprocess_py.core.mailbox import ENDED, Mailbox
from libprocess_py.core.tracing import Marked
from libprocess_py.core.wire_head import TRACE
from libprocess_py.events import KIND_NAMES, MESSAGE, REQUEST, TERMINATE, Event
from libprocess_py.introspection.timing import handler_name
from libprocess_py.process import Process

INSTRUMENTATION: Final = "libprocess_py"
KINDS: Final = {MESSAGE: SpanKind.CONSUMER, REQUEST: SpanKind.SERVER}

_PROPAGATOR: Final = TraceContextTextMapPropagator()


class Spans:
    """A tracer for nodes. `provider` says where spans go; without one it is that of `trace.set_tracer_provider`."""

    def __init__(self, provider: TracerProvider | None = None) -> None:
        self._tracer = trace.get_tracer(INSTRUMENTATION, tracer_provider=provider)
        self._arriving: Context | None = None
        self._span: Span | None = None
        self._token: Token[Context] | None = None

    # What events cause

    def queued(self, event: Event) -> Event:
        cause = self._arriving
        if cause is None and trace.get_current_span().get_span_context().is_valid:
            cause = context.get_current()
        return event if cause is None else Marked.of(event, cause)

    def header(self) -> str:
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier)
        return carrier.get(TRACE, "")

    def arriving(self, header: str) -> None:
        self._arriving = _PROPAGATOR.extract({TRACE: header}, context=Context()) if header else None

    # How they are served

    def before(self, mailbox: Mailbox, event: Event) -> bool:
        cause = event.cause if isinstance(event, Marked) else None
        parent = cause if isinstance(cause, Context) else Context()
        kind, what = event[:2]
        attributes = {"libprocess.pid": str(mailbox._process_pid), "libprocess.event": KIND_NAMES[kind]}
        if kind == MESSAGE:
            attributes["libprocess.sender"] = str(what)
        self._span = self._tracer.start_span(
            handler_name(event),
            context=parent,
            kind=KINDS.get(kind, SpanKind.INTERNAL),
            attributes=attributes,
            start_time=_clock_of(mailbox).now(),
        )
        self._token = context.attach(trace.set_span_in_context(self._span, parent))
        return True

    def after(self, mailbox: Mailbox, event: Event) -> None:
        span, token, promise = self._span, self._token, event[3]
        self._span = self._token = None
        if token is not None:
            context.detach(token)
        if span is None:
            return
        if promise is not None and promise.failure is not None:
            span.record_exception(promise.failure)
            span.set_status(Status(StatusCode.ERROR, str(promise.failure)))
        elif mailbox._process_phase is ENDED and event[0] != TERMINATE:
            span.set_status(Status(StatusCode.ERROR, "the actor failed and ended"))  # Why is in the log of its node.
        span.end(end_time=_clock_of(mailbox).now())


def _clock_of(mailbox: Mailbox) -> Clock:
    assert isinstance(mailbox, Process)
    return mailbox.clock
