"""Dispatching methods: results, failures, abandonment, coroutines."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, cast

import pytest

from libprocess_py import (
    PID,
    Future,
    MailboxClosed,
    Process,
    Promise,
    ProtocolError,
    RemoteDispatch,
)
from tests.conformance.runtime.actors import Recorder, Responder
from tests.conformance.runtime.harness import Harness


class _Stranger:
    """Something to await that is none of ours."""

    def __await__(self) -> Generator[str, None, None]:
        yield "a stranger's token"


class LoudRecorder(Recorder):
    """Overrides a method that others dispatch through the base class."""

    def add(self, left: int, right: int = 0) -> int:
        return -super().add(left, right)


class Waiter(Process):
    """Coroutine handlers."""

    def __init__(self) -> None:
        super().__init__()
        self.story: list[str] = []
        self.gate: Promise[int] = Promise()

    async def immediate(self, number: int) -> int:
        return number + 1

    async def through_the_gate(self) -> int:
        self.story.append("waits")
        number = await self.gate
        self.story.append("goes on")
        return number * 2

    async def of_another(self, to: PID) -> int:
        return await self.dispatch(to, Recorder.add, 20, 1) + 1

    async def foreign(self) -> None:
        await _Stranger()

    def note(self, text: str) -> None:
        self.story.append(text)


class Starter(Process):
    """Spawns and defers from inside."""

    def __init__(self) -> None:
        super().__init__()
        self.results: list[int] = []

    def begin(self, to: PID) -> None:
        self.dispatch(to, Recorder.add, 1, 2).on_ready(self.defer(self.take))

    def take(self, number: int) -> None:
        self.results.append(number)


def test_a_dispatch_returns_what_the_method_returns(harness: Harness) -> None:
    node = harness.node()
    pid = node.spawn(Recorder())

    future = node.dispatch(pid, Recorder.add, 1, right=2)
    other = node.dispatch(pid, Recorder.add, 3, 4)
    harness.settle()

    assert (future.get(), other.get()) == (3, 7)


def test_nothing_runs_in_the_dispatching_caller(harness: Harness) -> None:
    node = harness.node()
    recorder = Recorder()

    future = node.dispatch(node.spawn(recorder), Recorder.add, 1)

    assert future.is_pending
    assert recorder.story == []


def test_a_dispatch_calls_the_override_of_the_actor(harness: Harness) -> None:
    node = harness.node()

    future = node.dispatch(node.spawn(LoudRecorder()), Recorder.add, 1, 2)
    harness.settle()

    assert future.get() == -3


def test_a_dispatched_function_gets_the_actor(harness: Harness) -> None:
    node = harness.node()
    recorder = Recorder()

    future = node.dispatch(node.spawn(recorder), lambda actor: actor is recorder)
    harness.settle()

    assert future.get() is True


def test_a_returned_future_is_chained(harness: Harness) -> None:
    node = harness.node()
    responder = Responder()
    future: Future[int] = node.dispatch(node.spawn(responder), Responder.never)
    harness.settle()
    assert future.is_pending

    responder.promise.set(5)

    assert future.get() == 5


def test_a_dispatch_to_an_unknown_actor_is_abandoned(harness: Harness) -> None:
    node = harness.node()

    future = node.dispatch(PID("missing", node.address), Recorder.add, 1)

    assert future.abandoned
    assert future.is_pending
    with pytest.raises(MailboxClosed):
        future.get()


def test_a_dispatch_that_its_actor_does_not_live_to_serve_is_abandoned(harness: Harness) -> None:
    node = harness.node()
    recorder = Recorder()
    pid = node.spawn(recorder)
    harness.settle()

    future = node.dispatch(pid, Recorder.add, 1)
    node.terminate(pid)
    harness.settle()

    assert future.abandoned
    assert recorder.story == ["initialize", "finalize"]
    assert node.metrics.counter("libprocess/dropped/purged").value == 1


def test_a_dispatch_to_another_node_is_an_error_of_the_caller(harness: Harness) -> None:
    here, there = harness.node(), harness.node()
    pid = there.spawn(Recorder())

    with pytest.raises(RemoteDispatch):
        here.dispatch(pid, Recorder.add, 1)


@pytest.mark.parametrize("is_actor", [True, False])
def test_a_dispatch_of_what_cannot_be_called_is_an_error_of_the_caller(harness: Harness, is_actor: bool) -> None:
    node, responder, recorder = harness.node(), Responder(), Recorder()
    to = node.spawn(recorder)
    node.spawn(responder)
    harness.settle()
    caller = responder if is_actor else node
    wrong: Any = "add"

    for keywords in ({}, {"right": 2}):
        with pytest.raises(TypeError, match=r"dispatch of 'add' to .*: expected a method, named through its class"):
            caller.dispatch(to, wrong, 1, **keywords)
    with pytest.raises(TypeError, match="dispatch of None"):
        responder.defer(cast(Any, None))
    answer = node.dispatch(to, Recorder.add, 1, right=2)
    harness.settle()

    assert answer.get() == 3


def test_a_protocol_error_fails_the_future_and_spares_the_actor(harness: Harness) -> None:
    node = harness.node()
    pid = node.spawn(Responder())

    future = node.dispatch(pid, Responder.refuse)
    harness.settle()

    assert isinstance(future.failure, ProtocolError)
    assert node.metrics.counter("libprocess/protocol_errors").value == 1
    assert node.wait(pid).is_pending


def test_a_failing_method_fails_its_future(harness: Harness) -> None:
    node = harness.node()

    future = node.dispatch(node.spawn(Responder()), Responder.fail)
    harness.settle()

    assert isinstance(future.failure, RuntimeError)


def test_a_deferred_callback_is_an_event_of_its_actor(harness: Harness) -> None:
    node = harness.node()
    starter = Starter()
    recorder = node.spawn(Recorder())

    node.dispatch(node.spawn(starter), Starter.begin, recorder)
    harness.settle()

    assert starter.results == [3]


def test_a_coroutine_handler_that_does_not_wait_is_done_at_once(harness: Harness) -> None:
    node = harness.node()

    future = node.dispatch(node.spawn(Waiter()), Waiter.immediate, 1)
    harness.settle()

    assert future.get() == 2


def test_an_actor_serves_others_while_a_coroutine_waits(harness: Harness) -> None:
    node = harness.node()
    waiter = Waiter()
    pid = node.spawn(waiter)
    future = node.dispatch(pid, Waiter.through_the_gate)
    node.dispatch(pid, Waiter.note, "meanwhile")
    harness.settle()

    waiter.gate.set(21)
    harness.settle()

    assert future.get() == 42
    assert waiter.story == ["waits", "meanwhile", "goes on"]


def test_a_coroutine_awaits_another_actor(harness: Harness) -> None:
    node = harness.node()
    recorder = node.spawn(Recorder())

    future = node.dispatch(node.spawn(Waiter()), Waiter.of_another, recorder)
    harness.settle()

    assert future.get() == 22


def test_a_coroutine_that_awaits_an_abandoned_future_is_told(harness: Harness) -> None:
    node = harness.node()

    future = node.dispatch(node.spawn(Waiter()), Waiter.of_another, PID("missing", node.address))
    harness.settle()

    assert isinstance(future.failure, MailboxClosed)


def test_a_coroutine_that_waits_when_its_actor_ends_is_abandoned(harness: Harness) -> None:
    node = harness.node()
    waiter = Waiter()
    pid = node.spawn(waiter)
    future = node.dispatch(pid, Waiter.through_the_gate)
    harness.settle()

    node.terminate(pid)
    harness.settle()
    waiter.gate.set(1)
    harness.settle()

    assert future.abandoned
    assert waiter.story == ["waits"]


def test_an_actor_can_only_await_futures_of_this_package(harness: Harness) -> None:
    node = harness.node()

    future = node.dispatch(node.spawn(Waiter()), Waiter.foreign)
    harness.settle()

    assert isinstance(future.failure, TypeError)


def test_a_deferred_callback_of_an_actor_that_ended_is_dropped(harness: Harness) -> None:
    node = harness.node()
    starter = Starter()
    pid = node.spawn(starter)
    deferred = starter.defer(Starter.take)
    node.terminate(pid)
    harness.settle()

    result = deferred(1)
    harness.settle()

    assert result.abandoned
    assert starter.results == []
