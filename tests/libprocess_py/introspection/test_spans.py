"""Spans: what one request causes is one trace, through actors, coroutines and nodes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from libprocess_py import PID, Message, Node, NodeOptions, Process
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.introspection.spans import Spans
from libprocess_py.runtime import NodeSettings, start_node
from libprocess_py.sim import Simulation, SimulationOptions
from tests.libprocess_py.still_driver import StillDriver, a_node, run
from tests.support.event_loop import on_loop


class Ask(Message):
    number: int


class Answer(Message):
    number: int


class Doubler(Process):
    def ask(self, sender: PID, ask: Ask) -> None:
        self.send(sender, Answer(number=self.double(ask.number)))

    def double(self, number: int) -> int:
        return 2 * number

    def fail(self) -> None:
        raise ZeroDivisionError("by zero")


class Asker(Process):
    def __init__(self, to: PID[Doubler]) -> None:
        super().__init__("asker")
        self.to = to
        self.answered = asyncio.Event()
        self.trace_ids: list[int] = []

    def initialize(self) -> None:
        self.route("/", self.asked, help="Asks.")

    def asked(self, request: Request) -> Response:
        self.start()
        return Response.text(200, "asked")

    def start(self) -> None:
        self.trace_ids.append(trace.get_current_span().get_span_context().trace_id)
        self.send(self.to, Ask(number=21))

    def answer(self, sender: PID, answer: Answer) -> None:
        self.answered.set()

    async def call(self, number: int) -> int:
        return await self.dispatch(self.to, Doubler.double, number)


def an_exporter() -> tuple[InMemorySpanExporter, Spans]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return exporter, Spans(provider)


def a_traced_node() -> tuple[Node, StillDriver, InMemorySpanExporter]:
    exporter, spans = an_exporter()
    node, driver = a_node(NodeOptions(tracer=spans))
    return node, driver, exporter


def parents(spans: Sequence[ReadableSpan]) -> dict[str, str | None]:
    """Of each span that is not an `initialize`, its parent's name."""
    names = {span.context.span_id: span.name for span in spans if span.context is not None}
    return {
        span.name: names[span.parent.span_id] if span.parent is not None else None
        for span in spans
        if span.name != "initialize"
    }


def test_a_request_and_all_that_it_causes_is_one_trace() -> None:
    node, _, exporter = a_traced_node()
    node.spawn(Asker(node.spawn(Doubler())))
    run(node)
    exporter.clear()

    node.request(Request("GET", "/asker"))
    run(node)

    spans = exporter.get_finished_spans()
    assert parents(spans) == {"http /": None, "Ask": "http /", "Answer": "Ask"}
    assert len({span.context.trace_id for span in spans if span.context is not None}) == 1
    assert [span.kind.name for span in spans] == ["SERVER", "CONSUMER", "CONSUMER"]


def test_a_span_says_who_was_told_by_whom_and_when() -> None:
    node, driver, exporter = a_traced_node()
    doubler = node.spawn(Doubler("doubler"))
    node.send(doubler, Ask(number=1))

    run(node)

    _, ask = exporter.get_finished_spans()
    assert ask.attributes is not None
    assert ask.attributes["libprocess.pid"] == "doubler@10.0.0.1:5050"
    assert ask.attributes["libprocess.event"] == "message"
    assert (ask.start_time, ask.end_time) == (driver.time, driver.time)


def test_while_a_handler_runs_its_span_is_the_current_one_and_afterwards_none_is() -> None:
    node, _, exporter = a_traced_node()
    asker = Asker(node.spawn(Doubler()))
    node.dispatch(node.spawn(asker), Asker.start)

    run(node)

    (start,) = [span for span in exporter.get_finished_spans() if span.name == "Asker.start"]
    assert start.context is not None
    assert asker.trace_ids == [start.context.trace_id]
    assert not trace.get_current_span().get_span_context().is_valid


def test_a_call_is_below_its_caller_and_the_callers_next_turn_below_the_call() -> None:
    node, _, exporter = a_traced_node()
    asker = node.spawn(Asker(node.spawn(Doubler())))

    answer = node.dispatch(asker, Asker.call, 4)
    run(node)

    assert answer.get() == 8
    told = parents(exporter.get_finished_spans())
    assert told == {"Asker.call": None, "Doubler.double": "Asker.call", "resume Asker.call": "Doubler.double"}


def test_a_call_that_failed_has_a_span_that_says_so() -> None:
    node, _, exporter = a_traced_node()
    node.dispatch(node.spawn(Doubler()), Doubler.fail)

    run(node)

    (failed,) = [span for span in exporter.get_finished_spans() if span.name == "Doubler.fail"]
    assert not failed.status.is_ok
    assert failed.events[0].name == "exception"


def test_a_message_at_which_its_actor_failed_has_a_span_that_says_so_and_an_end_in_good_order_none() -> None:
    node, _, exporter = a_traced_node()
    failing, ending = node.spawn(Doubler()), node.spawn(Doubler())
    node.send(failing, Ask(number=cast(Any, None)))
    node.terminate(ending)

    run(node)

    told = {span.name: span.status.status_code for span in exporter.get_finished_spans()}
    assert told == {"initialize": StatusCode.UNSET, "Ask": StatusCode.ERROR, "terminate": StatusCode.UNSET}


@on_loop
async def test_a_trace_goes_on_at_another_node_whose_tracer_is_another_one() -> None:
    here_exporter, here_spans = an_exporter()
    there_exporter, there_spans = an_exporter()
    async with (
        await start_node(NodeSettings(tracer=here_spans)) as here,
        await start_node(NodeSettings(tracer=there_spans)) as there,
    ):
        asker = Asker(there.spawn(Doubler("doubler")))
        here.dispatch(here.spawn(asker), Asker.start)
        await asker.answered.wait()

    spans = [*here_exporter.get_finished_spans(), *there_exporter.get_finished_spans()]
    told = {name: parent for name, parent in parents(spans).items() if not name.startswith("terminate")}
    assert told == {"Asker.start": None, "Ask": "Asker.start", "Answer": "Ask"}


@on_loop
async def test_a_node_without_a_tracer_takes_traced_messages_like_others_and_keeps_none_of_their_heads() -> None:
    _, spans = an_exporter()
    async with await start_node(NodeSettings(tracer=spans)) as here, await start_node() as there:
        asker = Asker(there.spawn(Doubler("doubler")))
        pid = here.spawn(asker)
        for _ in range(3):
            here.dispatch(pid, Asker.start)
        await asker.answered.wait()

        assert there.metrics.counter("libprocess/http/messages").value == 3
        assert there.driver.heads.known == {}
        assert len(here.driver.heads.known) == 1  # Of the answers, which nobody traces.


@pytest.mark.parametrize("encode_every", [0, 1])
def test_a_trace_crosses_a_simulated_network_in_virtual_time(encode_every: int) -> None:
    exporter, spans = an_exporter()
    simulation = Simulation(seed=1, options=SimulationOptions(encode_every=encode_every))
    here, there = (simulation.node(ip, options=NodeOptions(tracer=spans)) for ip in ("10.0.0.1", "10.0.0.2"))
    here.dispatch(here.spawn(Asker(there.spawn(Doubler("doubler")))), Asker.start)

    simulation.advance(1_000_000_000)

    told = exporter.get_finished_spans()
    assert parents(told) == {"Asker.start": None, "Ask": "Asker.start", "Answer": "Ask"}
    start, ask, answer = (span.start_time or 0 for span in told if span.name in {"Asker.start", "Ask", "Answer"})
    assert start < ask < answer
